/** What a repair leaves alone: what is somebody else's, what cannot be known, and what only looks like ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, RecordedResource } from "../../operations/deployment.ts";
import type { MendFacts, RealObject } from "../../operations/mend-plan.ts";
import {
  attached,
  base,
  byHand,
  child,
  component,
  creating,
  deployment,
  floatingIp,
  group,
  groupWith,
  identity,
  inside,
  planned,
  port,
  real,
  server,
  types,
  urn,
  urns,
  volume,
  wanted,
  wantedUrn,
} from "./operations-mend-cloud-fixture.ts";

/** Another instance of the stack, which comes first in the state. */
const ledger = urn("coffer:components:Instance", "ledger", "");
const ofLedger = (type: string, name: string, id: string): RecordedResource => ({
  ...child(type, name, id),
  urn: urn(type, name, inside),
  parent: ledger,
});
const ledgerComponent = { urn: ledger, type: "coffer:components:Instance" };

type Pending = Deployment["pendingOperations"][number];

const withoutId = ({ id: _, ...resource }: RecordedResource): RecordedResource => resource;
const withoutOutputs = ({ outputs: _, ...resource }: RecordedResource): RecordedResource => resource;
const note = (type: Pending["type"], { urn: of, type: kind }: RecordedResource) => ({
  type,
  resource: { urn: of, type: kind, parent: component },
});
const broken = "its status is error";
/** A target that has neither attachments nor rules. */
const plain = { restorable: undefined } as unknown as Partial<MendFacts>;

