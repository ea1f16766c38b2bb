/** Levels of privileges in a database: what each is, kind by kind, and which one a user's holdings make up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Holdings, type Level, levelOf, objectKinds, privilegesOf } from "../../engines/postgresql/levels.ts";

const levels: Readonly<Record<Level, Readonly<Record<(typeof objectKinds)[number], string>>>> = {
  none: { database: "", schema: "", table: "", sequence: "" },
  read: { database: "CONNECT", schema: "USAGE", table: "SELECT", sequence: "SELECT" },
  write: {
    database: "CONNECT",
    schema: "USAGE",
    table: "DELETE,INSERT,SELECT,UPDATE",
    sequence: "SELECT,UPDATE,USAGE",
  },
  all: {
    database: "CONNECT,CREATE,TEMPORARY",
    schema: "CREATE,USAGE",
    // Neither MAINTAIN (from 17 on) nor the right of an owner to alter and drop.
    table: "DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE",
    sequence: "SELECT,UPDATE,USAGE",
  },
};

for (const [level, wanted] of Object.entries(levels) as [Level, (typeof levels)[Level]][])
  test(`${level} is what it says, on every kind of object`, () => {
    const is = Object.fromEntries(objectKinds.map((kind) => [kind, privilegesOf(level, kind).join(",")]));
    assert.deepEqual(is, wanted);
  });

/** What a user with a level has where there is one object of each kind, and what comes later. */
function holdings({ database, schema, table, sequence }: (typeof levels)[Level]): Holdings {
  const later = { schema: new Set([schema]), table: new Set([table]), sequence: new Set([sequence]) };
  return { sets: { database: new Set([database]), ...later }, later, surplus: false, owns: false };
}

const { none, read, write, all } = levels;
const cases: { why: string; has: Holdings; level: Level | "partial" }[] = [
  { why: "none", has: holdings(none), level: "none" },
  { why: "read", has: holdings(read), level: "read" },
  { why: "write", has: holdings(write), level: "write" },
  { why: "all", has: holdings(all), level: "all" },
  {
    why: "read in a database without a table",
    has: { ...holdings(read), sets: { ...holdings(read).sets, table: new Set(), sequence: new Set() } },
    level: "read",
  },
  {
    why: "one table is read, another written",
    has: { ...holdings(read), sets: { ...holdings(read).sets, table: new Set([read.table, write.table]) } },
    level: "partial",
  },
  {
    why: "tables that come later are not readable",
    has: { ...holdings(read), later: { ...holdings(read).later, table: new Set([""]) } },
    level: "partial",
  },
  { why: "a column beside it", has: { ...holdings(read), surplus: true }, level: "partial" },
  { why: "a reader who owns a table", has: { ...holdings(read), owns: true }, level: "partial" },
  { why: "all, and it owns tables", has: { ...holdings(all), owns: true }, level: "all" },
  { why: "may connect, and no more", has: holdings({ ...none, database: "CONNECT" }), level: "partial" },
];
for (const { why, has, level } of cases) test(`what a user has: ${why}`, () => assert.equal(levelOf(has), level));
