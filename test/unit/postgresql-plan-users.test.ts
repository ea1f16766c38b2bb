/** Plans for users: table cases, and a property against a pure model of users. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ManagedUser, type ObservedUser, type Privileges, rootUser, type User } from "../../engines/engine.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import type { UserStep } from "../../engines/postgresql/users-plan.ts";
import { name, owner, owning, seen, user } from "./postgresql-plan-fixture.ts";

const users: readonly {
  why: string;
  desired: readonly User[];
  is: readonly ObservedUser[];
  previous?: readonly (string | ManagedUser)[];
  steps: readonly string[];
}[] = [
  {
    why: "an owner, after the user is there and before levels, which depend on who owns it",
    desired: [owner("u", "a")],
    is: [],
    steps: ["create-user", "set-owner", "set-levels"],
  },
  { why: "the owner that it is to have", desired: [owner("u", "a")], is: [owning("u", "a")], steps: [] },
  {
    why: "somebody gave it to another one",
    desired: [owner("u", "a"), user("v")],
    is: [seen("u", ["a", "all"]), { ...seen("v"), owns: ["a"] }],
    steps: ["set-owner", "set-levels"],
  },
  {
    why: "an owner is no owner any more",
    desired: [user("u", ["a", "all"])],
    is: [owning("u", "a")],
    previous: [owner("u", "a")],
    steps: ["set-owner", "set-levels"],
  },
  {
    why: "owned by hand, and never by us",
    desired: [user("u", ["a", "all"])],
    is: [owning("u", "a")],
    previous: ["u"],
    steps: [],
  },
  {
    why: "an owner that leaves: what it owns goes along in the drop",
    desired: [user("v", ["a", "read"])],
    is: [owning("u", "a"), seen("v", ["a", "read"])],
    previous: [owner("u", "a"), "v"],
    steps: ["drop-user"],
  },
  {
    why: "from one owner to another",
    desired: [user("u"), owner("v", "a")],
    is: [{ ...seen("u"), owns: ["a"] }, seen("v", ["a", "all"])],
    previous: [owner("u", "a"), "v"],
    steps: ["set-owner", "set-levels"],
  },
  {
    why: "a renamed owner still owns",
    desired: [{ ...owner("u", "a"), was: { name: "old", host: "%" } }],
    is: [owning("old", "a")],
    previous: [owner("old", "a")],
    steps: ["rename-user"],
  },
  {
    why: "an administrator: all in the databases that are known",
    desired: [{ ...rootUser, grants: [{ database: "a", privileges: "all" }] }],
    is: [],
    steps: ["create-user", "set-levels"],
  },
  {
    why: "an administrator that nobody asks for any more",
    desired: [user("u")],
    is: [seen("u"), seen("root", ["a", "all"])],
    previous: ["u", rootUser],
    steps: ["drop-user"],
  },
  { why: "a new one with a grant", desired: [user("u", ["a", "read"])], is: [], steps: ["create-user", "set-levels"] },
  { why: "a new one without", desired: [user("u")], is: [], steps: ["create-user"] },
  { why: "as it is", desired: [user("u", ["a", "read"])], is: [seen("u", ["a", "read"])], steps: [] },
  { why: "a level changes", desired: [user("u", ["a", "all"])], is: [seen("u", ["a", "read"])], steps: ["set-levels"] },
  {
    why: "partial is repaired",
    desired: [user("u", ["a", "all"])],
    is: [seen("u", ["a", "partial"])],
    steps: ["set-levels"],
  },
  { why: "a grant is taken back", desired: [user("u")], is: [seen("u", ["a", "read"])], steps: ["set-levels"] },
  { why: "left the list", desired: [], is: [seen("u")], previous: ["u"], steps: ["drop-user"] },
  { why: "left the list and is gone", desired: [], is: [], previous: ["u"], steps: [] },
  { why: "never ours", desired: [], is: [seen("u", ["a", "all"])], steps: [] },
  {
    why: "a wrong password",
    desired: [user("u")],
    is: [{ ...seen("u"), passwordMatches: false }],
    steps: ["set-password"],
  },
  { why: "an unknown password", desired: [user("u")], is: [seen("u")], steps: [] },
  {
    why: "renamed, and not dropped although its old name left the list",
    desired: [{ ...user("u", ["a", "read"]), was: { name: "old", host: "%" } }],
    is: [seen("old", ["a", "read"])],
    previous: ["old"],
    steps: ["rename-user"],
  },
  {
    why: "renamed with other grants and another password",
    desired: [{ ...user("u", ["b", "all"]), was: { name: "old", host: "%" } }],
    is: [{ ...seen("old", ["a", "read"]), passwordMatches: false }],
    steps: ["rename-user", "set-password", "set-levels", "set-levels"],
  },
  {
    why: "a rename that was done",
    desired: [{ ...user("u"), was: { name: "old", host: "%" } }],
    is: [seen("u")],
    previous: ["old"],
    steps: [],
  },
  {
    why: "both are there: the one that left the list goes",
    desired: [{ ...user("u"), was: { name: "old", host: "%" } }],
    is: [seen("u"), seen("old")],
    previous: ["old"],
    steps: ["drop-user"],
  },
  {
    why: "neither is there",
    desired: [{ ...user("u"), was: { name: "old", host: "%" } }],
    is: [],
    previous: ["old"],
    steps: ["create-user"],
  },
  {
    why: "whoever is listed is nobody else's past",
    desired: [user("old"), { ...user("u"), was: { name: "old", host: "%" } }],
    is: [seen("old")],
    previous: ["old"],
    steps: ["create-user"],
  },
  {
    why: "a superuser",
    desired: [user("u")],
    is: [{ ...seen("u"), repairs: ["it is a superuser"] }],
    steps: ["repair-user"],
  },
];
for (const { why, desired, is, previous, steps } of users)
  test(`users: ${why}`, () => {
    const plan = postgresql.planUsers(
      desired,
      is,
      (previous ?? []).map((one) => (typeof one === "string" ? { name: one, host: "%" } : one)),
    );
    assert.deepEqual(
      plan.steps.map((step) => step.kind),
      steps,
    );
  });

const level = fc.constantFrom<Privileges>("read", "write", "all");
const grants = <L>(of: fc.Arbitrary<L>) =>
  fc.uniqueArray(fc.record({ database: name, privileges: of }), { selector: (grant) => grant.database });
const was = fc.record({ name, host: fc.constant("%") });
const usersArbitrary: fc.Arbitrary<User[]> = fc
  .uniqueArray(
    fc.record(
      { name, host: fc.constant("%"), grants: grants(level), was, owns: fc.uniqueArray(name) },
      { requiredKeys: ["name", "host", "grants"] },
    ),
    { selector: (u) => u.name },
  )
  .map(withOneOwner);

/** A database has one owner. */
function withOneOwner<U extends { owns?: readonly string[] }>(all: readonly U[]): U[] {
  const taken = new Set<string>();
  return all.map((one) => {
    if (!one.owns) return one;
    const owns = one.owns.filter((database) => !taken.has(database));
    for (const database of owns) taken.add(database);
    return { ...one, owns };
  });
}

