import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ObjectKind, type RealObject, removalOrder } from "../../access/inventory.ts";
import { orphanTables, removedTables } from "../../cli/orphan-tables.ts";
import { type KnownState, planOrphans } from "../../operations/orphans-plan.ts";

const object = (kind: ObjectKind, id: string, more: Partial<RealObject> = {}): RealObject => ({
  kind,
  id,
  name: `${id}-name`,
  role: kind === "volume" ? "data" : kind,
  stack: "s-1",
  instanceName: "orders",
  attachedTo: [],
  ...more,
});
const state = (ids: readonly string[], stackId = "s-1", name = "demo"): KnownState => ({
  stackId,
  name,
  ids: new Set(ids),
});

const cases: {
  why: string;
  objects: readonly RealObject[];
  states?: readonly KnownState[];
  retained?: readonly string[];
  leaked?: readonly string[];
}[] = [
  {
    why: "what the state records is no orphan",
    objects: [object("server", "a"), object("port", "b")],
    states: [state(["a", "b"])],
  },
  { why: "a server that the state does not record is leaked", objects: [object("server", "a")], leaked: ["a"] },
  {
    why: "a volume is kept, even one that a leaked server has",
    objects: [object("volume", "v", { attachedTo: ["a"] })],
    retained: ["v"],
  },
  {
    why: "a volume without a role is data all the same",
    objects: [object("volume", "v", { role: "" })],
    retained: ["v"],
  },
  { why: "a snapshot is kept, though no state ever records one", objects: [object("snapshot", "x")], retained: ["x"] },
  { why: "some states know a volume by its name", objects: [object("volume", "v")], states: [state(["v-name"])] },
  {
    why: "a server that is called like a recorded id is leaked",
    objects: [object("server", "a")],
    states: [state(["a-name"])],
    leaked: ["a"],
  },
  {
    why: "an adopted volume bears the marks of its former stack and is in the state of its new one",
    objects: [object("volume", "v")],
    states: [state([]), state(["v"], "s-2", "other")],
  },
];
for (const { why, objects, states = [state([])], retained = [], leaked = [] } of cases) {
  test(`orphans: ${why}`, () => {
    const plan = planOrphans(objects, states);
    assert.deepEqual(
      plan.retained.map(({ row }) => row.id),
      retained,
    );
    assert.deepEqual(
      plan.leaked.map(({ row }) => row.id),
      leaked,
    );
  });
}

const kinds: ObjectKind[] = [
  "server",
  "floating-ip",
  "port",
  "rule",
  "security-group",
  "network",
  "snapshot",
  "volume",
];
const anyObjects = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom(...kinds),
    role: fc.constantFrom("data", "server", "snapshot", ""),
    id: fc.uuid(),
  }),
  { selector: ({ id }) => id },
);

test("each orphan is in one table, what is recorded in none, and all that leaked and no data is in the order of removal", () => {
  fc.assert(
    fc.property(anyObjects, fc.func(fc.boolean()), (wishes, isRecorded) => {
      const objects = wishes.map(({ kind, role, id }) => object(kind, id, { role }));
      const recorded = new Set(objects.filter(({ id }) => isRecorded(id)).map(({ id }) => id));
      const { retained, leaked } = planOrphans(objects, [state([...recorded])]);
      const ids = [...retained, ...leaked].map(({ row }) => row.id);
      assert.deepEqual(
        ids.sort(),
        objects
          .filter(({ id }) => !recorded.has(id))
          .map(({ id }) => id)
          .sort(),
      );
      assert.ok(
        leaked.every(
          (one) => one.object.kind !== "volume" && one.object.kind !== "snapshot" && one.object.role !== "data",
        ),
      );
      assert.equal(removalOrder(leaked.map((one) => one.object)).length, leaked.length);
    }),
  );
});

const rows = (objects: readonly RealObject[], states = [state([])]) => {
  const { retained, leaked } = planOrphans(objects, states);
  return { retained: retained.map(({ row }) => row), leaked: leaked.map(({ row }) => row) };
};

test("a row says what is known: the size of a volume, what a server does, and whose stack it is", () => {
  const server = object("server", "srv", { state: "ACTIVE" });
  const gone = object("snapshot", "x", { stack: "s-9", state: "available", sizeBytes: 3 * 1024 ** 3 });
  const { retained, leaked } = rows([server, gone, object("port", "p", { state: "DOWN" })]);
  const common = { attachedTo: [], created: "", instance: "orders" };
  assert.deepEqual(retained, [
    { ...common, kind: "snapshot", id: "x", name: "x-name", stack: "s-9", known: false, state: "", gib: 3 },
  ]);
  const known = { ...common, stack: "demo", known: true, gib: null };
  assert.deepEqual(leaked, [
    { ...known, kind: "server", id: "srv", name: "srv-name", state: "ACTIVE" },
    { ...known, kind: "port", id: "p", name: "p-name", state: "" },
  ]);
});

test("the tables say how kept data is used again or deleted, and how what leaked is removed", () => {
  const found = rows([
    object("volume", "v", { sizeBytes: 2 * 1024 ** 3 }),
    object("volume", "w", { attachedTo: ["srv"] }),
    object("snapshot", "x"),
    object("server", "srv", { state: "ACTIVE" }),
  ]);
  const text = orphanTables(found, { orders: "mine" });
  assert.match(text, /coffer create orders FLAVOR --size N --datastore mine --adopt v\n/);
  assert.match(text, /coffer volume-delete v --yes-delete-data orders\n/);
  assert.doesNotMatch(text, /(--adopt|volume-delete) w/, "a volume that a server has cannot go");
  assert.match(text, /coffer volume-delete x --yes-delete-data orders\n/);
  assert.match(text, /^server +srv +srv-name +orders +demo +ACTIVE/m);
  assert.match(text, /coffer orphans --delete/);
});

test("nothing is offered for stacks that this checkout does not know", () => {
  const text = orphanTables(
    rows([object("volume", "v", { stack: "s-9" }), object("server", "a", { stack: "s-9" })]),
    {},
  );
  assert.doesNotMatch(text, /--adopt|volume-delete|--delete/);
  assert.match(
    text,
    /leaked: in no state, and no data\nnothing\n\nof stacks that this checkout does not know: [^\n]*\nKIND[^\n]*\nvolume +v [^\n]*s-9[^\n]*\nserver +a [^\n]*\n$/,
  );
});

test("each removal has its result", () => {
  const { retained, leaked } = rows([object("server", "a"), object("port", "p")]);
  const [server, port] = leaked;
  assert.ok(server && port);
  const removed = [
    { ...server, removed: true },
    { ...port, removed: false, problem: "the server b has it" },
  ];
  assert.match(
    removedTables({ retained, leaked: [port], removed }, {}),
    /^removed: server a-name \(a\)\nNOT removed: port p-name \(p\): the server b has it\n/,
  );
  assert.match(removedTables({ retained, leaked: [], removed: [] }, {}), /^nothing leaked\n/);
});
