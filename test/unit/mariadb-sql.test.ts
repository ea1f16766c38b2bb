import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Database,
  type ObservedDatabase,
  type ObservedUser,
  rootUser,
  type TlsMode,
  type User,
} from "../../engines/engine.ts";
import { createDatabase } from "../../engines/mariadb/databases.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { grantPattern, identifier, literal } from "../../engines/mariadb/sql.ts";
import { verifier } from "../../engines/mariadb/users.ts";

const shop = { name: "shop", charset: "utf8mb4", collation: "utf8mb4_general_ci" };

const databasePlans: {
  why: string;
  desired: Database[];
  observed: ObservedDatabase[];
  previous?: string[];
  drop?: string[];
  steps: string[];
  refusal?: RegExp;
}[] = [
  { why: "missing", desired: [{ name: "shop" }], observed: [], steps: ["create-database shop"] },
  { why: "there", desired: [{ name: "shop" }], observed: [shop], steps: [] },
  { why: "case is part of a name", desired: [{ name: "Shop" }], observed: [shop], steps: ["create-database Shop"] },
  {
    why: "another collation",
    desired: [{ name: "shop", collation: "utf8mb4_bin" }],
    observed: [shop],
    steps: ["alter-database shop"],
  },
  {
    why: "another charset",
    desired: [{ name: "shop", charset: "latin1" }],
    observed: [shop],
    steps: ["alter-database shop"],
  },
  { why: "the same charset", desired: [{ name: "shop", charset: "utf8mb4" }], observed: [shop], steps: [] },
  {
    why: "left the list",
    desired: [],
    observed: [shop],
    previous: ["shop"],
    steps: [],
    refusal: /drop: \["shop"\]/,
  },
  {
    why: "left the list and may go",
    desired: [],
    observed: [shop],
    previous: ["shop"],
    drop: ["shop"],
    steps: ["drop-database shop"],
  },
  { why: "left the list and is gone", desired: [], observed: [], previous: ["shop"], steps: [] },
  { why: "never ours", desired: [], observed: [shop], drop: ["shop"], steps: [] },
  {
    why: "listed and in drop: it stays",
    desired: [shop],
    observed: [shop],
    previous: ["shop"],
    drop: ["shop"],
    steps: [],
  },
];

test("a step on a database says the charset and the collation that were given, and no other", () => {
  const given = { name: "shop", charset: "latin1", collation: "latin1_bin" };
  const [made] = mariadb.planDatabases([given], [], [], []).steps;
  assert.deepEqual(made, { kind: "create-database", ...given, summary: "create database shop" });
  const [changed] = mariadb.planDatabases([{ name: "shop", charset: "latin1" }], [shop], [], []).steps;
  assert.deepEqual(changed, {
    kind: "alter-database",
    ...{ name: "shop", charset: "latin1" },
    summary: "change database shop to latin1 (from utf8mb4, utf8mb4_general_ci) for new tables",
  });
  const sorted = { name: "shop", collation: "utf8mb4_bin" };
  const [other] = mariadb.planDatabases([sorted], [], [], []).steps;
  assert.deepEqual(other, { kind: "create-database", ...sorted, summary: "create database shop" });
});

const statements: { why: string; charset?: string; collation?: string; sql: string }[] = [
  { why: "the server's own", sql: "" },
  { why: "a charset", charset: "latin1", sql: " CHARACTER SET `latin1`" },
  { why: "a collation", collation: "utf8mb4_bin", sql: " COLLATE `utf8mb4_bin`" },
  { why: "both", charset: "latin1", collation: "latin1_bin", sql: " CHARACTER SET `latin1` COLLATE `latin1_bin`" },
];
for (const { why, sql, ...options } of statements)
  test(`a new database's statement: ${why}`, () => {
    const step = { kind: "create-database", name: "a`b", summary: "", ...options } as const;
    assert.equal(createDatabase(step), `CREATE DATABASE IF NOT EXISTS \`a\`\`b\`${sql}`);
  });

test("plans for databases", async (t) => {
  for (const { why, desired, observed, previous = [], drop = [], steps, refusal } of databasePlans)
    await t.test(why, () => {
      const plan = mariadb.planDatabases(desired, observed, previous, drop);
      assert.deepEqual(
        plan.steps.map((s) => `${s.kind} ${s.name}`),
        steps,
      );
      if (refusal) assert.match(plan.refusals.join(), refusal);
      else assert.deepEqual(plan.refusals, []);
    });
});

