/** What the provider's resources refuse, and what they call a difference, before anything real is touched. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rootUser as administrator } from "../../engines/engine.ts";
import type { Kind } from "../../provider/kind.ts";
import { databases } from "../../provider/resources/databases.ts";
import { identity } from "../../provider/resources/identity.ts";
import { limits } from "../../provider/resources/limits.ts";
import { server } from "../../provider/resources/server.ts";
import { choosePasswords, underAllNames, users } from "../../provider/resources/users.ts";
import { UNKNOWN, type Values } from "../../provider/values.ts";

const guest = { target: "docker", name: "a", uuid: "u", container: "c" };
const inGuest = { guest, uuid: "u", engine: "mariadb" };
const rootUser = { ...administrator, grants: [] };
const app = { name: "app", host: "%", grants: [{ database: "shop", privileges: "all" }] };

const serverInputs = {
  ...inGuest,
  machineId: "m",
  version: "10.11",
  memoryBytes: 2 ** 29,
  vcpus: 1,
  volumeBytes: 2 ** 30,
  parameters: {},
};
const databaseInputs = { ...inGuest, databases: [{ name: "shop" }, { name: "old" }], drop: [] };
const userInputs = { ...inGuest, users: [app], databases: ["shop"], given: {} };
const identityInputs = {
  name: "a",
  target: "docker",
  datastore: "mariadb@10.11",
  active: true,
  portRoles: ["sql"],
  bind: ["127.0.0.1"],
  fixedPorts: {},
};

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

const bob = { name: "bob", host: "%", grants: [] };
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

const known = { inputs: userInputs, outputs: { passwords: { "app@%": "known", "gone@%": "x" } } };
const renamed = { ...app, name: "shop", was: { name: "app", host: "%" } };

/** `fresh`: a generated one is expected. */
const choices: { why: string; inputs: Values; old?: typeof known; expected: Record<string, string | "fresh"> }[] = [
  { why: "the one in use stays", inputs: userInputs, expected: { "app@%": "known" } },
  {
    why: "a new user gets one",
    inputs: { ...userInputs, users: [app, bob] },
    expected: { "app@%": "known", "bob@%": "fresh" },
  },
  { why: "a given one wins", inputs: { ...userInputs, given: { "app@%": "given" } }, expected: { "app@%": "given" } },
  { why: "a renamed user keeps its own", inputs: { ...userInputs, users: [renamed] }, expected: { "shop@%": "known" } },
  {
    why: "a user of that past that has one already keeps its own",
    inputs: { ...userInputs, users: [{ ...renamed, name: "gone" }] },
    expected: { "gone@%": "x" },
  },
  {
    why: "another generation is another password",
    inputs: { ...userInputs, generations: { "app@%": 1 } },
    expected: { "app@%": "fresh" },
  },
  {
    why: "the same generation is the same password",
    inputs: { ...userInputs, generations: { "app@%": 1 } },
    old: { ...known, inputs: { ...userInputs, generations: { "app@%": 1 } } as typeof userInputs },
    expected: { "app@%": "known" },
  },
  {
    why: "a generation goes along with a rename",
    inputs: { ...userInputs, users: [renamed], generations: { "shop@%": 1 } },
    old: { ...known, inputs: { ...userInputs, generations: { "app@%": 1 } } as typeof userInputs },
    expected: { "shop@%": "known" },
  },
  {
    why: "an administrator that is enabled again has another password",
    inputs: { ...userInputs, users: [rootUser], generations: { "root@%": 1 } },
    old: {
      inputs: { ...userInputs, users: [rootUser] } as unknown as typeof userInputs,
      outputs: { passwords: { "root@%": "known" } } as unknown as (typeof known)["outputs"],
    },
    expected: { "root@%": "fresh" },
  },
  {
    why: "no generation is asked for any more",
    inputs: userInputs,
    old: { ...known, inputs: { ...userInputs, generations: { "app@%": 1 } } as typeof userInputs },
    expected: { "app@%": "known" },
  },
];

for (const { why, inputs, old = known, expected } of choices)
  test(`passwords: ${why}`, () => {
    const chosen = choosePasswords(inputs, old);
    const fresh = Object.entries(chosen).map(([key, password]) => {
      const generated = /^[A-Za-z0-9]{36}$/.test(password);
      return [key, generated ? "fresh" : password];
    });
    assert.deepEqual(Object.fromEntries(fresh), expected);
  });

test("passwords: under its earlier name a user is compared with the password it is to have", () => {
  const inputs = { ...userInputs, users: [renamed] };
  assert.deepEqual(underAllNames(inputs, { "shop@%": "p" }), { "app@%": "p", "shop@%": "p" });
});
