/** Dumps without a server: which database and whose rights, what is whole, and how streams come apart. */
import assert from "node:assert/strict";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { tailOfFile } from "../../cli/input-file.ts";
import { dumpEndBytes, type Privileges } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { peek, size, Tail } from "../../operations/dump-bytes.ts";
import { databaseOf, loaderOf } from "../../operations/dumps.ts";

const record = (...databases: string[]) => ({ name: "orders", databases });

for (const { why, databases, asked, is, fails } of [
  { why: "the only one is meant", databases: ["shop"], is: "shop" },
  { why: "the one that is named", databases: ["shop", "stats"], asked: "stats", is: "stats" },
  { why: "nobody can know which", databases: ["shop", "stats"], fails: /several databases/ },
  { why: "there is none", databases: [], fails: /no databases/ },
  { why: "a near miss", databases: ["shop"], asked: "shpo", fails: /did you mean "shop"/ },
  { why: "the server's own are not the user's", databases: ["shop"], asked: "mysql", fails: /no database "mysql"/ },
]) {
  test(`which database: ${why}`, () => {
    if (fails) assert.throws(() => databaseOf(record(...databases), asked), { reason: "input", message: fails });
    else assert.equal(databaseOf(record(...databases), asked), is);
  });
}

const user = (name: string, host: string, privileges: Privileges, database = "shop") => ({
  name,
  host,
  databases: [database],
  grants: [{ database, privileges }],
});

for (const { why, users, asked = {}, is, fails } of [
  {
    why: "the first with all",
    users: [user("r", "%", "read"), user("a", "%", "all"), user("b", "%", "all")],
    is: "a@%",
  },
  {
    why: "one who may come in from the guest",
    users: [user("a", "10.0.0.1", "all"), user("a", "%", "all")],
    is: "a@%",
  },
  { why: "better one who may not than none", users: [user("a", "10.0.0.1", "all")], is: "a@10.0.0.1" },
  {
    why: "all on another database is nothing",
    users: [user("a", "%", "all", "other")],
    fails: /no user .* "all" on "shop"/,
  },
  { why: "who is named, whatever the rights", users: [user("r", "%", "read")], asked: { user: "r" }, is: "r@%" },
  { why: "nobody of that name", users: [user("r", "%", "read")], asked: { user: "x" }, fails: /no user "x"/ },
]) {
  test(`whose rights: ${why}`, () => {
    const find = () => loaderOf({ name: "orders", engine: "mariadb", users }, "shop", asked);
    if (fails) assert.throws(find, { reason: "input", message: fails });
    else assert.equal(`${find().name}@${find().host}`, is);
  });
}

const sandbox = "/*M!999999\\- enable the sandbox mode */ \n";
for (const { why, dumps, head, begins } of [
  { why: "mariadb-dump", dumps: mariadb.dumps, head: `${sandbox}-- MariaDB dump 10.19  Distrib`, begins: true },
  { why: "an older one, or MySQL's", dumps: mariadb.dumps, head: "-- MySQL dump 10.13", begins: true },
  { why: "an archive of another engine", dumps: mariadb.dumps, head: "PGDMP\u0001", begins: false },
  { why: "nothing", dumps: mariadb.dumps, head: "", begins: false },
  { why: "statements", dumps: mariadb.dumps, head: "INSERT INTO t VALUES ('-- MariaDB dump ')", begins: false },
  { why: "an archive", dumps: postgresql.dumps, head: "PGDMP\u0001\u000e", begins: true },
  { why: "text for psql", dumps: postgresql.dumps, head: "--\n-- PostgreSQL database dump\n", begins: false },
]) {
  test(`a dump's beginning: ${why}`, () => assert.equal(dumps.begins(Buffer.from(head)), begins));
}

for (const { why, tail, ends } of [
  { why: "with its date", tail: "*/;\n\n-- Dump completed on 2026-11-24  3:24:38\n", ends: true },
  { why: "without a date", tail: "*/;\n\n-- Dump completed\n", ends: true },
  { why: "in a row, which goes on", tail: "('\n-- Dump completed\n');\nINSERT", ends: false },
  { why: "cut off in the mark", tail: "*/;\n\n-- Dump comp", ends: false },
  { why: "nothing", tail: "", ends: false },
]) {
  test(`the mark of a whole dump of SQL: ${why}`, () => assert.equal(mariadb.dumps.ends(Buffer.from(tail)), ends));
}

test("no name of a database or user becomes an option or a word of its own", () => {
  const connection = { host: "127.0.0.1", port: 1, password: "s3cret", authority: "/ca" };
  for (const { dumps } of [mariadb, postgresql]) {
    const plain = (name: string, replace: boolean) => [
      dumps.dump(name).argv,
      dumps.load({ ...connection, user: name, database: name }, replace).argv,
    ];
    const expected = (replace: boolean) => plain("x", replace).map((argv) => argv.length);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.boolean(), (name, replace) => {
        const made = plain(name, replace);
        assert.deepEqual(
          made.map((argv) => argv.length),
          expected(replace),
        );
        for (const argv of made) {
          const at = argv.indexOf(name);
          assert.ok(at < 0 || argv[at - 1] === "--" || argv.slice(0, at).includes(name) || !name.startsWith("-"));
        }
      }),
    );
    assert.ok(!JSON.stringify(plain("x", true)).includes("s3cret"));
  }
});

test("what a program said is told without the rows that it quotes", () => {
  const told =
    "mariadb in orders: --------------\nINSERT INTO t VALUES ('secret')\n--------------\n\nERROR 1146 (42S02) at line 2: no t\n";
  assert.equal(mariadb.dumps.reason(told), "ERROR 1146 (42S02) at line 2: no t");
  const restore =
    'pg_restore in orders: pg_restore: error: COPY failed for table "t": ERROR:  bad\nCONTEXT:  COPY t, line 1: "secret"\n';
  assert.equal(
    postgresql.dumps.reason(restore),
    'pg_restore in orders: pg_restore: error: COPY failed for table "t": ERROR:  bad',
  );
});

test("looking at the beginning takes nothing away, however a stream is cut", async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, async (chunks) => {
      const all = Buffer.concat(chunks);
      const tail = new Tail();
      const { head, whole } = await peek(Readable.from(chunks.filter((chunk) => chunk.length)));
      const got: Uint8Array[] = [];
      for await (const chunk of whole) {
        tail.see(chunk);
        got.push(chunk);
      }
      assert.deepEqual(Buffer.concat(got), all);
      assert.deepEqual(head, all.subarray(0, dumpEndBytes));
      assert.deepEqual(tail.bytes, all.subarray(-dumpEndBytes));
    }),
  );
});

test("the end of a file is read before its beginning; a stream has none yet", () => {
  const folder = mkdtempSync(join(tmpdir(), "coffer-test-"));
  try {
    const file = join(folder, "dump");
    writeFileSync(file, `${"x".repeat(2_000)}end`);
    const stream = Object.assign(new Readable({ read() {} }), { fd: openSync(file, "r") });
    assert.equal(tailOfFile(stream)?.toString(), `${"x".repeat(dumpEndBytes - 3)}end`);
    assert.equal(tailOfFile(new Readable({ read() {} })), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("bytes for people", () => {
  assert.deepEqual([0, 1023, 1024, 1.5 * 1024 ** 2, 3 * 1024 ** 5].map(size), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 MiB",
    "3072.0 TiB",
  ]);
});
