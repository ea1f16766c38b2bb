/** Levels of privileges on a database: what each is made of, and the way from anything to one of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Privileges } from "../../engines/engine.ts";
import { difference, levelOf, privilegeColumns, privilegeName } from "../../engines/mariadb/privileges.ts";

const read = ["SELECT", "SHOW VIEW"];
const write = [...read, "INSERT", "UPDATE", "DELETE", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE"];
const others = ["CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE VIEW", "CREATE ROUTINE", "ALTER ROUTINE"];
const levels: Readonly<Record<Privileges, readonly string[]>> = {
  read,
  write,
  // As the manual lists them for a database, without GRANT OPTION.
  all: [...write, ...others, "EVENT", "TRIGGER", "DELETE HISTORY"],
};

for (const [level, names] of Object.entries(levels) as [Privileges, readonly string[]][])
  test(`${level} is what it says, and nothing else is granted`, () => {
    const { grant, revoke } = difference(new Set(), level);
    assert.deepEqual([...grant].sort(), [...names].sort());
    assert.deepEqual(revoke, []);
  });

const differences: { why: string; has: readonly string[]; level: Privileges; grant: string[]; revoke: string[] }[] = [
  { why: "what is there is not granted again", has: ["Select"], level: "read", grant: ["SHOW VIEW"], revoke: [] },
  { why: "nothing to do", has: ["Select", "Show_view"], level: "read", grant: [], revoke: [] },
  {
    why: "the right to pass it on goes",
    has: ["Select", "Show_view", "Grant"],
    level: "read",
    grant: [],
    revoke: ["GRANT OPTION"],
  },
  {
    why: "less than before",
    has: ["Select", "Show_view", "Lock_tables"],
    level: "read",
    grant: [],
    revoke: ["LOCK TABLES"],
  },
];
for (const { why, has, level, grant, revoke } of differences)
  test(`to a level: ${why}`, () => assert.deepEqual(difference(new Set(has), level), { grant, revoke }));

const seen: { why: string; has: readonly string[]; level: Privileges | "partial" }[] = [
  { why: "nothing", has: [], level: "partial" },
  { why: "exactly read", has: ["Select", "Show_view"], level: "read" },
  { why: "as many as read, but one is another", has: ["Select", "Insert"], level: "partial" },
  { why: "read and one more", has: ["Select", "Show_view", "Insert"], level: "partial" },
  { why: "read, and it may be passed on", has: ["Select", "Show_view", "Grant"], level: "partial" },
];
for (const { why, has, level } of seen) test(`the level of ${why}`, () => assert.equal(levelOf(new Set(has)), level));

test("names of privileges: the one that passes others on, and one that a later server has", () => {
  assert.ok(privilegeColumns.includes("Grant"), "it is read");
  assert.equal(privilegeName("Grant"), "GRANT OPTION");
  assert.equal(privilegeName("Some_new_one"), "SOME NEW ONE");
});

test("from any privileges to any level, without a detour", () => {
  const columns = fc.subarray([...privilegeColumns]);
  fc.assert(
    fc.property(columns, fc.constantFrom("read" as const, "write" as const, "all" as const), (has, level) => {
      const before = new Set(has);
      const { grant, revoke } = difference(before, level);
      const after = new Set(
        privilegeColumns.filter(
          (c) => (before.has(c) || grant.includes(privilegeName(c))) && !revoke.includes(privilegeName(c)),
        ),
      );
      assert.equal(levelOf(after), level);
      assert.ok(!after.has("Grant"), "nobody passes privileges on");
    }),
    { seed: 3 },
  );
});
