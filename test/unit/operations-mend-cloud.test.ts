/** Mending on a target where ports, rules, volumes and attachments are objects of their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { restorable, roleOfType } from "../../components/kinds.ts";
import { type Deployment, forget, notice, type RecordedResource, record } from "../../operations/deployment.ts";
import { planMend, type RealObject, urnHash } from "../../operations/mend-plan.ts";
import {
  attached,
  attachment,
  base,
  byHand,
  creating,
  deployment,
  floatingIp,
  group,
  groupWith,
  identity,
  mount,
  orders,
  planned,
  port,
  real,
  server,
  types,
  urns,
  volume,
  wanted,
  wantedUrn,
} from "./operations-mend-cloud-fixture.ts";

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
    const plan = planned(state, objects);
    assert.deepEqual(plan.steps, steps);
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
