/** What the provider's resources call a difference before anything real is touched. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Kind } from "../../provider/kind.ts";
import { databases } from "../../provider/resources/databases.ts";
import { identity } from "../../provider/resources/identity.ts";
import { limits } from "../../provider/resources/limits.ts";
import { server } from "../../provider/resources/server.ts";
import { users } from "../../provider/resources/users.ts";
import type { Values } from "../../provider/values.ts";
import {
  app,
  bob,
  databaseInputs,
  guest,
  identityInputs,
  rootUser,
  serverInputs,
  userInputs,
} from "./provider-kinds-fixture.ts";

const observedUser = { ...app, passwordMatches: true };
const settled = { ...userInputs, passwords: { "app@%": "p" }, observed: [observedUser], reachable: true };
const limitOutputs = { guest, machineId: "m", cpus: 4, actual: 2, most: 2, reachable: true };

const diffs: { why: string; kind: Kind; inputs: Values; outputs: Values; now?: Values; expected: string[] }[] = [
  { why: "nothing changed", kind: users, inputs: userInputs, outputs: settled, expected: [] },
  {
    why: "another way to the guest",
    kind: users,
    inputs: userInputs,
    outputs: settled,
    now: { ...userInputs, guest: { ...guest, container: "d" } },
    expected: [],
  },
  {
    why: "a user that was dropped by hand",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, observed: [] },
    expected: ["users drifted"],
  },
  {
    why: "a password changed by hand",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, observed: [{ ...app, passwordMatches: false }] },
    expected: ["users drifted"],
  },
  {
    why: "a password that was never recorded",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, passwords: {} },
    expected: ["users drifted"],
  },
  {
    why: "a user made by hand is left alone",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, observed: [observedUser, bob] },
    expected: [],
  },
  {
    why: "unless the instance is exclusive",
    kind: users,
    inputs: { ...userInputs, exclusive: true },
    outputs: { ...settled, exclusive: true, observed: [observedUser, bob] },
    expected: ["users drifted"],
  },
  {
    why: "a rename that was done is over",
    kind: users,
    inputs: { ...userInputs, users: [{ ...app, was: { name: "bob", host: "%" } }] },
    outputs: settled,
    expected: [],
  },
  {
    why: "a user whose drop failed is still to be dropped",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, observed: [observedUser, bob], unfinished: [app, bob] },
    expected: ["users drifted"],
  },
  {
    why: "a change that failed half way, and left nothing to do",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, unfinished: [app, bob] },
    expected: [],
  },
  {
    why: "a database whose drop failed is still to be dropped",
    kind: databases,
    inputs: { ...databaseInputs, databases: [], drop: ["shop", "old"] },
    outputs: { ...databaseInputs, observed: [{ name: "old" }], unfinished: ["shop", "old"], reachable: true },
    expected: ["databases drifted"],
  },
  {
    why: "an administrator that left the spec, where it lists no users",
    kind: users,
    inputs: { ...userInputs, users: [rootUser], unlisted: true },
    outputs: { ...settled, passwords: { "root@%": "p" }, observed: [observedUser, rootUser] },
    now: { ...userInputs, users: [], unlisted: true },
    expected: ["users changed"],
  },
  {
    why: "and whose drop failed",
    kind: users,
    inputs: { ...userInputs, users: [], unlisted: true },
    outputs: { ...settled, observed: [observedUser, rootUser], unfinished: [app, rootUser] },
    expected: ["users drifted"],
  },
  {
    why: "users that the spec no longer speaks of are left alone",
    kind: users,
    inputs: { ...userInputs, users: [], unlisted: true },
    outputs: { ...settled, observed: [observedUser], unfinished: [app] },
    expected: [],
  },
  {
    why: "an administrator of somebody else's is left alone",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, observed: [observedUser, rootUser] },
    expected: [],
  },
  {
    why: "a state from before there were administrators",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled },
    expected: [],
  },
  {
    why: "that there once was one is no difference",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, rootEnabledEver: true, rootEnabledSince: "2026-01-01T00:00:00.000Z" },
    expected: [],
  },
  {
    why: "an owner that is none any more, after a change that failed",
    kind: users,
    inputs: { ...userInputs, engine: "postgresql", users: [{ ...app, grants: [] }] },
    outputs: {
      ...{ ...settled, passwords: { app: "p" }, observed: [{ ...app, grants: [], owns: ["shop"] }] },
      unfinished: [{ ...app, owns: ["shop"] }],
    },
    expected: ["users drifted"],
  },
  {
    why: "a guest that could not be read",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, reachable: false },
    expected: ["reachable drifted"],
  },
  {
    why: "a guest that somebody stopped: what is recorded stands",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, reachable: false, stopped: true },
    expected: [],
  },
  {
    why: "another wish for a stopped guest is a difference all the same",
    kind: databases,
    inputs: databaseInputs,
    outputs: { ...databaseInputs, observed: databaseInputs.databases, reachable: false, stopped: true },
    now: { ...databaseInputs, databases: [{ name: "more" }] },
    expected: ["databases changed"],
  },
  {
    why: "an apply that failed half way before the guest was stopped",
    kind: users,
    inputs: userInputs,
    outputs: { ...settled, observed: [], reachable: false, stopped: true },
    expected: ["users drifted"],
  },
  {
    why: "a server that was never seen before its guest was stopped",
    kind: server,
    inputs: serverInputs,
    outputs: { ...serverInputs, hadData: true, reachable: false, stopped: true },
    expected: ["observed drifted"],
  },
  {
    why: "a database that is gone",
    kind: databases,
    inputs: databaseInputs,
    outputs: { ...databaseInputs, observed: [{ name: "shop", charset: "utf8mb4" }], reachable: true },
    expected: ["databases drifted"],
  },
  {
    why: "more CPUs than there are: all of them is right",
    kind: limits,
    inputs: { guest, machineId: "m", cpus: 4 },
    outputs: limitOutputs,
    expected: [],
  },
  {
    why: "memory set by hand",
    kind: limits,
    inputs: { guest, machineId: "m", cpus: 2, memoryBytes: 2 ** 29 },
    outputs: { ...limitOutputs, actual: 2, actualMemory: 2 ** 28 },
    expected: ["memoryBytes drifted"],
  },
  {
    why: "a record from before memory was looked at",
    kind: limits,
    inputs: { guest, machineId: "m", cpus: 2 },
    outputs: { ...limitOutputs, actual: 2 },
    now: { guest, machineId: "m", cpus: 2, memoryBytes: 2 ** 29 },
    expected: ["memoryBytes changed"],
  },
  {
    why: "a user whose password is the server's own has none recorded",
    kind: users,
    inputs: { ...userInputs, kept: ["app@%"] },
    outputs: { ...userInputs, kept: ["app@%"], passwords: {}, observed: [app], reachable: true },
    expected: [],
  },
  {
    why: "such a user that is gone cannot be made: the update says so",
    kind: users,
    inputs: { ...userInputs, kept: ["app@%"] },
    outputs: { ...userInputs, kept: ["app@%"], passwords: {}, observed: [], reachable: true },
    expected: ["users drifted"],
  },
  {
    why: "a limit set by hand",
    kind: limits,
    inputs: { guest, machineId: "m", cpus: 4 },
    outputs: { ...limitOutputs, actual: 1 },
    expected: ["cpus drifted"],
  },
  {
    why: "adopt left out later",
    kind: identity,
    inputs: { ...identityInputs, adopt: "v" },
    outputs: { ...identityInputs, adopted: "v" },
    now: identityInputs,
    expected: [],
  },
  {
    why: "a port fixed later",
    kind: identity,
    inputs: identityInputs,
    outputs: identityInputs,
    now: { ...identityInputs, fixedPorts: { sql: 13306 } },
    expected: ["fixedPorts changed"],
  },
];

describe("diff", () => {
  for (const { why, kind, inputs, outputs, now, expected } of diffs) {
    test(`${kind.token}: ${why}`, () => {
      const changes = kind.diff({ inputs, outputs }, now ?? inputs);
      assert.deepEqual(
        changes.map((change) => `${change.path} ${change.fromInputs ? "changed" : "drifted"}`),
        expected,
      );
    });
  }

  test("a server whose data vanished is a difference that the update refuses", async () => {
    const observed = {
      prepared: false,
      running: false,
      enabled: true,
      healthy: false,
      configuration: {},
      parameters: {},
    };
    const old = { inputs: serverInputs, outputs: { ...serverInputs, observed, hadData: true, reachable: true } };
    assert.notDeepEqual(server.diff(old, serverInputs), []);
    const context = { urn: "u", note: () => {}, noteOnInstance: () => {}, signal: new AbortController().signal };
    await assert.rejects(server.previewUpdate(context, old, serverInputs), /was there and is gone/);
  });
});
