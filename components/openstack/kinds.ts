/** What OpenStack's resource types are to an instance. Read without loading Pulumi. */
import { engineOf } from "../../engines/index.ts";
import type { ResourceRole, Restorable } from "../kinds.ts";
import { ingressRules, ruleInputs, ruleSuffix } from "./ingress.ts";
import { types } from "./types.ts";

export const roles: Readonly<Record<string, ResourceRole>> = {
  [types.server]: "server",
  [types.volume]: "data",
  [types.port]: "port",
  [types.securityGroup]: "security-group",
  [types.rule]: "rule",
  [types.floatingIp]: "floating-ip",
  [types.attachment]: "attachment",
};

export const restorable: Restorable = {
  data: { type: types.volume, suffix: "volume" },
  attachment: { type: types.attachment, suffix: "attachment" },
  rules: ({ access, engine }) =>
    ingressRules(access, engineOf(engine).ports).map((rule) => ({
      type: types.rule,
      suffix: ruleSuffix(rule),
      port: rule.port,
      cidr: rule.cidr,
      inputs: ruleInputs(rule),
    })),
};

/** Resources whose replacement or removal concerns data: no apply does that unasked. */
export const statefulTypes: readonly string[] = [types.server, types.volume, types.attachment];
