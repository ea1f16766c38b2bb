/** Mending on a target where ports, rules, volumes and attachments are objects of their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ingress } from "../../access/inventory.ts";
import { restorable, roleOfType } from "../../components/kinds.ts";
import { type Deployment, forget, notice, type RecordedResource, record } from "../../operations/deployment.ts";
import { type MendStep, planMend, planTakeOver, type RealObject, urnHash } from "../../operations/mend-plan.ts";
import { loadSpec } from "../../spec/index.ts";

const inside = "coffer:components:Instance$";
const urn = (type: string, name: string, parent = inside) => `urn:pulumi:demo::coffer::${parent}${type}::${name}`;
const component = urn("coffer:components:Instance", "orders", "");
const types = {
  server: "openstack:compute/instance:Instance",
  volume: "openstack:blockstorage/volume:Volume",
  attachment: "openstack:compute/volumeAttach:VolumeAttach",
  port: "openstack:networking/port:Port",
  rule: "openstack:networking/secGroupRule:SecGroupRule",
  group: "openstack:networking/secGroup:SecGroup",
  floatingIp: "openstack:networking/floatingIp:FloatingIp",
};
const urns = {
  server: urn(types.server, "orders-server"),
  volume: urn(types.volume, "orders-volume"),
  attachment: urn(types.attachment, "orders-attachment"),
  port: urn(types.port, "orders-port"),
  rule: urn(types.rule, "orders-allow-ssh-from-10.0.0.0-8"),
};
const child = (type: string, name: string, id: string, outputs = {}): RecordedResource => ({
  urn: urn(type, name),
  type,
  id,
  parent: component,
  outputs,
});
const provider: RecordedResource = {
  urn: "urn:pulumi:demo::coffer::pulumi:providers:openstack::cloud",
  type: "pulumi:providers:openstack",
  id: "p1",
};
const base = [provider, { urn: component, type: "coffer:components:Instance" }];
const identity = child("coffer:index:Identity", "orders-identity", "u1", { uuid: "u1", adopted: "" });
const server = child(types.server, "orders-server", "s1");
const volume = child(types.volume, "orders-volume", "v1");
const attachment = child(types.attachment, "orders-attachment", "s1/v1");
const mount = child("coffer:guest:Volume", "orders-mount", "u1/volume");
const port = child(types.port, "orders-port", "n1", { securityGroupIds: ["g1"] });
const group = child(types.group, "orders-group", "g1");
const floatingIp = child(types.floatingIp, "orders-address", "f1", { portId: "n1" });

const real = {
  server: { role: "server", id: "s1", name: "orders", urnHash: urnHash(urns.server), instance: "u1" },
  volume: { role: "data", id: "v1", name: "data", urnHash: urnHash(urns.volume), instance: "u1", sizeBytes: 2 ** 31 },
  attachment: { role: "attachment", id: "s1/v1", name: "data" },
  port: { role: "port", id: "n1", name: "orders", urnHash: urnHash(urns.port), instance: "u1" },
  group: { role: "security-group", id: "g1", name: "orders" },
  floatingIp: { role: "floating-ip", id: "f1", name: "203.0.113.7" },
  rule: { role: "rule", id: "r1", name: "", urnHash: urnHash(urns.rule), instance: "u1" },
} satisfies Record<string, RealObject>;
const attached = { ...real.volume, servers: ["s1"] };
const creating = (type: string, name: string): Deployment["pendingOperations"][number] => ({
  type: "creating",
  resource: { urn: urn(type, name), type, parent: component },
});

const [orders] = loadSpec(
  `coffer: 1
target: { openstack: { network: private } }
datastores: { mariadb: { versions: { "10.11": {} } } }
instances:
  orders: { datastore: mariadb, flavor: small, volume: 2, access: { allow: [10.9.0.0/16], admin: [192.0.2.1] } }
`,
  "s.yaml",
).instances;
assert.ok(orders);
const wantedUrn = urn(types.rule, "orders-allow-sql-from-10.9.0.0-16");
const wanted = child(types.rule, "orders-allow-sql-from-10.9.0.0-16", "r9");
const byHand: Ingress = { id: "r9", protocol: "tcp", ports: { from: 3306, to: 3306 }, cidr: "10.9.0.0/16" };
const groupWith = (...ingress: readonly Ingress[]): RealObject => ({ ...real.group, ingress });

function deployment(resources: RecordedResource[], pending: Deployment["pendingOperations"] = []): Deployment {
  const whole = { version: 3, deployment: { resources, pending_operations: pending } };
  return { resources, pendingOperations: pending, whole };
}

/** As the engine records it: the inputs from before, and the outputs that the plugin told. */
function failedChange(resource: RecordedResource, inputs: Record<string, unknown>, outputs: Record<string, unknown>) {
  return { ...resource, inputs, outputs, initErrors: ["updating it: refused"] };
}

