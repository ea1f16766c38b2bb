/** A development cloud with fixed secrets, for tests of what is made from them. */
import type { Setup } from "../../devcloud/conf/common.ts";
import { layout } from "../../devcloud/layout.ts";
import type { Secrets } from "../../devcloud/secrets.ts";

const secret = (digit: string): string => digit.repeat(32);

const secrets: Secrets = {
  admin: secret("a"),
  demo: secret("b"),
  service: secret("c"),
  database: secret("d"),
  messaging: secret("e"),
  metadata: secret("f"),
  orchestration: secret("1"),
  cephCluster: "11111111-2222-4333-8444-555555555555",
  cephDisk: "66666666-7777-4888-8999-aaaaaaaaaaaa",
};

export const setup: Setup = {
  at: { ...layout("/var/lib/coffer-devcloud"), launch: "/checkout/devcloud/launch" },
  secrets,
};
