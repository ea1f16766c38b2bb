/** Edits of databases, users and grants: what is changed is changed, and everything else stays to the letter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Grant } from "../../engines/engine.ts";
import { addDatabase, addUser, changeUser, dropDatabase, removeUser, setGrants } from "../../spec/edit-contents.ts";
import { disableRoot, enableRoot } from "../../spec/edit-root.ts";
import { loadSpec, SpecEditError } from "../../spec/index.ts";
import { type EditCase, testEdits } from "./spec-edit-fixture.ts";

const text = `coffer: 1
target: docker
flavors: { small: { vcpus: 1, memory: 512M } }
datastores:
  mariadb: { versions: { "10.11": {} } }
instances:
  a:   # the first
    datastore: mariadb
    flavor: small
    volume: 1
    databases:
      - shop   # kept
      - { name: reports, charset: utf8mb4 }
    drop: [ gone, left ]   # long ago
    users:
      # who sells
      - name: app   # first
        databases:
          - shop
          - { name: reports, privileges: read }
      - { name: new, was: old, databases: [reports] }
  b:
    datastore: mariadb
    flavor: small
    volume: 1
  c:
    datastore: mariadb
    flavor: small
    volume: 1
    databases: [ one ]
    users: [ { name: u, databases: [ one ], password: { generate: 3 } } ]
`;
const app = { name: "app", host: "%" };
const u = { name: "u", host: "%" };

const edits: readonly EditCase[] = [
  {
    why: "an administrator",
    edit: (t) => enableRoot(t, "c"),
    changed: [
      "users: [ { name: u, databases: [ one ], password: { generate: 3 } } ]\n",
      "users: [ { name: u, databases: [ one ], password: { generate: 3 } } ]\n    root: true\n",
    ],
  },
  {
    why: "another password of the administrator",
    text: "coffer: 1\ninstances:\n  a:\n    root: true # who asked\n    volume: 1\n",
    edit: (t) => enableRoot(t, "a"),
    changed: ["root: true # who asked", "root: # who asked\n      generate: 1"],
  },
  {
    why: "and again",
    text: "coffer: 1\ninstances:\n  a:\n    root: { generate: 4 } # who asked\n    volume: 1\n",
    edit: (t) => enableRoot(t, "a"),
    changed: ["root: { generate: 4 } # who asked", "root: { generate: 5 } # who asked"],
  },
  {
    why: "an administrator where the spec says that there is none",
    text: "coffer: 1\ninstances:\n  a: { root: false, volume: 1 }\n",
    edit: (t) => enableRoot(t, "a"),
    changed: ["root: false", "root: true"],
  },
  {
    why: "no administrator any more",
    text: "coffer: 1\ninstances:\n  a:\n    volume: 1\n    root: { generate: 4 }\n",
    edit: (t) => disableRoot(t, "a"),
    changed: ["    root: { generate: 4 }\n", ""],
  },
  {
    why: "a database that a user owns",
    edit: (t) => addDatabase(t, "c", { name: "two", owner: "u" }),
    changed: ["databases: [ one ]\n", "databases: [ one, { name: two, owner: u } ]\n"],
  },
  {
    why: "a database at the end of the list",
    edit: (t) => addDatabase(t, "a", { name: "more" }),
    changed: [
      "      - { name: reports, charset: utf8mb4 }\n",
      "      - { name: reports, charset: utf8mb4 }\n      - more\n",
    ],
  },
  {
    why: "one with a charset in a list of one line",
    edit: (t) => addDatabase(t, "c", { name: "two", charset: "latin1" }),
    changed: ["databases: [ one ]\n", "databases: [ one, { name: two, charset: latin1 } ]\n"],
  },
  {
    why: "a user's password from a variable takes the place of a generated one",
    edit: (t) => changeUser(t, "c", u, { to: u, was: u, password: { env: "PW" } }),
    changed: ["{ generate: 3 }", "{ env: PW }"],
  },
  {
    why: "another generated password",
    edit: (t) => changeUser(t, "c", u, { to: u, was: u, password: { generate: 4 } }),
    changed: ["{ generate: 3 }", "{ generate: 4 }"],
  },
  {
    why: "another name, and what it was",
    edit: (t) => changeUser(t, "c", u, { to: { name: "v", host: "%" }, was: u }),
    changed: [
      "{ name: u, databases: [ one ], password: { generate: 3 } }",
      "{ name: v, databases: [ one ], password: { generate: 3 }, was: u }",
    ],
  },
  {
    why: "back to the name that the server knows",
    edit: (t) =>
      changeUser(
        t,
        "a",
        { name: "new", host: "%" },
        { to: { name: "old", host: "%" }, was: { name: "old", host: "%" } },
      ),
    changed: ["{ name: new, was: old, databases", "{ name: old, databases"],
  },
  {
    why: "on from a rename that was never applied",
    edit: (t) =>
      changeUser(
        t,
        "a",
        { name: "new", host: "%" },
        { to: { name: "third", host: "%" }, was: { name: "old", host: "%" } },
      ),
    changed: ["{ name: new, was", "{ name: third, was"],
  },
  {
    why: "a user goes with the comment above it",
    edit: (t) => removeUser(t, "a", app),
    changed: [
      `      # who sells
      - name: app   # first
        databases:
          - shop
          - { name: reports, privileges: read }
`,
      "",
    ],
  },
  {
    why: "the last user: an empty list still says that users are managed",
    edit: (t) => removeUser(t, "c", u),
    changed: ["[ { name: u, databases: [ one ], password: { generate: 3 } } ]", "[]"],
  },
  {
    why: "a level of a mapping",
    edit: (t) =>
      setGrants(t, "a", app, [
        { database: "shop", privileges: "all" },
        { database: "reports", privileges: "write" },
      ]),
    changed: ["privileges: read", "privileges: write"],
  },
  {
    why: "a level of a name alone",
    edit: (t) =>
      setGrants(t, "a", app, [
        { database: "shop", privileges: "read" },
        { database: "reports", privileges: "read" },
      ]),
    changed: ["          - shop\n", "          - { name: shop, privileges: read }\n"],
  },
  {
    why: "one grant less",
    edit: (t) => setGrants(t, "a", app, [{ database: "shop", privileges: "all" }]),
    changed: ["          - { name: reports, privileges: read }\n", ""],
  },
];

testEdits(edits, text);

test("a database that is listed again may no longer be dropped", () => {
  const after = addDatabase(text, "a", { name: "gone" });
  assert.match(after, /drop: \[ left \] {3}# long ago/);
  assert.deepEqual(loadSpec(after, "f").instances[0]?.databases?.at(-1), { name: "gone" });
});

test("dropping one takes it off the list, allows the drop, and takes back the grants, in one edit", () => {
  const after = dropDatabase(text, "a", "shop");
  const [a] = loadSpec(after, "f").instances;
  assert.deepEqual(a?.databases, [{ name: "reports", charset: "utf8mb4" }]);
  assert.deepEqual(a?.drop, ["gone", "left", "shop"]);
  assert.deepEqual(a?.users?.[0]?.grants, [{ database: "reports", privileges: "read" }]);
  assert.match(after, /# who sells/);
});

test("the last database leaves an empty list, which still says that databases are managed", () => {
  const [, , c] = loadSpec(dropDatabase(text, "c", "one"), "f").instances;
  assert.deepEqual([c?.databases, c?.drop, c?.users?.[0]?.grants], [[], ["one"], []]);
});

test("whoever takes a name that another one had makes an end of that past", () => {
  for (const edit of [
    (t: string) => addUser(t, "a", { name: "old", host: "%", grants: [] }),
    (t: string) => changeUser(t, "a", app, { to: { name: "old", host: "%" }, was: app }),
  ]) {
    const users = loadSpec(edit(text), "f").instances[0]?.users ?? [];
    assert.equal(users.find(({ name }) => name === "new")?.was, undefined);
    assert.ok(users.some(({ name }) => name === "old"));
  }
});

test("what is not listed cannot be edited", () => {
  for (const edit of [
    () => dropDatabase(text, "a", "nope"),
    () => removeUser(text, "a", { name: "app", host: "10.%" }),
    () => setGrants(text, "b", app, []),
  ])
    assert.throws(edit, SpecEditError);
});

test("whatever is edited after what, the loader sees just that, and the other instances as they were", () => {
  const name = fc.constantFrom("shop", "reports", "x", "10", "a b", "#");
  const host = fc.constantFrom("%", "10.%", "192.0.2.7");
  const grants = fc.uniqueArray(
    fc.record({ database: name, privileges: fc.constantFrom("read" as const, "write" as const, "all" as const) }),
    { selector: ({ database }) => database, maxLength: 3 },
  );
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1 }), host, grants, grants, (databases, host, before, after) => {
      let edited = databases.reduce((t, one) => addDatabase(t, "b", { name: one }), text);
      const listed = before.filter(({ database }) => databases.includes(database));
      const wanted = after.filter(({ database }) => databases.includes(database));
      const who = { name: "u@v", host };
      edited = addUser(edited, "b", { ...who, grants: listed });
      const to = { name: "w", host: "%" };
      edited = changeUser(setGrants(edited, "b", who, wanted), "b", who, { to, was: who });
      const [a, b, c] = loadSpec(edited, "f").instances;
      const [oldA, , oldC] = loadSpec(text, "f").instances;
      assert.deepEqual([a, c], [oldA, oldC]);
      assert.deepEqual(
        b?.databases,
        databases.map((one) => ({ name: one })),
      );
      const [user] = b?.users ?? [];
      assert.deepEqual({ ...user, grants: undefined }, { ...to, was: who, grants: undefined });
      const sorted = (list: readonly Grant[]) =>
        list.map((grant) => ({ ...grant })).sort((x, y) => (x.database < y.database ? -1 : 1));
      assert.deepEqual(sorted([...(user?.grants ?? [])]), sorted(wanted));
      const comments = text.match(/# .*/g) ?? [];
      assert.ok(comments.length);
      for (const comment of comments) assert.ok(edited.includes(comment));
    }),
    { seed: 5, numRuns: 60 },
  );
});
