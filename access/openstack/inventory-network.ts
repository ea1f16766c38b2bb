/** Neutron's objects with Coffer's marks: ports, security groups, their rules, floating IPs. */
import type { Ingress, RealObject } from "../inventory.ts";
import type { Cloud } from "./cloud.ts";
import { marksOfDescription } from "./inventory-marks.ts";

/** What is read of Neutron's JSON. */
export interface NeutronPort extends Described {
  name: string;
  device_id: string;
  device_owner: string;
  security_groups: string[];
}

interface NeutronGroup extends Described {
  name: string;
}

interface NeutronRule extends Described {
  security_group_id: string;
  direction: string;
  ethertype: string;
  protocol: string | null;
  port_range_min: number | null;
  port_range_max: number | null;
  remote_ip_prefix: string | null;
}

interface NeutronFloatingIp extends Described {
  floating_ip_address: string;
  port_id: string | null;
}

export interface Described {
  id: string;
  description: string | null;
  created_at?: string;
  /** Where Neutron has the extension. */
  tags?: string[];
}

export type NetworkKind = "port" | "security-group" | "rule" | "floating-ip";

/** How Neutron calls them: the collection, and one of it. */
export const neutronNames: Readonly<Record<NetworkKind, { path: string; many: string; one: string }>> = {
  port: { path: "/ports", many: "ports", one: "port" },
  "security-group": { path: "/security-groups", many: "security_groups", one: "security_group" },
  rule: { path: "/security-group-rules", many: "security_group_rules", one: "security_group_rule" },
  "floating-ip": { path: "/floatingips", many: "floatingips", one: "floatingip" },
};

/** Everything of the project, of which a stack's own is taken. */
export interface NetworkView {
  ports: readonly NeutronPort[];
  groups: readonly NeutronGroup[];
  rules: readonly NeutronRule[];
  floatingIps: readonly NeutronFloatingIp[];
}

/** Four calls. The project is named, because an administrator sees all. */
export async function lookAtNetwork(cloud: Cloud): Promise<NetworkView> {
  const project_id = await cloud.projectId();
  const all = <T>(kind: NetworkKind, fields: readonly string[]) => {
    const { path, many } = neutronNames[kind];
    const query = { project_id, fields: ["id", "description", "created_at", "tags", ...fields] };
    return cloud.list<T>("network", path, many, { query });
  };
  const ofRules = ["direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix"];
  const [ports, groups, rules, floatingIps] = await Promise.all([
    all<NeutronPort>("port", ["name", "device_id", "device_owner", "security_groups"]),
    all<NeutronGroup>("security-group", ["name"]),
    all<NeutronRule>("rule", ["security_group_id", ...ofRules]),
    all<NeutronFloatingIp>("floating-ip", ["floating_ip_address", "port_id"]),
  ]);
  return { ports, groups, rules, floatingIps };
}

/** The stack's objects, or without one those of all stacks; `servers`: names by id. */
export function networkObjects(
  view: NetworkView,
  stack: string | undefined,
  servers: ReadonlyMap<string, string>,
): RealObject[] {
  const { ports, groups, rules, floatingIps } = view;
  const portNames = new Map(ports.map((port) => [port.id, port.name || port.id]));
  const groupNames = new Map(groups.map((group) => [group.id, group.name]));
  const named = (names: ReadonlyMap<string, string>, id: string | null) => (id ? [names.get(id) ?? id] : []);
  return [
    ...own(ports, stack, (port) => ({
      kind: "port",
      name: port.name || port.id,
      groups: port.security_groups,
      attachedTo: named(servers, port.device_id),
    })),
    ...own(groups, stack, (group) => ({
      kind: "security-group",
      name: group.name,
      attachedTo: ports
        .filter(({ security_groups }) => security_groups.includes(group.id))
        .map((port) => port.name || port.id),
      ingress: rules
        .filter((rule) => rule.security_group_id === group.id && rule.direction === "ingress")
        .map(ingressOf),
    })),
    ...own(rules, stack, (rule) => ({
      kind: "rule",
      name: ruleName(rule),
      attachedTo: named(groupNames, rule.security_group_id),
    })),
    ...own(floatingIps, stack, (ip) => ({
      kind: "floating-ip",
      name: ip.floating_ip_address,
      port: ip.port_id ?? "",
      attachedTo: named(portNames, ip.port_id),
    })),
  ];
}

function own<T extends Described>(
  all: readonly T[],
  stack: string | undefined,
  about: (one: T) => Pick<RealObject, "kind" | "name" | "attachedTo" | "groups" | "port" | "ingress">,
): RealObject[] {
  return all.flatMap((one) => {
    const marks = marksOfDescription(one.description);
    if (!marks || (stack !== undefined && marks.stack !== stack)) return [];
    const createdAt = one.created_at ? { createdAt: new Date(one.created_at).toISOString() } : {};
    return [{ id: one.id, ...about(one), ...marks, ...createdAt, ...(one.tags ? { tags: one.tags } : {}) }];
  });
}

/** Rules have no names: `ingress tcp 5432 from 10.0.0.0/8`. */
function ruleName({ direction, ethertype, protocol, port_range_min, port_range_max, remote_ip_prefix }: NeutronRule) {
  const ports = port_range_min === port_range_max ? port_range_min : `${port_range_min}-${port_range_max}`;
  return [direction, protocol ?? ethertype, ports ?? "all", "from", remote_ip_prefix ?? "anywhere"].join(" ");
}

function ingressOf({
  id,
  protocol,
  port_range_min: from,
  port_range_max: to,
  remote_ip_prefix: cidr,
}: NeutronRule): Ingress {
  return {
    id,
    ...(protocol === null ? {} : { protocol }),
    ...(from === null || to === null ? {} : { ports: { from, to } }),
    ...(cidr === null ? {} : { cidr }),
  };
}