const cases: { why: string; state: Deployment; objects: RealObject[]; steps: string[]; refused?: RegExp[] }[] = [
  {
    why: "everything recorded is there",
    state: deployment([...base, identity, port, volume, server, attachment, mount]),
    objects: [real.port, real.server, attached, real.attachment],
    steps: [],
  },
  {
    why: "a port in our group and in one more is left alone",
    state: deployment([...base, identity, group, port]),
    objects: [real.group, { ...real.port, groups: ["default", "g1"] }],
    steps: [],
  },
  {
    why: "a port that somebody took out of our group is put back: what protects it is there and does nothing",
    state: deployment([...base, identity, group, port]),
    objects: [real.group, { ...real.port, groups: ["default"] }],
    steps: [`notice ${urns.port} {"securityGroupIds":["default"],"allSecurityGroupIds":["default"]}`],
  },
  {
    why: "a group that is gone is made again, and the port is changed for it anyway",
    state: deployment([...base, identity, group, port]),
    objects: [{ ...real.port, groups: [] }],
    steps: [`forget ${group.urn}`],
  },
  {
    why: "a change of tags that failed and is recorded as done is made by the apply, and somebody else's tag is none of ours",
    state: deployment([...base, identity, failedChange(group, { tags: ["old"] }, { tags: ["new"] })]),
    objects: [{ ...real.group, tags: ["somebody's", "old"] }],
    steps: [`notice ${group.urn} {"tags":["old"]}`],
  },
  {
    why: "tags that were to go and did not are removed by the apply",
    state: deployment([...base, identity, failedChange(group, { tags: ["old", "older"] }, { tags: [] })]),
    objects: [{ ...real.group, tags: ["older", "old"] }],
    steps: [`notice ${group.urn} {"tags":["old","older"]}`],
  },
  {
    why: "a create that failed after the thing was there: its tags are missing",
    state: deployment([...base, identity, failedChange(port, { tags: ["wanted"] }, { tags: ["wanted"] })]),
    objects: [{ ...real.port, tags: [] }],
    steps: [`notice ${urns.port} {"tags":[]}`],
  },
  {
    why: "a change that failed after its tags were set",
    state: deployment([...base, identity, failedChange(group, { tags: ["old"] }, { tags: ["new"] })]),
    objects: [{ ...real.group, tags: ["new"] }],
    steps: [],
  },
  {
    why: "a failed change that is recorded as not done needs nothing",
    state: deployment([...base, identity, failedChange(group, { tags: ["b", "a"] }, { tags: ["a", "b"] })]),
    objects: [{ ...real.group, tags: ["a", "b"] }],
    steps: [],
  },
  {
    why: "without a failure, what the record says of tags stands",
    state: deployment([...base, identity, { ...group, inputs: { tags: ["old"] }, outputs: { tags: ["new"] } }]),
    objects: [{ ...real.group, tags: ["old"] }],
    steps: [],
  },
  {
    why: "a cloud that does not say which tags there are",
    state: deployment([...base, identity, failedChange(group, { tags: ["old"] }, { tags: ["new"] })]),
    objects: [real.group],
    steps: [],
  },
  {
    why: "a rebuild that failed and is recorded as done: the server has its old image, and the next rebuild gives it the new one",
    state: deployment([...base, identity, failedChange(server, { imageId: "i1" }, { imageId: "i2" })]),
    objects: [{ ...real.server, image: "i1" }],
    steps: [`notice ${urns.server} {"imageId":"i1"}`],
  },
  {
    why: "a rebuild that failed after it was done",
    state: deployment([...base, identity, failedChange(server, { imageId: "i1" }, { imageId: "i2" })]),
    objects: [{ ...real.server, image: "i2" }],
    steps: [],
  },
  {
    why: "a failed change of a server of which the cloud does not say the image",
    state: deployment([...base, identity, failedChange(server, { imageId: "i1" }, { imageId: "i2" })]),
    objects: [real.server],
    steps: [],
  },
  {
    why: "a floating IP that leads to its port",
    state: deployment([...base, identity, port, floatingIp]),
    objects: [real.port, { ...real.floatingIp, port: "n1" }],
    steps: [],
  },
  {
    why: "a floating IP that somebody took off the port is put back",
    state: deployment([...base, identity, port, floatingIp]),
    objects: [real.port, { ...real.floatingIp, port: "" }],
    steps: [`notice ${floatingIp.urn} {"portId":""}`],
  },
  {
    why: "a port whose id was never told is made again: the half-made one goes",
    state: deployment([...base, identity], [creating(types.port, "orders-port")]),
    objects: [real.port],
    steps: ["remove-port n1", `clear-pending ${urns.port}`],
  },
  {
    why: "two ports for one place hold nothing: both go",
    state: deployment([...base, identity], [creating(types.port, "orders-port")]),
    objects: [real.port, { ...real.port, id: "n2" }],
    steps: ["remove-port n1", "remove-port n2", `clear-pending ${urns.port}`],
  },
  {
    why: "a rule that is there without a record would make its create fail for ever",
    state: deployment([...base, identity]),
    objects: [real.rule],
    steps: ["remove-rule r1"],
  },
  {
    why: "a server goes before its port",
    state: deployment(
      [...base, identity],
      [creating(types.server, "orders-server"), creating(types.port, "orders-port")],
    ),
    objects: [real.port, real.server],
    steps: ["remove-server s1", "remove-port n1", `clear-pending ${urns.server}`, `clear-pending ${urns.port}`],
  },
  {
    why: "a volume is never taken for leaked: it is recorded",
    state: deployment([...base, identity], [creating(types.volume, "orders-volume")]),
    objects: [real.volume],
    steps: [`record ${urns.volume} v1`, `clear-pending ${urns.volume}`],
  },
  {
    why: "the answer to the volume's create was lost, and no note is left",
    state: deployment([...base, identity]),
    objects: [real.volume],
    steps: [`record ${urns.volume} v1`],
  },
  {
    why: "two volumes for one place: which one has the data cannot be known",
    state: deployment([...base, identity]),
    objects: [real.volume, { ...real.volume, id: "v2" }],
    steps: [],
    refused: [/several volumes .*v1.*v2/],
  },
  {
    why: "a volume of an instance that this state does not know is kept as it is",
    state: deployment(base, [creating(types.volume, "orders-volume")]),
    objects: [real.volume],
    steps: [`clear-pending ${urns.volume}`],
  },
  {
    why: "the kept volume of an earlier life of the instance is not this one's",
    state: deployment([...base, identity]),
    objects: [{ ...real.volume, instance: "u0" }],
    steps: [],
  },
  {
    why: "a volume that failed while it was made never held anything",
    state: deployment([...base, identity]),
    objects: [{ ...real.volume, broken: "its status is error" }],
    steps: ["remove-blank-volume v1"],
  },
  {
    why: "one that was mounted once may hold everything, whatever its status says",
    state: deployment([...base, identity, mount]),
    objects: [{ ...real.volume, broken: "its status is error" }],
    steps: [],
  },
  {
    why: "so may an adopted one",
    state: deployment([...base, { ...identity, outputs: { uuid: "u1", adopted: "v1" } }]),
    objects: [{ ...real.volume, broken: "its status is error" }],
    steps: [],
  },
  {
    why: "an attachment without a record could not be made a second time",
    state: deployment([...base, identity, volume, server]),
    objects: [real.server, attached, real.attachment],
    steps: [`record ${urns.attachment} s1/v1`],
  },
  {
    why: "volume and attachment were both lost to the state",
    state: deployment([...base, identity, server]),
    objects: [real.server, attached, real.attachment],
    steps: [`record ${urns.volume} v1`, `record ${urns.attachment} s1/v1`],
  },
  {
    why: "somebody detached the volume: it is attached again",
    state: deployment([...base, identity, volume, server, attachment]),
    objects: [real.server, real.volume],
    steps: [`forget ${urns.attachment}`],
  },
  {
    why: "a server that failed while it was made is never repaired by anything: it is made anew",
    state: deployment([...base, identity, server]),
    objects: [{ ...real.server, broken: "ERROR: No valid host was found" }],
    steps: ["remove-server s1", `forget ${urns.server}`],
  },
  {
    why: "a rule made by hand that the spec wants too is taken over: the cloud would refuse a second one",
    state: deployment([...base, identity, group]),
    objects: [groupWith(byHand)],
    steps: [`record ${wantedUrn} r9`],
  },
  {
    why: "one that was taken over has no mark, and is there",
    state: deployment([...base, identity, group, wanted]),
    objects: [groupWith(byHand)],
    steps: [],
  },
  {
    why: "Coffer's own was removed and made again by hand",
    state: deployment([...base, identity, group, { ...wanted, id: "r8" }]),
    objects: [groupWith(byHand)],
    steps: [`forget ${wantedUrn}`, `record ${wantedUrn} r9`],
  },
  {
    why: "one that is half-made by a run that was cut off is Coffer's own: it is made anew",
    state: deployment([...base, identity, group]),
    objects: [groupWith(byHand), { ...real.rule, id: "r9", urnHash: urnHash(wantedUrn) }],
    steps: ["remove-rule r9"],
  },
  {
    why: "what lets in more, less, or something else is left alone",
    state: deployment([...base, identity, group]),
    objects: [
      groupWith(
        { ...byHand, ports: { from: 3306, to: 3307 } },
        { ...byHand, cidr: "10.9.0.0/24" },
        { ...byHand, protocol: "udp" },
        { id: "r9" },
      ),
    ],
    steps: [],
  },
  {
    why: "a group that is gone takes its rules along",
    state: deployment([...base, identity, group, wanted]),
    objects: [],
    steps: [`forget ${group.urn}`, `forget ${wantedUrn}`],
  },
  {
    why: "a server that failed later has a database: that is for people to decide",
    state: deployment([...base, identity, volume, server, attachment, mount]),
    objects: [{ ...real.server, broken: "ERROR" }, attached, real.attachment],
    steps: [],
  },
  {
    why: "the data volume is gone: an empty one never takes its place",
    state: deployment([...base, identity, volume]),
    objects: [],
    steps: [],
    refused: [/data volume v1 .* is gone/],
  },
];

