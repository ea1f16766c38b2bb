/** What the provider's resources refuse before anything real is touched. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Kind } from "../../provider/kind.ts";
import { databases } from "../../provider/resources/databases.ts";
import { identity } from "../../provider/resources/identity.ts";
import { server } from "../../provider/resources/server.ts";
import { users } from "../../provider/resources/users.ts";
import { UNKNOWN, type Values } from "../../provider/values.ts";
import { databaseInputs, identityInputs, serverInputs, userInputs } from "./provider-kinds-fixture.ts";

const checks: { why: string; kind: Kind; inputs: Values; old?: Values; expected: RegExp | undefined }[] = [
  { why: "a new server", kind: server, inputs: serverInputs, expected: undefined },
  {
    why: "an unknown engine cannot be judged yet",
    kind: server,
    inputs: { ...serverInputs, engine: UNKNOWN },
    old: serverInputs,
    expected: undefined,
  },
  {
    why: "another engine cannot read the data",
    kind: server,
    inputs: { ...serverInputs, engine: "postgresql" },
    old: serverInputs,
    expected: /mariadb data/,
  },
  {
    why: "another version needs an upgrade, which up does not do",
    kind: server,
    inputs: { ...serverInputs, version: "11.8" },
    old: serverInputs,
    expected: /go back to 10\.11/,
  },
  {
    why: "a database that leaves the list would be lost",
    kind: databases,
    inputs: { ...databaseInputs, databases: [{ name: "shop" }] },
    old: databaseInputs,
    expected: /drop: \["old"\]/,
  },
  {
    why: "drop names what may go",
    kind: databases,
    inputs: { ...databaseInputs, databases: [{ name: "shop" }], drop: ["old"] },
    old: databaseInputs,
    expected: undefined,
  },
  { why: "a first list loses nothing", kind: databases, inputs: databaseInputs, expected: undefined },
  {
    why: "a given password that the engine cannot take",
    kind: users,
    inputs: { ...userInputs, given: { "app@%": "line\nbreak" } },
    expected: /password of user "app@%"/,
  },
  {
    why: "a good password",
    kind: users,
    inputs: { ...userInputs, given: { "app@%": "correct horse" } },
    expected: undefined,
  },
  {
    why: "a new instance of an inactive version",
    kind: identity,
    inputs: { ...identityInputs, active: false, alternatives: ["mariadb@11.8"] },
    expected: /mariadb@10\.11 is inactive.*choose one that is active: mariadb@11\.8/,
  },
  {
    why: "an existing instance lives on",
    kind: identity,
    inputs: { ...identityInputs, active: false },
    old: identityInputs,
    expected: undefined,
  },
  {
    why: "an instance with data cannot adopt another volume",
    kind: identity,
    inputs: { ...identityInputs, adopt: "v" },
    old: identityInputs,
    expected: /cannot adopt another volume/,
  },
];

describe("check", () => {
  for (const { why, kind, inputs, old, expected } of checks) {
    test(`${kind.token}: ${why}`, () => {
      const reasons = kind.check(inputs, old).map((failure) => failure.reason);
      if (expected) assert.match(reasons.join("\n"), expected);
      else assert.deepEqual(reasons, []);
    });
  }
  test("a refused password is not repeated", () => {
    const [failure] = users.check({ ...userInputs, given: { "app@%": "hunter\u00002" } }, undefined);
    assert.ok(failure);
    assert.doesNotMatch(failure.reason, /hunter/);
  });
});
