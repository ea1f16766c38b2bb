/** Which packets may reach a guest, as security group rules. Pure. */
import { isIPv6 } from "node:net";
import type { Access } from "../../spec/model.ts";

export interface IngressRule {
  /** Part of the resource's name: another rule is another resource. */
  key: string;
  ethertype: "IPv4" | "IPv6";
  port: number;
  cidr: string;
}

const sshPort = 22;

/** Of the resource, but for its group and its mark. */
export function ruleInputs({ ethertype, port, cidr }: IngressRule) {
  const ports = { portRangeMin: port, portRangeMax: port };
  return { direction: "ingress", ethertype, protocol: "tcp", ...ports, remoteIpPrefix: cidr };
}

/** The resource's name after `INSTANCE-`. */
export const ruleSuffix = ({ key }: IngressRule): string => `allow-${key}`;

/** One rule for each network and port; everything else stays closed. */
export function ingressRules(access: Access, ports: readonly { role: string; port: number }[]): IngressRule[] {
  const rules = [
    ...ports.flatMap(({ role, port }) => access.allow.map((cidr) => ruleFor(role, port, cidr))),
    ...access.admin.map((cidr) => ruleFor("ssh", sshPort, cidr)),
  ];
  return [...new Map(rules.map((rule) => [rule.key, rule])).values()];
}

function ruleFor(role: string, port: number, cidr: string): IngressRule {
  const ethertype = isIPv6(cidr.split("/")[0] ?? "") ? "IPv6" : "IPv4";
  // A URN is split at "::".
  const words = cidr.replaceAll(":", ".").replace("/", "-");
  return { key: `${role}-from-${words}`, ethertype, port, cidr };
}
