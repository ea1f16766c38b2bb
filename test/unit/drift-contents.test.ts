/** What `drift` tells of databases and users: tables, and that nothing which an apply would do is left out. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ObservedDatabase, ObservedUser, User } from "../../engines/engine.ts";
import { engines } from "../../engines/index.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import {
  type DatabaseSides,
  databaseDifferences,
  type UserSides,
  userDifferences,
} from "../../operations/drift/contents.ts";
import type { Difference } from "../../operations/drift/row.ts";

const brief = ({ what, name, spec, state, real, mend, adoption }: Difference): string =>
  `${what} ${name}: ${spec}/${state}/${real} ${mend}${adoption ? ` ${adoption.kind}` : ""}`;

const shop = { name: "shop" };
const databaseCases: readonly { why: string; sides: Partial<DatabaseSides>; expected: readonly string[] }[] = [
  { why: "as listed", sides: {}, expected: [] },
  {
    why: "one made by hand stays, and can be taken over",
    sides: { observed: [shop, { name: "hers", charset: "utf8mb4" }] },
    expected: ["database hers: null/null/there none database"],
  },
  {
    why: "one dropped by hand: up would make an empty one",
    sides: { observed: [] },
    expected: ["database shop: there/there/null up no-database"],
  },
  {
    why: "a new one in the spec",
    sides: { wanted: [shop, { name: "new" }] },
    expected: ["database new: there/null/null up"],
  },
  {
    why: "one that left the spec is refused by up until drop names it",
    sides: { wanted: [] },
    expected: ["database shop: null/there/there none"],
  },
  {
    why: "one that may be dropped",
    sides: { wanted: [], drop: ["shop"] },
    expected: ["database shop: null/there/there up"],
  },
  {
    why: "another character set than the spec asks for",
    sides: {
      wanted: [{ name: "shop", charset: "utf8mb4" }],
      observed: [{ name: "shop", charset: "latin1" }],
    },
    expected: ["database shop: charset: utf8mb4/utf8mb4/latin1 up"],
  },
  {
    why: "what the engine would repair",
    sides: { engine: postgresql, observed: [{ name: "shop", repairs: ["every user may connect to it"] }] },
    expected: ["database shop: in order/in order/every user may connect to it up"],
  },
];

describe("databases", () => {
  for (const { why, sides, expected } of databaseCases)
    test(why, () => {
      const all = { engine: mariadb, wanted: [shop], drop: [], recorded: ["shop"], observed: [shop], ...sides };
      assert.deepEqual(databaseDifferences(all).map(brief), expected);
    });
});

const app: User = { name: "app", host: "%", grants: [{ database: "shop", privileges: "read" }] };
const seen: ObservedUser = { ...app, passwordMatches: true };
const stray: ObservedUser = { name: "stray", host: "%", grants: [{ database: "shop", privileges: "all" }] };

const userCases: readonly { why: string; sides: Partial<UserSides>; expected: readonly string[] }[] = [
  { why: "as listed", sides: {}, expected: [] },
  {
    why: "a stranger stays, and can be taken over with its grants",
    sides: { observed: [seen, stray] },
    expected: ["user stray@%: null/null/there none user"],
  },
  {
    why: "where the instance is exclusive, up drops a stranger",
    sides: { observed: [seen, stray], exclusive: true },
    expected: ["user stray@%: null/null/there up user"],
  },
  {
    why: "a stranger with privileges that are no level is no spec's",
    sides: { observed: [seen, { ...stray, grants: [{ database: "shop", privileges: "partial" }] }] },
    expected: ["user stray@%: null/null/there none"],
  },
  {
    why: "a stranger with global privileges is no spec's",
    sides: { observed: [seen, { ...stray, repairs: ["global privileges"] }] },
    expected: ["user stray@%: null/null/there none"],
  },
  {
    why: "what marks Coffer's users, a stranger may lack",
    sides: { engine: postgresql, observed: [seen, { ...stray, unmarked: "it is not a member of coffer_users" }] },
    expected: ["user stray: null/null/there none user"],
  },
  { why: "dropped by hand", sides: { observed: [] }, expected: ["user app@%: there/there/null up no-user"] },
  {
    why: "another password",
    sides: { observed: [{ ...seen, passwordMatches: false }] },
    expected: ["password app@%: as recorded/as recorded/another up"],
  },
  {
    why: "more than it was granted",
    sides: { observed: [{ ...seen, grants: [{ database: "shop", privileges: "all" }] }] },
    expected: ["grant app@% on shop: read/read/all up grant"],
  },
  {
    why: "nothing of what it was granted",
    sides: { observed: [{ ...seen, grants: [] }] },
    expected: ["grant app@% on shop: read/read/null up no-grant"],
  },
  {
    why: "something that is no level",
    sides: { observed: [{ ...seen, grants: [{ database: "shop", privileges: "partial" }] }] },
    expected: ["grant app@% on shop: read/read/partial up"],
  },
  {
    why: "a grant that the spec changed is no drift",
    sides: { wanted: [{ ...app, grants: [{ database: "shop", privileges: "write" }] }] },
    expected: ["grant app@% on shop: write/read/read up"],
  },
  {
    why: "a user that left the spec is dropped",
    sides: { wanted: [] },
    expected: ["user app@%: null/there/there up"],
  },
  {
    why: "what the engine would repair",
    sides: { observed: [{ ...seen, repairs: ["the account is locked"] }] },
    expected: ["user app@%: in order/in order/the account is locked up"],
  },
  {
    why: "a certificate that mtls asks for and the server does not",
    sides: { tls: "mtls" },
    expected: ["user : in order/in order/ask for a certificate of user app@% up"],
  },
];

describe("users", () => {
  for (const { why, sides, expected } of userCases)
    test(why, () => {
      const lists = { wanted: [app], recorded: [app], observed: [seen] };
      const all: UserSides = { engine: mariadb, ...lists, exclusive: false, tls: "enforced", ...sides };
      assert.deepEqual(userDifferences(all).map(brief), expected);
    });
});

for (const engine of engines)
  describe(`${engine.name}: whatever an apply would do, something is told`, () => {
    const names = fc.uniqueArray(fc.constantFrom("shop", "stats", "old"), { maxLength: 3 });
    const database = (name: string, odd: boolean): ObservedDatabase => ({ name, ...(odd ? { repairs: ["odd"] } : {}) });

    test("databases", () =>
      fc.assert(
        fc.property(names, names, names, fc.boolean(), (wanted, recorded, real, odd) => {
          const observed = real.map((name) => database(name, odd));
          const desired = wanted.map((name) => ({ name }));
          const { steps, refusals } = engine.planDatabases(desired, observed, recorded, []);
          const found = databaseDifferences({ engine, wanted: desired, drop: [], recorded, observed });
          if (steps.length + refusals.length) assert.ok(found.length, "a plan with steps and nothing told");
        }),
      ));

    test("users", () => {
      const level = fc.constantFrom("read" as const, "write" as const, "all" as const);
      const who = fc.record({
        name: fc.constantFrom("app", "ro"),
        host: fc.constant("%"),
        grants: fc.uniqueArray(fc.record({ database: fc.constantFrom("shop", "stats"), privileges: level }), {
          selector: (grant) => grant.database,
          maxLength: 2,
        }),
      });
      const list = fc.uniqueArray(who, { selector: ({ name }) => name, maxLength: 2 });
      fc.assert(
        fc.property(list, list, list, fc.boolean(), (wanted, recorded, real, exclusive) => {
          const observed: ObservedUser[] = real.map((user) => ({ ...user, passwordMatches: true }));
          const managed = exclusive ? [...recorded, ...observed] : recorded;
          const { steps, refusals } = engine.planUsers(wanted, observed, managed, "enforced");
          const found = userDifferences({ engine, wanted, recorded, observed, exclusive, tls: "enforced" });
          if (steps.length + refusals.length) assert.ok(found.length, "a plan with steps and nothing told");
        }),
      );
    });
  });
