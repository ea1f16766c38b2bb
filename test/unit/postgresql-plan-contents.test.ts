/** Plans for databases and users: table cases, and properties against pure models of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Database,
  type ManagedUser,
  type ObservedDatabase,
  type ObservedUser,
  type Privileges,
  rootUser,
  type SqlStep,
  type User,
} from "../../engines/engine.ts";
import type { DatabaseStep } from "../../engines/postgresql/databases.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import type { UserStep } from "../../engines/postgresql/users-plan.ts";

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

const user = (name: string, ...grants: [string, Privileges][]): User => ({
  name,
  host: "%",
  grants: grants.map(([database, privileges]) => ({ database, privileges })),
});
const seen = (name: string, ...grants: [string, Privileges | "partial"][]): ObservedUser => ({
  name,
  host: "%",
  grants: grants.map(([database, privileges]) => ({ database, privileges })),
});

const owner = (name: string, ...owns: string[]) => ({ ...user(name, ["a", "all"]), owns });
const owning = (name: string, ...owns: string[]) => ({ ...seen(name, ["a", "all"]), owns });

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

test("a step on levels names every user of the database, since what one creates belongs to the others' levels", () => {
  const plan = postgresql.planUsers(
    [user("u", ["a", "read"]), user("v", ["a", "all"])],
    [seen("u", ["a", "read"])],
    [],
  );
  const step = plan.steps.at(-1) as UserStep | undefined;
  assert.deepEqual(step?.kind === "set-levels" && step.levels, { u: "read", v: "all" });
});

const name = fc.constantFrom("a", "b", "__proto__", 'x"; --');
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
