/** What tests of policies judge: small specs, and the judgement of a day on which exceptions are known to hold or not. */
import { type Judgement, judge } from "../../policies/judge.ts";
import { judgeSpec, type PlacedViolation } from "../../policies/policies.ts";
import { resourceFacts } from "../../policies/resource-facts.ts";
import { rules } from "../../policies/rules/index.ts";
import { noSettings, type Settings } from "../../policies/settings.ts";
import { loadSpec } from "../../spec/index.ts";

export const GiB = 1024 ** 3;
export const today = "2026-06-15";

export function judgement(settings: Partial<Settings>): Judgement {
  return { rules, settings: { ...noSettings, ...settings }, stack: "shop", today };
}

/** What a spec breaks. */
export function inSpec(text: string, settings: Partial<Settings> = {}): PlacedViolation[] {
  return judgeSpec({ bytes: text, file: "shop.yaml", spec: loadSpec(text, "shop.yaml") }, judgement(settings));
}

/** The rules that a resource breaks. */
export function inResource(type: string, properties: object, settings: Partial<Settings> = {}): string[] {
  const facts = resourceFacts(type, { ...properties }, "orders");
  return judge(facts, judgement(settings)).map(({ rule }) => rule);
}

export interface Words {
  bind?: string;
  version?: string;
  /** Of the instance. */
  volume?: string;
  more?: string;
  comment?: string;
}

export const dockerSpec = ({
  bind = "127.0.0.1",
  version = "{}",
  volume = "2",
  more = "",
  comment = "",
}: Words) => `coffer: 1
target: { docker: { bind: [${bind}] } } ${comment}
flavors: { small: { vcpus: 2, memory: 4G } }
datastores:
  mariadb: { versions: { "10.11": ${version} } }
instances:
  orders:
    datastore: mariadb
    flavor: small
    volume: ${volume}
${more}`;

export const openstackSpec = (access: string, target = "") => `coffer: 1
target:
  openstack:
    network: private
    external: public
    ${target}
    access: { admin: [192.0.2.1] }
datastores:
  mariadb: { versions: { "10.11": {} } }
instances:
  orders:
    datastore: mariadb
    flavor: m1.small
    volume: 2
    access: ${access}
`;
