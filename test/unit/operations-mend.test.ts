import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { roleOfType } from "../../components/kinds.ts";
import { type Deployment, forget, parseDeployment, type RecordedResource } from "../../operations/deployment.ts";
import { type MendFacts, type MendStep, planMend, type RealObject, urnHash } from "../../operations/mend-plan.ts";
import type { InstanceSpec } from "../../spec/model.ts";

const urn = (type: string, name: string, parent = "") => `urn:pulumi:demo::coffer::${parent}${type}::${name}`;
const component = urn("coffer:components:Instance", "orders");
const inside = "coffer:components:Instance$";
const serverType = "docker:index/container:Container";
const volumeType = "docker:index/volume:Volume";
const networkType = "docker:index/network:Network";
const serverUrn = urn(serverType, "orders-server", inside);
const volumeUrn = urn(volumeType, "orders-volume", inside);
const networkUrn = urn(networkType, "network");

const resources = {
  component: { urn: component, type: "coffer:components:Instance" },
  server: { urn: serverUrn, type: serverType, id: "c1", parent: component },
  volume: { urn: volumeUrn, type: volumeType, id: "coffer-demo-orders-data", parent: component },
  network: { urn: networkUrn, type: networkType, id: "n1" },
  identity: {
    urn: urn("coffer:index:Identity", "orders-identity", inside),
    type: "coffer:index:Identity",
    id: "u1",
    parent: component,
    outputs: { uuid: "u1" },
  },
} satisfies Record<string, RecordedResource>;

const objects = {
  server: { role: "server", id: "c1", name: "coffer-demo-orders", urnHash: urnHash(serverUrn), instance: "u1" },
  stray: { role: "server", id: "c2", name: "coffer-demo-orders", urnHash: urnHash(serverUrn), instance: "u1" },
  foreign: { role: "server", id: "c9", name: "other", urnHash: "0000000000000000", instance: "u9" },
  volume: { role: "data", id: "coffer-demo-orders-data", name: "coffer-demo-orders-data", urnHash: urnHash(volumeUrn) },
  network: { role: "network", id: "n1", name: "coffer-demo", urnHash: urnHash(networkUrn) },
  strayNetwork: { role: "network", id: "n2", name: "coffer-demo", urnHash: urnHash(networkUrn) },
} satisfies Record<string, RealObject>;

function deployment(recorded: RecordedResource[], pending: Deployment["pendingOperations"] = []): Deployment {
  return {
    resources: recorded,
    pendingOperations: pending,
    whole: { version: 3, deployment: { resources: recorded, pending_operations: pending } },
  };
}

const withoutId = ({ id: _, ...resource }: RecordedResource & { id: string }): RecordedResource => resource;
const { component: c, server, volume, network, identity } = resources;

const cases: {
  why: string;
  facts: Partial<MendFacts> & { deployment: Deployment };
  steps: string[];
  refused: RegExp[];
}[] = [
  {
    why: "everything recorded is there: nothing to do",
    facts: {
      deployment: deployment([c, server, volume, network]),
      objects: [objects.server, objects.volume, objects.network],
    },
    steps: [],
    refused: [],
  },
  {
    why: "a create was killed after the container was made: it is nowhere recorded and goes",
    facts: {
      deployment: deployment([c, volume], [{ type: "creating", resource: withoutId(server) }]),
      objects: [objects.stray, objects.volume],
    },
    steps: ["remove-server c2", `clear-pending ${serverUrn}`],
    refused: [],
  },
  {
    why: "a create was killed before anything was made: only the note goes",
    facts: {
      deployment: deployment([c, volume], [{ type: "creating", resource: withoutId(server) }]),
      objects: [objects.volume, objects.foreign],
    },
    steps: [`clear-pending ${serverUrn}`],
    refused: [],
  },
  {
    why: "the pending one is a replacement: the recorded old server is not the half-made one",
    facts: {
      deployment: deployment([c, server, volume], [{ type: "creating", resource: withoutId(server) }]),
      objects: [objects.server, objects.stray, objects.volume],
    },
    steps: ["remove-server c2", `clear-pending ${serverUrn}`],
    refused: [],
  },
  {
    why: "several candidates: which one is half made cannot be known",
    facts: {
      deployment: deployment([c, volume], [{ type: "creating", resource: withoutId(server) }]),
      objects: [objects.stray, { ...objects.stray, id: "c3" }, objects.volume],
    },
    steps: [`clear-pending ${serverUrn}`],
    refused: [/several servers .*c2.*c3/],
  },
  {
    why: "the answer to a create was lost, so there is no note of it: the server of a known instance goes",
    facts: { deployment: deployment([c, identity, volume]), objects: [objects.stray, objects.volume] },
    steps: ["remove-server c2"],
    refused: [],
  },
  {
    why: "a server of an instance that this state does not know may be somebody's database",
    facts: { deployment: deployment([c, volume]), objects: [objects.foreign, objects.stray, objects.volume] },
    steps: [],
    refused: [],
  },
  {
    why: "a network with servers in it is not taken away for lack of a note",
    facts: { deployment: deployment([c]), objects: [{ ...objects.strayNetwork, attachedTo: ["x"] }] },
    steps: [],
    refused: [],
  },
  {
    why: "a half-made volume is kept: creating takes it over by its name",
    facts: {
      deployment: deployment([c], [{ type: "creating", resource: withoutId(volume) }]),
      objects: [objects.volume],
    },
    steps: [`clear-pending ${volumeUrn}`],
    refused: [],
  },
  {
    why: "a half-made network goes",
    facts: {
      deployment: deployment([c], [{ type: "creating", resource: withoutId(network) }]),
      objects: [objects.strayNetwork],
    },
    steps: ["remove-network n2", `clear-pending ${networkUrn}`],
    refused: [],
  },
  {
    why: "an update or delete that was killed is still recorded: the next preview sees what is true",
    facts: {
      deployment: deployment([c, server, volume], [{ type: "deleting", resource: server }]),
      objects: [objects.server, objects.volume],
    },
    steps: [`clear-pending ${serverUrn}`],
    refused: [],
  },
  {
    why: "a container removed by hand is made again",
    facts: { deployment: deployment([c, server, volume]), objects: [objects.volume] },
    steps: [`forget ${serverUrn}`],
    refused: [],
  },
  {
    why: "a container of the same name with another id is not the recorded one",
    facts: { deployment: deployment([c, server, volume]), objects: [objects.stray, objects.volume] },
    steps: [`forget ${serverUrn}`],
    refused: [],
  },
  {
    why: "a data volume that is gone is never made anew, silently and empty",
    facts: { deployment: deployment([c, server, volume]), objects: [objects.server] },
    steps: [],
    refused: [/the data volume coffer-demo-orders-data of instance "orders" is gone/],
  },
  {
    why: "the volume of an instance that is being deleted need not be there",
    facts: { deployment: deployment([c, server, volume]), objects: [objects.server], instances: [] },
    steps: [],
    refused: [],
  },
  {
    why: "an in-guest resource has no real object of its own",
    facts: {
      deployment: deployment([
        c,
        { urn: urn("coffer:guest:Users", "orders-users", inside), type: "coffer:guest:Users", id: "u" },
      ]),
      objects: [],
    },
    steps: [],
    refused: [],
  },
];

