/** Plans for databases and their extensions: table cases, and a property against a pure model of databases. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Database, ObservedDatabase, SqlStep } from "../../engines/engine.ts";
import type { DatabaseStep } from "../../engines/postgresql/databases.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { name } from "./postgresql-plan-fixture.ts";

const databases: readonly {
  why: string;
  desired: readonly Database[];
  is: readonly ObservedDatabase[];
  previous?: readonly string[];
  drop?: readonly string[];
  steps?: readonly string[];
  refused?: RegExp;
}[] = [
  { why: "a new one", desired: [{ name: "a" }], is: [], steps: ["create-database"] },
  {
    why: "there already",
    desired: [{ name: "a" }],
    is: [{ name: "a", charset: "UTF8", collation: "C.UTF-8" }],
    steps: [],
  },
  { why: "open to all", desired: [{ name: "a" }], is: [{ name: "a", repairs: ["open"] }], steps: ["repair-database"] },
  {
    why: "another spelling of the charset",
    desired: [{ name: "a", charset: "utf-8" }],
    is: [{ name: "a", charset: "UTF8" }],
    steps: [],
  },
  {
    why: "the charset is for life",
    desired: [{ name: "a", charset: "LATIN1" }],
    is: [{ name: "a", charset: "UTF8" }],
    refused: /from UTF8 to LATIN1/,
  },
  {
    why: "so is the collation",
    desired: [{ name: "a", collation: "C" }],
    is: [{ name: "a", collation: "de-x-icu" }],
    refused: /from de-x-icu to C/,
  },
  { why: "left the list", desired: [], is: [{ name: "a" }], previous: ["a"], refused: /drop: \["a"\]/ },
  {
    why: "left the list, and may go",
    desired: [],
    is: [{ name: "a" }],
    previous: ["a"],
    drop: ["a"],
    steps: ["drop-database"],
  },
  { why: "left the list and is gone", desired: [], is: [], previous: ["a"], steps: [] },
  { why: "never ours", desired: [], is: [{ name: "a" }], drop: ["a"], steps: [] },
];
for (const { why, desired, is, previous, drop, steps, refused: words } of databases)
  test(`databases: ${why}`, () => {
    const plan = postgresql.planDatabases(desired, is, previous ?? [], drop ?? []);
    assert.deepEqual(
      plan.steps.map((step) => step.kind),
      steps ?? [],
    );
    assert.match(plan.refusals.join(), words ?? /^$/);
  });

const made: readonly { why: string; desired: Database; charset: string; collation: string }[] = [
  { why: "nothing is said", desired: { name: "a" }, charset: "UTF8", collation: "C.UTF-8" },
  {
    why: "another charset sorts by bytes",
    desired: { name: "a", charset: "latin1" },
    charset: "LATIN1",
    collation: "C",
  },
  {
    why: "both are said",
    desired: { name: "a", charset: "latin1", collation: "POSIX" },
    charset: "LATIN1",
    collation: "POSIX",
  },
  {
    why: "the collation is said",
    desired: { name: "a", collation: "de-x-icu" },
    charset: "UTF8",
    collation: "de-x-icu",
  },
];
for (const { why, desired, charset, collation } of made)
  test(`a new database's encoding, which is for life: ${why}`, () => {
    const summary = `create the database "a" (${charset}, ${collation})`;
    const step = { kind: "create-database", name: "a", charset, collation, summary };
    assert.deepEqual(postgresql.planDatabases([desired], [], [], []), { steps: [step], refusals: [] });
  });

test("one refusal keeps the plan from everything, the drop that was confirmed too", () => {
  const is = [{ name: "a" }, { name: "b" }];
  const plan = postgresql.planDatabases([{ name: "c" }], is, ["a", "b"], ["a"]);
  assert.deepEqual(plan.steps, []);
  assert.match(plan.refusals.join("\n"), /^the database "b" is no longer listed.*`drop: \["b"\]`/);
});

const extensions: readonly {
  why: string;
  wanted?: readonly string[];
  is?: readonly { name: string; needed: boolean }[];
  managed?: readonly string[];
  steps?: readonly string[];
  refused?: RegExp;
}[] = [
  { why: "a new one", wanted: ["citext"], steps: ["create-extension citext"] },
  { why: "there already", wanted: ["citext"], is: [{ name: "citext", needed: true }], steps: [] },
  { why: "made by a user", is: [{ name: "hstore", needed: false }], steps: [] },
  {
    why: "left the list",
    is: [{ name: "hstore", needed: false }],
    managed: ["hstore"],
    steps: ["drop-extension hstore"],
  },
  { why: "left the list and is gone", managed: ["hstore"], steps: [] },
  {
    why: "left the list and is needed",
    is: [{ name: "hstore", needed: true }],
    managed: ["hstore"],
    refused: /need it/,
  },
  {
    why: "one for another",
    wanted: ["citext"],
    is: [{ name: "hstore", needed: false }],
    managed: ["hstore"],
    steps: ["drop-extension hstore", "create-extension citext"],
  },
];
for (const { why, wanted, is, managed, steps = [], refused } of extensions)
  test(`extensions: ${why}`, () => {
    const there = { name: "a", ...(is ? { extensions: is } : {}) };
    const desired = { name: "a", ...(wanted ? { extensions: wanted } : {}) };
    const plan = postgresql.planDatabases([desired], [there], ["a"], [], managed ? { a: managed } : {});
    assert.deepEqual(
      plan.steps.map((step) => `${step.kind} ${step.name}`),
      steps,
    );
    if (refused) assert.match(plan.refusals.join(), refused);
    else assert.deepEqual(plan.refusals, []);
  });

function afterDatabaseStep(is: readonly ObservedDatabase[], step: SqlStep): readonly ObservedDatabase[] {
  const to = step as DatabaseStep;
  if (to.kind === "create-database") return [...is, { name: to.name, charset: to.charset, collation: to.collation }];
  if (to.kind === "create-extension" || to.kind === "drop-extension") return is;
  if (to.kind === "drop-database") return is.filter((database) => database.name !== to.name);
  return is.map((database) => (database.name === to.name ? { ...database, repairs: [] } : database));
}

test("from any databases to any others, a plan is refused whole or ends where nothing is left to do", () => {
  const listed = fc.uniqueArray(
    fc.record({ name, charset: fc.constantFrom("UTF8", "LATIN1") }, { requiredKeys: ["name"] }),
    { selector: (database) => database.name },
  );
  const there = fc.uniqueArray(
    fc.record({ name, charset: fc.constantFrom("UTF8", "LATIN1"), repairs: fc.constantFrom([], ["open"]) }),
    { selector: (database) => database.name },
  );
  fc.assert(
    fc.property(listed, there, fc.array(name), fc.array(name), (desired, from, previous, drop) => {
      const plan = postgresql.planDatabases(desired, from, previous, drop);
      if (plan.refusals.length > 0) return assert.deepEqual(plan.steps, []);
      const is = plan.steps.reduce(afterDatabaseStep, from as readonly ObservedDatabase[]);
      assert.deepEqual(postgresql.planDatabases(desired, is, previous, drop), { steps: [], refusals: [] });
      for (const { name: gone } of from.filter((database) => !is.some((d) => d.name === database.name)))
        assert.ok(drop.includes(gone) && previous.includes(gone));
      return undefined;
    }),
  );
});
