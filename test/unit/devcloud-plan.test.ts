/** From what the development cloud is made of, and what is seen of it, to the steps that are left. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Part, Service, Task } from "../../devcloud/parts.ts";
import { inOrder, planDown, planUp, servicesOf, tasksOf } from "../../devcloud/plan.ts";
import { partsOf } from "../../devcloud/services/index.ts";
import { largest, type Shape, smallest } from "../../devcloud/shape.ts";
import { setup } from "./devcloud-fixture.ts";

const service = (name: string, needs: string[] = [], more: Partial<Service> = {}): Service => ({
  kind: "service",
  name,
  needs,
  argv: [name],
  stop: { wave: 1, seconds: 1 },
  ...more,
});
const task = (name: string, needs: string[] = []): Task => ({
  kind: "task",
  name,
  needs,
  lasts: "state",
  act: { kind: "commands", commands: [] },
});
const ready = { ready: { kind: "tcp", address: "10.200.0.1", port: 1 } } as const;
const chain = [
  service("api", ["tables", "broker"], ready),
  task("tables", ["database"]),
  service("database", [], ready),
  service("broker"),
];

const plans: readonly { why: string; running: string[]; done: string[]; steps: string[] }[] = [
  {
    why: "from nothing: all, each after what it needs",
    running: [],
    done: [],
    steps: ["start database", "run tables after database", "start broker", "start api after tables,broker"],
  },
  {
    why: "all is there: what listens is asked whether it answers, nothing else",
    running: ["api", "database", "broker"],
    done: ["tables"],
    steps: ["await database", "await api after database"],
  },
  {
    why: "one service was killed: it alone is started",
    running: ["api", "database"],
    done: ["tables"],
    steps: ["await database", "start broker", "await api after database,broker"],
  },
  {
    why: "after a restart of the machine: tables are not made again, and what needs them waits for the database under them",
    running: [],
    done: ["tables"],
    steps: ["start database", "start broker", "start api after database,broker"],
  },
  {
    why: "killed in the middle of the tables: they are gone on with",
    running: ["database"],
    done: [],
    steps: ["await database", "run tables after database", "start broker", "start api after tables,broker"],
  },
];

for (const { why, running, done, steps } of plans) {
  test(`up: ${why}`, () => {
    const plan = planUp(chain, { running: new Set(running), done: new Set(done) });
    const shown = plan.map(
      ({ act, name, needs }) => `${act} ${name}${needs.length ? ` after ${needs.join(",")}` : ""}`,
    );
    assert.deepEqual(shown, steps);
  });
}

test("up: parts that cannot be put in order are a defect that names them", () => {
  assert.throws(() => inOrder([service("one", ["two"]), service("two", ["one"])]), /one, two, one/);
  assert.throws(() => inOrder([service("one", ["nobody"])]), /one needs nobody/);
  assert.throws(() => inOrder([service("one"), task("one")]), /same name/);
});

test("down: hypervisors before guests, and what others stand on last", () => {
  const parts = partsOf(setup, { ...smallest, hypervisors: 2 });
  const all = new Set(servicesOf(parts).map(({ name }) => name));
  const waves = planDown(parts, all).map(({ services }) => services.map(({ name }) => name));
  assert.deepEqual(waves[0], ["nova-compute", "node2-nova-compute"]);
  assert.deepEqual(waves[2], ["mariadb", "memcached", "rabbitmq", "ceph-mgr", "ceph-osd"]);
  assert.deepEqual(waves[3], ["ceph-mon"]);
  assert.deepEqual(
    planDown(parts, new Set(["ceph-mon"])).map(({ wave }) => wave),
    [3],
    "only what runs is stopped",
  );
});

const shapes: fc.Arbitrary<Shape> = fc.record({
  hypervisors: fc.integer({ min: 1, max: largest.hypervisors }),
  fake: fc.integer({ min: 0, max: 5 }),
  heat: fc.boolean(),
});

/** All that `name` stands on, through whatever lies between. */
function under(name: string, needs: ReadonlyMap<string, readonly string[]>, found = new Set<string>()): Set<string> {
  for (const below of needs.get(name) ?? []) {
    if (found.has(below)) continue;
    found.add(below);
    under(below, needs, found);
  }
  return found;
}

test("every shape, whatever runs and is done: each step comes after all it stands on, and none is left out or done twice", () => {
  const some = shapes.chain((shape) => {
    const parts = partsOf(setup, shape);
    const names = (list: readonly Part[]) => fc.subarray(list.map(({ name }) => name));
    return fc.record({
      parts: fc.constant(parts),
      running: names(servicesOf(parts)),
      done: names(tasksOf(parts)),
    });
  });
  fc.assert(
    fc.property(some, ({ parts, running, done }) => {
      const plan = planUp(parts, { running: new Set(running), done: new Set(done) });
      const places = new Map(plan.map(({ name }, index) => [name, index]));
      assert.equal(places.size, plan.length);
      for (const step of plan)
        for (const name of step.needs) assert.ok((places.get(name) ?? Infinity) < (places.get(step.name) ?? 0));
      const needs = new Map(parts.map((part) => [part.name, part.needs]));
      const waits = new Map(plan.map((step) => [step.name, step.needs]));
      for (const { name } of plan) {
        const waitsFor = under(name, waits);
        for (const below of under(name, needs))
          assert.ok(!places.has(below) || waitsFor.has(below), `${name} does not wait for ${below}`);
      }
      for (const part of parts) {
        const there = [...running, ...done].includes(part.name);
        const acts = plan.filter(({ name }) => name === part.name).map(({ act }) => act);
        if (!there) assert.deepEqual(acts, [part.kind === "task" ? "run" : "start"]);
        else assert.ok(acts.every((act) => act === "await"));
      }
    }),
    { numRuns: 50 },
  );
});

test("no command line holds a secret: everybody on the machine can read it", () => {
  const text = JSON.stringify(
    partsOf(setup, { hypervisors: 3, fake: 2, heat: true }).map((part) => {
      if (part.kind === "service") return part.argv;
      return part.act.kind === "commands" ? part.act.commands.map(({ argv }) => argv) : [];
    }),
  );
  const { cephCluster, cephDisk, ...passwords } = setup.secrets;
  for (const [name, secret] of Object.entries(passwords)) assert.ok(!text.includes(secret), `${name} is in a command`);
  assert.ok(text.includes(cephCluster) && text.includes(cephDisk), "ids are no secrets");
});

test("whatever listens on the network listens on the cloud's own address", () => {
  for (const part of servicesOf(partsOf(setup, { hypervisors: 2, fake: 1, heat: true })))
    if (part.ready?.kind === "tcp") assert.equal(part.ready.address, "10.200.0.1", part.name);
    else if (part.ready?.kind === "http") assert.equal(new URL(part.ready.url).hostname, "10.200.0.1", part.name);
});
