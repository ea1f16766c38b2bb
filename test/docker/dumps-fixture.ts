/** One server with two databases of hostile names, and how to fill the first, for the tests of dumps. */

import type { Guest } from "../../access/guest.ts";
import { type Engine, userKey } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { withClient } from "../support/clients.ts";
import { startServer as startMariadb } from "./mariadb-guest.ts";
import { startServer as startPostgresql } from "./postgresql-guest.ts";

export const login = { user: "app user", password: "s3cret" };
/** Each would be an option, a pattern, a connection string or the end of a literal to somebody who is careless. */
const hostile = "--all `%_=x;";
export const into = "-e target";

export interface DumpServer {
  guest: Guest;
  engine: Engine;
  /** As the user who owns everything, over the network. */
  query(database: string, ...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  remove(): Promise<void>;
}

export interface DumpCase {
  engine: Engine;
  /** The database that is filled. */
  from: string;
  start(version: string): Promise<DumpServer>;
  fill: readonly string[];
  /** Everything that `fill` made, in one row for each thing. */
  readings: readonly string[];
  /** What a hostile dump would do: each has to be refused, and must leave no trace. */
  hostile: readonly { why: string; dump: string }[];
  /** A table of many rows, so that a dump of it lasts. */
  many: string;
  /** The process that dumps. */
  dumper: string;
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("hex");
const oddText = "''; \\! é😀 \n-- Dump completed on\n$$ /*!50000 \\. x */";

async function prepare(
  engine: Engine,
  from: string,
  guest: Guest,
  address: { host: string; port: number },
  remove: () => Promise<void>,
) {
  const open = await engine.open(guest);
  try {
    const databases = [{ name: from }, { name: into }];
    for (const step of engine.planDatabases(databases, await open.databases(), [], []).steps) await open.execute(step);
    const grants = databases.map(({ name }) => ({ database: name, privileges: "all" as const }));
    const user = { name: login.user, host: "%", grants };
    const passwords = { [userKey(engine, user)]: login.password };
    const seen = await open.users([from, into], passwords);
    for (const step of engine.planUsers([user], seen, []).steps) await open.execute(step, passwords);
  } finally {
    await open.close();
  }
  return {
    guest,
    engine,
    remove,
    query: (database: string, ...statements: readonly string[]) =>
      withClient(engine.name, { ...address, ...login, database }, async (query) => {
        let rows: readonly Record<string, unknown>[] = [];
        for (const statement of statements) rows = await query(statement);
        return rows;
      }),
  };
}

export const cases: readonly DumpCase[] = [
  {
    engine: mariadb,
    // With a quote or a backslash in it mariadb-dump does not find the database's events, and fails.
    from: hostile,
    async start(version) {
      const made = await startMariadb(version);
      try {
        return await prepare(mariadb, this.from, made.guest, made.address, made.remove);
      } catch (error) {
        await made.remove();
        throw error;
      }
    },
    fill: [
      "CREATE TABLE `odd ``table` (id int PRIMARY KEY AUTO_INCREMENT, `b-n` longblob, note text, v varbinary(300), b bit(9), f double)",
      `INSERT INTO \`odd \`\`table\` VALUES (1, x'${everyByte}', '${oddText.replaceAll("\\", "\\\\")}', x'${everyByte}', b'101', 0.1), (2, NULL, '', '', NULL, 1e300)`,
      "CREATE TABLE heard (n int)",
      "CREATE VIEW seen AS SELECT id, note FROM `odd ``table`",
      "CREATE TRIGGER hear AFTER INSERT ON `odd ``table` FOR EACH ROW INSERT INTO heard VALUES (NEW.id)",
      "CREATE FUNCTION twice(n int) RETURNS int RETURN n * 2",
      "CREATE PROCEDURE shout() SELECT 'loud' AS word",
      "CREATE EVENT later ON SCHEDULE EVERY 1 YEAR DISABLE DO DELETE FROM heard",
      "CREATE SEQUENCE counter START WITH 7",
    ],
    readings: [
      "SELECT id, HEX(`b-n`) AS b, HEX(note) AS n, HEX(v) AS v, b + 0 AS bits, f FROM `odd ``table` ORDER BY id",
      "SELECT COUNT(*) AS n FROM heard",
      "SELECT id, HEX(note) AS n FROM seen ORDER BY id",
      "SELECT TRIGGER_NAME AS t, ACTION_STATEMENT AS s, DEFINER AS d FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()",
      "SELECT twice(21) AS n",
      "SELECT ROUTINE_NAME AS r, ROUTINE_DEFINITION AS d FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1",
      "SELECT EVENT_NAME AS e, EVENT_DEFINITION AS d, STATUS AS s FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()",
      "SELECT NEXT VALUE FOR counter AS n",
    ],
    hostile: [
      { why: "a command of the client, on a line of its own", dump: "\\! touch /tmp/trace\n" },
      { why: "the same by its name", dump: "system touch /tmp/trace\n" },
      { why: "in the middle of a statement", dump: "SELECT 1 \\! touch /tmp/trace\n;" },
      { why: "a program to page through results", dump: "pager touch /tmp/trace\nSELECT 1;\n" },
      { why: "a file that the client writes", dump: "tee /tmp/trace\nSELECT 1;\n" },
      { why: "a file that the server writes", dump: "SELECT 1 INTO OUTFILE '/tmp/trace';\n" },
      {
        why: "a routine with the administrator's rights",
        dump: "CREATE DEFINER=root@localhost PROCEDURE p() SELECT 1;\n",
      },
      { why: "an account", dump: "CREATE USER intruder;\n" },
      { why: "the server's settings", dump: "SET GLOBAL max_connections = 7;\n" },
    ].map(({ why, dump }) => ({
      why,
      dump: `-- MariaDB dump 10.19\n${dump}\n-- Dump completed on 2026-01-01  0:00:00\n`,
    })),
    many: "CREATE TABLE many AS SELECT seq AS id, REPEAT(SHA2(seq, 512), 8) AS note FROM seq_1_to_100000",
    dumper: "mariadb-dump",
  },
  {
    engine: postgresql,
    from: `${hostile}'"\\`,
    async start(version) {
      const made = await startPostgresql(version);
      try {
        return await prepare(postgresql, this.from, made.guest, made.address, made.remove);
      } catch (error) {
        await made.remove();
        throw error;
      }
    },
    fill: [
      'CREATE SCHEMA "odd schema"',
      'CREATE TABLE "odd schema"."odd ""table" (id serial PRIMARY KEY, "b-n" bytea, note text, f float8, big oid)',
      `INSERT INTO "odd schema"."odd ""table" VALUES (1, '\\x${everyByte}', '${oddText}', 0.1, lo_from_bytea(0, '\\x00ff')), (2, NULL, '', 1e300, NULL)`,
      "CREATE TABLE heard (n int)",
      'CREATE VIEW seen AS SELECT id, note FROM "odd schema"."odd ""table"',
      "CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.heard VALUES (NEW.id); RETURN NEW; END'",
      'CREATE TRIGGER hear AFTER INSERT ON "odd schema"."odd ""table" FOR EACH ROW EXECUTE FUNCTION hear()',
      "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'",
      "CREATE EXTENSION citext",
      "CREATE SEQUENCE counter START 7",
    ],
    readings: [
      `SELECT id, "b-n", note, f, encode(lo_get(big), 'hex') AS big FROM "odd schema"."odd ""table" ORDER BY id`,
      "SELECT count(*)::int AS n FROM heard",
      "SELECT * FROM seen ORDER BY id",
      "SELECT tgname AS t, pg_get_triggerdef(oid) AS d FROM pg_trigger WHERE NOT tgisinternal",
      "SELECT twice(21) AS n",
      "SELECT 'A'::citext = 'a'::citext AS same",
      "SELECT nextval('counter')::int AS n",
      "SELECT tableowner AS o FROM pg_tables WHERE tablename = 'heard'",
    ],
    hostile: [
      { why: "SQL for psql, whose commands would run", dump: "\\! touch /tmp/trace\n" },
      { why: "an archive that is none", dump: `PGDMP${"\u0001".repeat(2_000)}` },
    ],
    many: "CREATE TABLE many AS SELECT id, (SELECT string_agg(md5(random()::text || g || id), '') FROM generate_series(1, 8) g) AS note FROM generate_series(1, 100000) id",
    dumper: "pg_dump",
  },
];