for (const { why, state, objects, steps, refused = [] } of cases) {
  test(`mending in a cloud: ${why}`, () => {
    const facts = { deployment: state, objects, roleOf: roleOfType, instances: [orders] };
    const { openstack } = restorable;
    assert.ok(openstack);
    const plan = planMend({ ...facts, restorable: openstack });
    assert.deepEqual(
      [...plan.steps, ...planTakeOver({ ...facts, restorable: openstack })].map(
        (step) => `${step.kind} ${subjectOf(step)}`,
      ),
      steps,
    );
    assert.equal(plan.refusals.length, refused.length, JSON.stringify(plan.refusals));
    refused.forEach((pattern, i) => {
      assert.match(plan.refusals[i]?.message ?? "", pattern);
    });
  });
}

test("what is recorded stands behind all that it depends on, and mending it again finds nothing to do", () => {
  const state = deployment([...base, identity, server], [creating(types.volume, "orders-volume")]);
  const { openstack } = restorable;
  assert.ok(openstack);
  const objects = [real.server, attached, real.attachment];
  const facts = { objects, roleOf: roleOfType, instances: [orders], restorable: openstack };
  const { steps } = planMend({ ...facts, deployment: state });
  const made = steps.flatMap((step) => (step.kind === "record" ? [step.resource] : []));
  const whole = record(forget(state, []), made);
  const resources = whole.deployment.resources as RecordedResource[];
  for (const [index, resource] of resources.entries()) {
    const before = new Set(resources.slice(0, index).map(({ urn: name }) => name));
    const needed = [...(resource.dependencies ?? []), ...(resource.parent ? [resource.parent] : [])];
    for (const one of needed) assert.ok(before.has(one), `${resource.urn} stands before ${one}`);
  }
  const again = planMend({ ...facts, deployment: { resources, pendingOperations: [], whole } });
  assert.deepEqual(again, { steps: [], refusals: [] });
});

test("what was noticed is all that changes of a record", () => {
  const state = deployment([...base, port, floatingIp]);
  const whole = notice(forget(state, []), [{ urn: port.urn, outputs: { securityGroupIds: ["default"] } }]);
  const outputs = { ...port.outputs, securityGroupIds: ["default"] };
  assert.deepEqual(whole.deployment.resources, [...base, { ...port, outputs }, floatingIp]);
});

function subjectOf(step: MendStep): string {
  if (step.kind === "notice") return `${step.urn} ${JSON.stringify(step.outputs)}`;
  if (step.kind === "record") return `${step.resource.urn} ${step.resource.id}`;
  return "urn" in step ? step.urn : step.id;
}