const observedArbitrary: fc.Arbitrary<ObservedUser[]> = fc
  .uniqueArray(
    fc.record(
      {
        name,
        host: fc.constant("%"),
        grants: grants(fc.constantFrom<Privileges | "partial">("read", "write", "all", "partial")),
        passwordMatches: fc.boolean(),
        repairs: fc.constantFrom([], ["it is a superuser"]),
        owns: fc.uniqueArray(name),
      },
      { requiredKeys: ["name", "host", "grants"] },
    ),
    { selector: (u) => u.name },
  )
  .map(withOneOwner);

const managedArbitrary = fc.record({ name, host: fc.constant("%"), owns: fc.uniqueArray(name) });

function afterUserStep(is: readonly ObservedUser[], step: UserStep): readonly ObservedUser[] {
  switch (step.kind) {
    case "create-user":
      return [...is, { name: step.name, host: "%", grants: [] }];
    case "rename-user":
      return is.map((u) => (u.name === step.from ? { ...u, name: step.name } : u));
    case "drop-user":
      return is.filter((u) => u.name !== step.name);
    case "repair-user":
      return is.map((u) => (u.name === step.name ? { ...u, repairs: [] } : u));
    case "set-password":
      return is.map((u) => (u.name === step.name ? { ...u, passwordMatches: true } : u));
    case "set-owner":
      return is.map((u) => {
        const others = u.owns?.filter((database) => database !== step.database) ?? [];
        return u.name === step.owner
          ? { ...u, owns: [...others, step.database] }
          : { ...u, ...(u.owns ? { owns: others } : {}) };
      });
    case "set-levels":
      return is.map((u) => {
        const to = new Map(Object.entries(step.levels)).get(u.name);
        if (to === undefined) return u;
        const others = u.grants.filter((grant) => grant.database !== step.database);
        return { ...u, grants: to === "none" ? others : [...others, { database: step.database, privileges: to }] };
      });
  }
}

test("from any users to any others, a plan ends where nothing is left to do, and touches nobody else", () => {
  fc.assert(
    fc.property(usersArbitrary, observedArbitrary, fc.array(managedArbitrary), (desired, from, previous) => {
      let is: readonly ObservedUser[] = from;
      for (const step of postgresql.planUsers(desired, is, previous).steps) is = afterUserStep(is, step as UserStep);
      assert.deepEqual(postgresql.planUsers(desired, is, previous), { steps: [], refusals: [] });
      const before = previous.map((one) => one.name);
      const ours = new Set([...desired.flatMap((u) => [u.name, ...(u.was ? [u.was.name] : [])]), ...before]);
      const taken = new Set(desired.flatMap(({ owns = [] }) => owns));
      const others = (all: readonly ObservedUser[]) =>
        all
          .filter((u) => !ours.has(u.name))
          .map((u) => ({ ...u, owns: u.owns?.filter((database) => !taken.has(database)) }));
      assert.deepEqual(others(is), others(from), "but for a database that is somebody else's now");
      for (const { name: who, owns = [] } of desired)
        assert.ok(owns.every((database) => is.find((u) => u.name === who)?.owns?.includes(database)));
    }),
  );
});
