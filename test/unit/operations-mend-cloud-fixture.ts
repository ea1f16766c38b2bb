/** A stack on a target where ports, rules, volumes and attachments are objects of their own: its records, and what is real. */
import assert from "node:assert/strict";
import type { Ingress } from "../../access/inventory.ts";
import { restorable, roleOfType } from "../../components/kinds.ts";
import type { Deployment, RecordedResource } from "../../operations/deployment.ts";
import {
  type MendFacts,
  type MendPlan,
  type MendStep,
  planMend,
  planTakeOver,
  type RealObject,
  urnHash,
} from "../../operations/mend-plan.ts";
import { loadSpec } from "../../spec/index.ts";

export const inside = "coffer:components:Instance$";
export const urn = (type: string, name: string, parent = inside) =>
  `urn:pulumi:demo::coffer::${parent}${type}::${name}`;
export const component = urn("coffer:components:Instance", "orders", "");
export const types = {
  server: "openstack:compute/instance:Instance",
  volume: "openstack:blockstorage/volume:Volume",
  attachment: "openstack:compute/volumeAttach:VolumeAttach",
  port: "openstack:networking/port:Port",
  rule: "openstack:networking/secGroupRule:SecGroupRule",
  group: "openstack:networking/secGroup:SecGroup",
  floatingIp: "openstack:networking/floatingIp:FloatingIp",
};
export const urns = {
  server: urn(types.server, "orders-server"),
  volume: urn(types.volume, "orders-volume"),
  attachment: urn(types.attachment, "orders-attachment"),
  port: urn(types.port, "orders-port"),
  rule: urn(types.rule, "orders-allow-ssh-from-10.0.0.0-8"),
};
export const child = (type: string, name: string, id: string, outputs = {}): RecordedResource => ({
  urn: urn(type, name),
  type,
  id,
  parent: component,
  outputs,
});
export const provider: RecordedResource = {
  urn: "urn:pulumi:demo::coffer::pulumi:providers:openstack::cloud",
  type: "pulumi:providers:openstack",
  id: "p1",
};
export const base = [provider, { urn: component, type: "coffer:components:Instance" }];
export const identity = child("coffer:index:Identity", "orders-identity", "u1", { uuid: "u1", adopted: "" });
export const server = child(types.server, "orders-server", "s1");
export const volume = child(types.volume, "orders-volume", "v1");
export const attachment = child(types.attachment, "orders-attachment", "s1/v1");
export const mount = child("coffer:guest:Volume", "orders-mount", "u1/volume");
export const port = child(types.port, "orders-port", "n1", { securityGroupIds: ["g1"] });
export const group = child(types.group, "orders-group", "g1");
export const floatingIp = child(types.floatingIp, "orders-address", "f1", { portId: "n1" });

export const real = {
  server: { role: "server", id: "s1", name: "orders", urnHash: urnHash(urns.server), instance: "u1" },
  volume: { role: "data", id: "v1", name: "data", urnHash: urnHash(urns.volume), instance: "u1", sizeBytes: 2 ** 31 },
  attachment: { role: "attachment", id: "s1/v1", name: "data" },
  port: { role: "port", id: "n1", name: "orders", urnHash: urnHash(urns.port), instance: "u1" },
  group: { role: "security-group", id: "g1", name: "orders" },
  floatingIp: { role: "floating-ip", id: "f1", name: "203.0.113.7" },
  rule: { role: "rule", id: "r1", name: "", urnHash: urnHash(urns.rule), instance: "u1" },
} satisfies Record<string, RealObject>;
export const attached = { ...real.volume, servers: ["s1"] };
export const creating = (type: string, name: string): Deployment["pendingOperations"][number] => ({
  type: "creating",
  resource: { urn: urn(type, name), type, parent: component },
});

const [first] = loadSpec(
  `coffer: 1
target: { openstack: { network: private } }
datastores: { mariadb: { versions: { "10.11": {} } } }
instances:
  orders: { datastore: mariadb, flavor: small, volume: 2, access: { allow: [10.9.0.0/16], admin: [192.0.2.1] } }
`,
  "s.yaml",
).instances;
assert.ok(first);
export const orders = first;
export const wantedUrn = urn(types.rule, "orders-allow-sql-from-10.9.0.0-16");
export const wanted = child(types.rule, "orders-allow-sql-from-10.9.0.0-16", "r9");
export const byHand: Ingress = { id: "r9", protocol: "tcp", ports: { from: 3306, to: 3306 }, cidr: "10.9.0.0/16" };
export const groupWith = (...ingress: readonly Ingress[]): RealObject => ({ ...real.group, ingress });

export function deployment(resources: RecordedResource[], pending: Deployment["pendingOperations"] = []): Deployment {
  const whole = { version: 3, deployment: { resources, pending_operations: pending } };
  return { resources, pendingOperations: pending, whole };
}

/** What a plan does with each object and record, and why it may not go on. */
export function planned(
  state: Deployment,
  objects: readonly RealObject[],
  more: Partial<MendFacts> = {},
): { steps: string[]; refusals: MendPlan["refusals"]; summaries: string[] } {
  const { openstack } = restorable;
  assert.ok(openstack);
  const facts = { deployment: state, objects, roleOf: roleOfType, instances: [orders], restorable: openstack, ...more };
  const plan = planMend(facts);
  const steps = [...plan.steps, ...planTakeOver(facts)];
  return {
    steps: steps.map((step) => `${step.kind} ${subjectOf(step)}`),
    refusals: plan.refusals,
    summaries: steps.map(({ summary }) => summary),
  };
}

function subjectOf(step: MendStep): string {
  if (step.kind === "notice") return `${step.urn} ${JSON.stringify(step.outputs)}`;
  if (step.kind === "record") return `${step.resource.urn} ${step.resource.id}`;
  return "urn" in step ? step.urn : step.id;
}