const app: User = { name: "app", host: "%", grants: [{ database: "shop", privileges: "write" }] };
const there: ObservedUser = { ...app, passwordMatches: true };

const userPlans: {
  why: string;
  desired?: User[];
  observed: ObservedUser[];
  previous?: { name: string; host: string }[];
  tls?: TlsMode;
  steps: string[];
}[] = [
  { why: "missing", observed: [], steps: ["create-user", "grant write"] },
  { why: "there", observed: [there], steps: [] },
  { why: "no password is known to compare", observed: [app], steps: [] },
  { why: "another password", observed: [{ ...there, passwordMatches: false }], steps: ["set-password"] },
  { why: "a lost grant", observed: [{ ...there, grants: [] }], steps: ["grant write"] },
  {
    why: "part of a grant",
    observed: [{ ...there, grants: [{ database: "shop", privileges: "partial" }] }],
    steps: ["grant write"],
  },
  {
    why: "a grant nobody listed",
    observed: [{ ...there, grants: [...app.grants, { database: "other", privileges: "read" }] }],
    steps: ["revoke other"],
  },
  { why: "nothing to repair", observed: [{ ...there, repairs: [] }], steps: [] },
  { why: "something to repair", observed: [{ ...there, repairs: ["global privileges"] }], steps: ["repair-user"] },
  {
    why: "the same name from elsewhere is another user",
    observed: [{ ...there, host: "10.%" }],
    steps: ["create-user", "grant write"],
  },
  {
    why: "another host: renamed, and not dropped although the old one left the list",
    desired: [{ ...app, host: "10.%", was: app }],
    observed: [there],
    previous: [app],
    steps: ["rename-user"],
  },
  {
    why: "renamed with another password",
    desired: [{ ...app, name: "new", was: app }],
    observed: [{ ...there, passwordMatches: false }],
    steps: ["rename-user", "set-password"],
  },
  {
    why: "a past that is listed itself is nobody else's",
    desired: [app, { ...app, name: "new", was: app }],
    observed: [there],
    steps: ["create-user", "grant write"],
  },
  {
    why: "of two users with the same past the first has it",
    desired: [
      { ...app, name: "a", was: app },
      { ...app, name: "b", was: app },
    ],
    observed: [there],
    steps: ["rename-user", "create-user", "grant write"],
  },
  { why: "mtls begins", tls: "mtls", observed: [there], steps: ["require-certificate app@%"] },
  { why: "mtls, and new", tls: "mtls", observed: [], steps: ["create-user app@%", "grant write"] },
  { why: "mtls, and as it is to be", tls: "mtls", observed: [{ ...there, certificate: "app@%" }], steps: [] },
  {
    why: "mtls, and somebody named another one's certificate",
    tls: "mtls",
    observed: [{ ...there, certificate: "other@%" }],
    steps: ["require-certificate app@%"],
  },
  {
    why: "mtls, and repaired in the same step",
    tls: "mtls",
    observed: [{ ...there, repairs: ["the account is locked"] }],
    steps: ["repair-user app@%"],
  },
  {
    why: "mtls, and renamed: the certificate of the new name",
    tls: "mtls",
    desired: [{ ...app, name: "new", was: app }],
    observed: [{ ...there, certificate: "app@%" }],
    steps: ["rename-user", "require-certificate new@%"],
  },
  { why: "mtls ended", observed: [{ ...there, certificate: "app@%" }], steps: ["require-certificate"] },
  {
    why: "an administrator: what it may do comes with the account, whatever databases are known",
    desired: [{ ...rootUser, grants: [{ database: "shop", privileges: "all" }] }],
    observed: [],
    steps: ["create-user"],
  },
  {
    why: "an administrator with too much",
    desired: [rootUser],
    observed: [{ ...rootUser, repairs: ["it has SUPER"] }],
    steps: ["repair-user"],
  },
  {
    why: "an administrator under mtls",
    tls: "mtls",
    desired: [rootUser],
    observed: [rootUser],
    steps: ["require-certificate root@%"],
  },
  {
    why: "an administrator that nobody asks for any more",
    observed: [there, rootUser],
    previous: [app, rootUser],
    steps: ["drop-user"],
  },
  { why: "somebody else's root is not ours", observed: [there, rootUser], previous: [app], steps: [] },
  { why: "left the list", desired: [], observed: [there], previous: [app], steps: ["drop-user"] },
  { why: "left the list and is gone", desired: [], observed: [], previous: [app], steps: [] },
  { why: "not ours", desired: [], observed: [there], steps: [] },
];

