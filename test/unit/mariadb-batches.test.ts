/** Which steps go to the server together, and in which order everything is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SqlStep } from "../../engines/engine.ts";
import { partsOf } from "../../engines/mariadb/batches.ts";

const passwords = Object.fromEntries(["a", "b", "root"].map((name) => [`${name}@%`, "a-password"]));
const database = (name: string, kind = "create-database"): SqlStep => ({ kind, name, summary: `${kind} ${name}` });
const user = (name: string, kind: string, more = {}): SqlStep => ({
  ...{ kind, name, host: "%", summary: `${kind} ${name}` },
  ...more,
});
const grant = (name: string) => user(name, "grant", { database: "shop", privileges: "read" });

const cases: readonly { why: string; steps: readonly SqlStep[]; together: readonly number[] }[] = [
  { why: "nothing to do", steps: [], together: [] },
  { why: "new databases need no look", steps: [database("x"), database("y")], together: [2] },
  {
    why: "a new user has no grants that are to be looked at",
    steps: [user("a", "create-user"), grant("a"), user("b", "create-user"), grant("b")],
    together: [4],
  },
  { why: "what an old user has is looked at", steps: [grant("a"), grant("b")], together: [0, 0] },
  {
    why: "an old user's grant stands between two new ones",
    steps: [user("a", "create-user"), grant("b"), grant("a")],
    together: [1, 0, 1],
  },
  { why: "the administrator's rights are read", steps: [user("root", "create-user")], together: [0] },
  {
    why: "what changes or drops goes by itself",
    steps: [
      database("x", "drop-database"),
      user("a", "set-password"),
      user("a", "drop-user"),
      user("a", "repair-user"),
    ],
    together: [0, 0, 0, 0],
  },
  {
    why: "a packet has an end",
    steps: Array.from({ length: 60 }, (_, at) => database(`d${at}`)),
    together: [25, 25, 10],
  },
];

for (const { why, steps, together } of cases)
  test(`together: ${why}`, () => {
    assert.deepEqual(
      partsOf(steps, passwords).map(({ statements }) => statements.length),
      together,
    );
  });

test("every step is there once, in its order, with a statement of its own or with none", () => {
  const any = fc.constantFrom(
    database("x"),
    database("y", "drop-database"),
    user("a", "create-user"),
    user("b", "create-user"),
    grant("a"),
    grant("b"),
    user("a", "revoke", { database: "shop" }),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 80 }), (steps) => {
      const parts = partsOf(steps, passwords);
      assert.deepEqual(
        parts.flatMap((part) => part.steps),
        steps,
      );
      for (const part of parts)
        assert.ok(part.statements.length === part.steps.length || (part.steps.length === 1 && !part.statements.length));
    }),
  );
});

test("a password is in a statement as its verifier alone", () => {
  const [part] = partsOf([user("a", "create-user")], passwords);
  assert.match(
    part?.statements[0] ?? "",
    /^CREATE USER 'a'@'%' IDENTIFIED VIA mysql_native_password USING '\*[0-9A-F]{40}'/,
  );
});