const cases: {
  why: string;
  state: Deployment;
  objects: RealObject[];
  more?: Partial<MendFacts>;
  steps: string[];
  refused?: RegExp;
}[] = [
  {
    why: "a second server beside the recorded one, and no note of it: nobody knows whose it is",
    state: deployment([...base, identity, server]),
    objects: [real.server, { ...real.server, id: "s2" }],
    steps: [],
  },
  {
    why: "so it is when the recorded one is gone",
    state: deployment([...base, identity, server]),
    objects: [{ ...real.server, id: "s2" }],
    steps: [`forget ${urns.server}`],
  },
  {
    why: "a record without an id is none: its server is half-made",
    state: deployment([...base, identity, withoutId(server)]),
    objects: [real.server],
    steps: ["remove-server s1"],
  },
  {
    why: "the note of a deletion makes nothing half-made",
    state: deployment(base, [note("deleting", server)]),
    objects: [real.server],
    steps: [`clear-pending ${urns.server}`],
  },
  {
    why: "the note of an import does",
    state: deployment(base, [note("importing", server)]),
    objects: [real.server],
    steps: ["remove-server s1", `clear-pending ${urns.server}`],
  },
  {
    why: "what bears no mark of a place is nobody's to remove",
    state: deployment([...base, identity]),
    objects: [{ role: "server", id: "s7", name: "orders", instance: "u1" }],
    steps: [],
  },
  {
    why: "a server that is called like a recorded id is not that one",
    state: deployment([...base, identity, port]),
    objects: [real.port, { ...real.server, name: "n1" }],
    steps: ["remove-server s1"],
  },
  {
    why: "a recorded server is not there for a port of its id in the name",
    state: deployment([...base, identity, server]),
    objects: [{ role: "server", id: "s9", name: "s1" }],
    steps: [`forget ${urns.server}`],
  },
  {
    why: "a volume beside the recorded one is not taken over, whatever a note says",
    state: deployment([...base, identity, volume], [creating(types.volume, "orders-volume")]),
    objects: [real.volume, { ...real.volume, id: "v2" }],
    steps: [`clear-pending ${urns.volume}`],
  },
  {
    why: "a volume that was made for another place of the instance",
    state: deployment([...base, identity]),
    objects: [{ ...real.volume, urnHash: "0000000000000000" }],
    steps: [],
  },
  {
    why: "another instance's volume is not the one that is gone",
    state: deployment([...base, identity, volume]),
    objects: [{ role: "data", id: "v2", name: "other", urnHash: "0000000000000000", instance: "u2" }],
    steps: [],
    refused: /data volume v1 of instance "orders" is gone/,
  },
  {
    why: "a broken volume of no known instance is nobody's to remove",
    state: deployment(base),
    objects: [{ role: "data", id: "v1", name: "data", urnHash: real.volume.urnHash, broken }],
    steps: [],
  },
  {
    why: "where a target records a volume by its name, the name is the volume",
    state: deployment([...base, identity, { ...volume, id: "data" }]),
    objects: [{ ...real.volume, id: "7f" }],
    more: plain,
    steps: [],
  },
  {
    why: "where volumes are taken over by their names, none is recorded and none is removed",
    state: deployment([...base, identity, server]),
    objects: [real.server, { ...attached, broken }],
    more: plain,
    steps: [],
  },
  {
    why: "nor is a rule taken over there",
    state: deployment([...base, identity, group]),
    objects: [groupWith(byHand)],
    more: plain,
    steps: [],
  },
  {
    why: "a broken server that is not recorded is not this state's",
    state: deployment([...base, identity, server]),
    objects: [real.server, { ...real.server, id: "s2", broken }],
    steps: [],
  },
  {
    why: "a broken server whose neighbour has a volume mounted is made anew all the same",
    state: deployment([
      ...base,
      ledgerComponent,
      ofLedger("coffer:guest:Volume", "ledger-mount", "u2/volume"),
      identity,
      server,
    ]),
    objects: [{ ...real.server, broken }],
    steps: ["remove-server s1", `forget ${urns.server}`],
  },
  {
    why: "two networks for one place: which one the servers are in cannot be known",
    state: deployment(base, [creating("docker:index/network:Network", "network")]),
    objects: ["n".repeat(64), "m".repeat(64)].map((id) => ({
      role: "network",
      id,
      name: "coffer-demo",
      urnHash: real.server.urnHash,
    })),
    steps: [`clear-pending ${urn("docker:index/network:Network", "network")}`],
    refused: /^an interrupted run left several networks .*: coffer-demo \(n{12}\), coffer-demo \(m{12}\)$/,
  },
  {
    why: "a rule is taken over in the instance's own group",
    state: deployment([...base, ledgerComponent, ofLedger(types.group, "ledger-group", "g2"), identity, group]),
    objects: [{ role: "security-group", id: "g2", name: "ledger" }, groupWith(byHand)],
    steps: [`record ${wantedUrn} r9`],
  },
  {
    why: "a rule in a group that is not recorded is somebody else's",
    state: deployment([...base, identity, group]),
    objects: [{ ...groupWith(byHand), id: "g9" }, groupWith()],
    steps: [],
  },
  {
    why: "so it is where no group is recorded at all",
    state: deployment([...base, identity]),
    objects: [groupWith(byHand)],
    steps: [],
  },
  {
    why: "a rule for another port is left alone",
    state: deployment([...base, identity, group]),
    objects: [groupWith({ ...byHand, ports: { from: 5432, to: 5432 } })],
    steps: [],
  },
  {
    why: "a rule that is recorded and there is not recorded twice",
    state: deployment([...base, identity, group, wanted]),
    objects: [groupWith({ ...byHand, id: "r8" }, byHand)],
    steps: [],
  },
  {
    why: "a rule that was taken over is seen among others of its group",
    state: deployment([...base, identity, server, group, wanted]),
    objects: [real.server, groupWith({ ...byHand, id: "r1", cidr: "198.51.100.0/24" }, byHand)],
    steps: [],
  },
  {
    why: "another instance's port that is out of every group says nothing about ours",
    state: deployment([...base, identity, group, port]),
    objects: [real.group, { ...real.port, id: "n0", groups: [] }, { ...real.port, groups: ["g1"] }],
    steps: [],
  },
  {
    why: "one of two groups that somebody took away is put back",
    state: deployment([
      ...base,
      identity,
      group,
      child(types.group, "orders-more", "g2"),
      { ...port, outputs: { securityGroupIds: ["g1", "g2"] } },
    ]),
    objects: [real.group, { ...real.group, id: "g2" }, { ...real.port, groups: ["g1"] }],
    steps: [`notice ${urns.port} {"securityGroupIds":["g1"],"allSecurityGroupIds":["g1"]}`],
  },
  {
    why: "a port that was recorded without groups is in whatever it is in",
    state: deployment([...base, identity, withoutOutputs(port)]),
    objects: [{ ...real.port, groups: [] }],
    steps: [],
  },
  {
    why: "a floating IP whose port is gone is changed for that anyway",
    state: deployment([...base, identity, port, floatingIp]),
    objects: [{ ...real.floatingIp, port: "" }],
    steps: [`forget ${urns.port}`],
  },
  {
    why: "a floating IP of which the cloud does not say where it leads",
    state: deployment([...base, identity, port, floatingIp]),
    objects: [real.port, real.floatingIp],
    steps: [],
  },
  ...[
    { why: "nothing failed", initErrors: [], outputs: { tags: ["b"] }, tags: ["a"] },
    { why: "the tags are those, in another order", inputs: ["b"], outputs: { tags: ["b", "a"] }, tags: ["a", "b"] },
    { why: "the plugin records no image", outputs: { tags: [] }, image: "i2" },
    { why: "the plugin records no tags", outputs: {}, tags: ["a"] },
  ].map(({ why, initErrors = ["updating it: refused"], inputs, outputs, ...seen }) => ({
    why: `a record of a change that failed: ${why}`,
    state: deployment([...base, identity, { ...server, initErrors, inputs: { tags: inputs }, outputs }]),
    objects: [{ ...real.server, ...seen }],
    steps: [],
  })),
];

for (const { why, state, objects, more, steps, refused } of cases) {
  test(`left alone: ${why}`, () => {
    const plan = planned(state, objects, more);
    assert.deepEqual(plan.steps, steps);
    assert.match(plan.refusals.map(({ message }) => message).join("; "), refused ?? /^$/);
  });
}

test("a step names what it is about by its part and its instance", () => {
  const network = {
    urn: urn("docker:index/network:Network", "shared", ""),
    type: "docker:index/network:Network",
    id: "n",
  };
  const odd = { ...child(types.port, "port", "n1"), urn: urn(types.port, "port") };
  const state = deployment([...base, identity, server, network, odd], [creating(types.volume, "orders-volume")]);
  assert.deepEqual(planned(state, []).summaries, [
    'clears the note of an interrupted run (creating the volume of instance "orders")',
    'the server of instance "orders" is gone and will be made again',
    '"shared" is gone and will be made again',
    'the port of instance "orders" is gone and will be made again',
  ]);
});