for (const { why, facts, steps, refused } of cases) {
  test(`mending: ${why}`, () => {
    const plan = planMend({
      objects: [],
      roleOf: roleOfType,
      instances: [{ name: "orders" } as InstanceSpec],
      ...facts,
    });
    assert.deepEqual(
      plan.steps.map((step) => `${step.kind} ${subjectOf(step)}`),
      steps,
    );
    assert.equal(plan.refusals.length, refused.length);
    refused.forEach((pattern, i) => {
      assert.match(plan.refusals[i]?.message ?? "", pattern);
    });
  });
}

function subjectOf(step: MendStep): string {
  if (step.kind === "record") return `${step.resource.urn} ${step.resource.id}`;
  return "urn" in step ? step.urn : step.id;
}

test("forgetting resources leaves no reference to them, and everything else as it was", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1 });
  const any = fc.tuple(names, names).map(([all, gone]) => {
    const recorded = all.map((name, i) => ({
      urn: name,
      type: "t",
      id: name,
      kept: i,
      dependencies: all.slice(0, i),
      propertyDependencies: { p: all.slice(0, i), q: [] },
      ...(all[i - 1] === undefined ? {} : { deletedWith: all[i - 1] }),
    }));
    return { recorded, gone };
  });
  fc.assert(
    fc.property(any, ({ recorded, gone }) => {
      const after = forget(deployment(recorded, [{ type: "updating", resource: { urn: "a", type: "t" } }]), gone);
      const left = after.deployment.resources as typeof recorded;
      assert.deepEqual(
        left.map(({ urn: name, kept }) => [name, kept]),
        recorded.filter((one) => !gone.includes(one.urn)).map(({ urn: name, kept }) => [name, kept]),
      );
      for (const one of left) {
        const references = [...one.dependencies, ...Object.values(one.propertyDependencies).flat(), one.deletedWith];
        assert.ok(!references.some((name) => name !== undefined && gone.includes(name)));
      }
      assert.deepEqual(after.deployment.pending_operations, []);
    }),
  );
});

const states: { why: string; text: string; resources: number | RegExp }[] = [
  {
    why: "what `pulumi stack export` prints",
    text: '{"version":3,"deployment":{"resources":[{"urn":"u","type":"t"}]}}',
    resources: 1,
  },
  {
    why: "the file of a local backend",
    text: '{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u"}]}}}',
    resources: 1,
  },
  { why: "a stack that was never applied", text: '{"version":3,"checkpoint":{"stack":"demo"}}', resources: 0 },
  { why: "cut off by a full disk", text: '{"version":3,"checkpo', resources: /damaged/ },
  { why: "empty", text: "", resources: /damaged/ },
  { why: "no checkpoint at all", text: "[]", resources: /damaged/ },
  { why: "resources that are none", text: '{"deployment":{"resources":[1]}}', resources: /damaged/ },
];

for (const { why, text, resources: expected } of states) {
  test(`reading a state: ${why}`, () => {
    if (typeof expected === "number") assert.equal(parseDeployment(text, "here").resources.length, expected);
    else assert.throws(() => parseDeployment(text, "here"), expected);
  });
}