test("plans for users", async (t) => {
  for (const { why, desired = [app], observed, previous = [], tls, steps } of userPlans)
    await t.test(why, () => {
      const plan = mariadb.planUsers(desired, observed, previous, tls);
      const words = plan.steps.map((s) =>
        [s.kind, s.certificate, s.kind === "revoke" ? s.database : s.privileges].filter(Boolean).join(" "),
      );
      assert.deepEqual(words, steps);
      assert.deepEqual(plan.refusals, []);
    });
});

const userSteps: { why: string; desired?: User; observed: ObservedUser[]; tls?: TlsMode; step: object }[] = [
  { why: "made", observed: [], step: { kind: "create-user", summary: "create user app@%" } },
  {
    why: "renamed: from whom",
    desired: { ...app, name: "new", was: app },
    observed: [there],
    step: { kind: "rename-user", from: { name: "app", host: "%" }, name: "new", summary: "rename user app@% to new@%" },
  },
  {
    why: "asked for a certificate",
    observed: [there],
    tls: "mtls",
    step: { kind: "require-certificate", certificate: "app@%", summary: "ask for a certificate of user app@%" },
  },
  {
    why: "no longer asked for one",
    observed: [{ ...there, certificate: "app@%" }],
    step: { kind: "require-certificate", summary: "no longer ask for a certificate of user app@%" },
  },
];
for (const { why, desired = app, observed, tls, step } of userSteps)
  test(`a step on a user says what it is about: ${why}`, () => {
    const [first] = mariadb.planUsers([desired], observed, [], tls).steps;
    assert.deepEqual(first, { name: "app", host: "%", ...step });
  });

test("what a certificate is to bear is plain where the name is, and never the same for two users", () => {
  const name = (user: string, host = "%") => mariadb.certificateName({ name: user, host });
  assert.equal(name("app"), "app@%");
  assert.equal(name("app", "10.0.0.%"), "app@10.0.0.%");
  const longest = "x".repeat(62);
  assert.equal(name(longest), `${longest}@%`, "64 characters are what a certificate has room for");
  assert.match(name(`${longest}x`), /^user-/);
  for (const odd of ["läufer", "a/CN=b", "x".repeat(64), "a@b", " a", "a\\x41"])
    assert.match(name(odd), /^user-[0-9a-f]{40}$/);
  const word = fc.string({ minLength: 1, maxLength: 70, unit: "binary" });
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      fc.pre(a !== c || b !== d);
      assert.notEqual(name(a, b), name(c, d));
      assert.match(name(a, b), /^[!-~]{1,64}$/);
    }),
  );
});

test("quoting", () => {
  assert.equal(identifier("a`b.c"), "`a``b.c`");
  assert.equal(literal("a'b\\c"), "'a\\'b\\\\c'");
  assert.equal(grantPattern("a_b%c\\d"), "a\\_b\\%c\\\\d");
});

test("verifiers are those of the server", () => {
  // SELECT PASSWORD('secret'), as the manual of MariaDB and MySQL prints it.
  assert.equal(verifier("secret"), "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7");
});

test("the client and the URL name no password", () => {
  const connection = {
    host: "::1",
    port: 3307,
    user: "a b",
    password: "geheim",
    database: "sh/op",
    authority: "/ca.pem",
  };
  const { argv, env } = mariadb.client(connection);
  assert.deepEqual(argv.slice(1, 3), ["--host=::1", "--port=3307"]);
  assert.ok(!argv.join(" ").includes("geheim"));
  assert.ok(argv.includes("--ssl-ca=/ca.pem") && argv.includes("--ssl-verify-server-cert"));
  assert.deepEqual(env, { MYSQL_PWD: "geheim" });
  assert.equal(mariadb.url(connection), "mysql://a%20b@[::1]:3307/sh%2Fop");
});
