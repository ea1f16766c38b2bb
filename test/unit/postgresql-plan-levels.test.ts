/** What steps on users say: the levels of a database, and who owns it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObservedUser, User } from "../../engines/engine.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import type { UserStep } from "../../engines/postgresql/users-plan.ts";
import { owner, seen, user } from "./postgresql-plan-fixture.ts";

const levelPlans: {
  why: string;
  desired: readonly User[];
  is?: readonly ObservedUser[];
  levels: readonly (readonly [string, Readonly<Record<string, string>>])[];
}[] = [
  {
    why: "it names every user of the database, since what one creates belongs to the others' levels",
    desired: [user("u", ["a", "read"]), user("v", ["a", "all"])],
    is: [seen("u", ["a", "read"])],
    levels: [["a", { u: "read", v: "all" }]],
  },
  {
    why: "and nobody who has nothing in it and is to have nothing",
    desired: [user("u", ["a", "read"]), user("v", ["b", "all"])],
    is: [seen("v", ["b", "all"])],
    levels: [["a", { u: "read" }]],
  },
  {
    why: "who loses a level is named with none",
    desired: [user("u"), user("v", ["a", "read"])],
    is: [seen("u", ["a", "all"]), seen("v", ["a", "read"])],
    levels: [["a", { u: "none", v: "read" }]],
  },
  {
    why: "each database has its own level, and they come by name",
    desired: [user("u", ["b", "all"], ["a", "read"])],
    levels: [
      ["a", { u: "read" }],
      ["b", { u: "all" }],
    ],
  },
  {
    why: "one of two databases changes",
    desired: [user("u", ["a", "read"], ["b", "all"])],
    is: [seen("u", ["a", "read"], ["b", "read"])],
    levels: [["b", { u: "all" }]],
  },
];
for (const { why, desired, is = [], levels } of levelPlans)
  test(`a step on levels: ${why}`, () => {
    const steps = postgresql.planUsers(desired, is, []).steps as readonly UserStep[];
    assert.deepEqual(
      steps.flatMap((step) => (step.kind === "set-levels" ? [[step.database, step.levels]] : [])),
      levels,
    );
  });

test("a step says whose database becomes whose, and each level that changes", () => {
  const was = { name: "old", host: "%" };
  const plan = postgresql.planUsers(
    [{ ...owner("u", "a"), was }, user("v", ["b", "read"])],
    [seen("old", ["a", "read"]), { ...seen("v"), owns: ["c"], unmarked: "it lacks Coffer's mark", repairs: ["x"] }],
    [{ name: "v", host: "%", owns: ["c"] }, was],
  );
  assert.deepEqual(
    plan.steps.map(({ summary, ...rest }) => [summary, rest]),
    [
      ['rename the user "old" to "u"', { kind: "rename-user", name: "u", from: "old" }],
      ['repair the user "v": x, it lacks Coffer\'s mark', { kind: "repair-user", name: "v" }],
      ['make "u" the owner of the database "a"', { kind: "set-owner", database: "a", owner: "u" }],
      ['give the database "c" of "v" back to the administrator', { kind: "set-owner", database: "c" }],
      ['privileges in the database "a": "u" read -> all', { kind: "set-levels", database: "a", levels: { u: "all" } }],
      [
        'privileges in the database "b": "v" none -> read',
        { kind: "set-levels", database: "b", levels: { v: "read" } },
      ],
    ],
  );
  const [moved, again] = postgresql.planUsers([owner("u", "a")], [seen("u", ["a", "all"])], []).steps;
  assert.equal(moved?.kind, "set-owner");
  assert.equal(again?.summary, 'privileges in the database "a": as before, under another owner');
});
