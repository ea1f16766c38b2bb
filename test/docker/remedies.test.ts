/** Errors of real servers, by the ways that commands take: each has the server's own words, and then what to do. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Database, Engine, OpenServer } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { openGuestSql, type Sql } from "../../engines/mariadb/sql.ts";
import { connect, disconnect } from "../../engines/postgresql/connection.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import * as mariadbGuests from "./mariadb-guest.ts";
import * as postgresqlGuests from "./postgresql-guest.ts";

/** The newest version of each: numbers and states are the same in all. */
const newest = (engine: Engine) => engine.versions.at(-1) ?? "";

/** As `up` does when the database is not there. */
async function create(engine: Engine, open: OpenServer, database: Database): Promise<void> {
  for (const step of engine.planDatabases([database], [], [], []).steps) await open.execute(step);
}

describe("MariaDB", () => {
  let server: mariadbGuests.TestGuest;
  let open: OpenServer;
  let sql: Sql;
  before(async () => {
    server = await mariadbGuests.startGuest(newest(mariadb));
    await mariadbGuests.apply(server);
    [open, sql] = [await mariadb.open(server.guest), await openGuestSql(server.guest)];
    await create(mariadb, open, { name: "shop" });
    await sql.query("CREATE TABLE shop.item (id INT PRIMARY KEY)");
    await sql.query("INSERT INTO shop.item VALUES (1), (2)");
  });
  after(async () => {
    await sql?.close();
    await open?.close();
    await server?.remove();
  });

  const databases: readonly { why: string; database: Database; says: RegExp }[] = [
    {
      why: "an unknown charset",
      database: { name: "a", charset: "utf9" },
      says: /^Unknown character set: 'utf9'; .*utf8mb4/,
    },
    {
      why: "an unknown collation",
      database: { name: "a", collation: "utf8mb4_nowhere_ci" },
      says: /^Unknown collation: 'utf8mb4_nowhere_ci'; .*SHOW COLLATION/,
    },
    {
      why: "a collation of another charset",
      database: { name: "a", charset: "utf8mb4", collation: "latin1_bin" },
      says: /^COLLATION 'latin1_bin' is not valid for CHARACTER SET 'utf8mb4'; .*SHOW COLLATION/,
    },
  ];
  for (const { why, database, says } of databases)
    test(`a database with ${why}`, () => assert.rejects(create(mariadb, open, database), { message: says }));

  test("a row that another session holds", async () => {
    const other = await openGuestSql(server.guest);
    try {
      await other.query("BEGIN");
      await other.query("UPDATE shop.item SET id = 3 WHERE id = 1");
      await sql.query("SET SESSION innodb_lock_wait_timeout = 1");
      const waits = sql.query("UPDATE shop.item SET id = 4 WHERE id = 1");
      await assert.rejects(waits, { message: /^Lock wait timeout exceeded; .*; .*SHOW PROCESSLIST/ });
    } finally {
      await other.close();
    }
  });

  test("two sessions that wait for each other", async () => {
    const other = await openGuestSql(server.guest);
    try {
      for (const [session, id] of [
        [sql, 1],
        [other, 2],
      ] as const) {
        await session.query("SET SESSION innodb_lock_wait_timeout = 50");
        await session.query("BEGIN");
        await session.query(`SELECT id FROM shop.item WHERE id = ${id} FOR UPDATE`);
      }
      const both = [
        sql.query("SELECT id FROM shop.item WHERE id = 2 FOR UPDATE"),
        other.query("SELECT id FROM shop.item WHERE id = 1 FOR UPDATE"),
      ];
      await assert.rejects(Promise.all(both), { message: /^Deadlock found .*; .*the same again/ });
      await Promise.allSettled(both);
    } finally {
      await sql.query("ROLLBACK");
      await other.close();
    }
  });

  test("more sessions than there may be", async () => {
    await sql.query("SET GLOBAL max_connections = 10");
    const opened: Sql[] = [];
    const more = async () => {
      while (opened.length < 20) opened.push(await openGuestSql(server.guest));
    };
    try {
      await assert.rejects(more(), { message: /^Too many connections; .*max_connections in `parameters`/ });
    } finally {
      for (const one of opened) await one.close();
      await sql.query("SET GLOBAL max_connections = 100");
    }
  });

  // The last two: the administrator is not what it was afterwards.
  test("an administrator that lost its rights", async () => {
    await sql.query("REVOKE ALL PRIVILEGES ON *.* FROM root@localhost");
    const says = /^Access denied; you need .* SUPER privilege.*; .*ALL PRIVILEGES/;
    await assert.rejects(mariadb.open(server.guest), { message: says });
  });

  test("an administrator that is not let in", async () => {
    await sql.query("ALTER USER root@localhost IDENTIFIED VIA mysql_native_password USING PASSWORD('by hand')");
    const says = /^Access denied for user 'root'@'localhost' .*; .*unix_socket/;
    await assert.rejects(openGuestSql(server.guest), { message: says });
  });
});

describe("PostgreSQL", () => {
  let server: postgresqlGuests.RunningServer;
  let open: OpenServer;
  before(async () => {
    server = await postgresqlGuests.startServer(newest(postgresql));
    open = await postgresql.open(server.guest);
    await create(postgresql, open, { name: "shop" });
  });
  after(async () => {
    await open?.close();
    await server?.remove();
  });

  test("a database that somebody made meanwhile", () =>
    assert.rejects(create(postgresql, open, { name: "shop" }), {
      message: /^database "shop" already exists; .*listing it in the spec takes it over/,
    }));

  test("a database that is gone", () =>
    assert.rejects(connect(server.guest, "nowhere"), {
      message: /^database "nowhere" does not exist; .*`coffer up` makes it anew/,
    }));

  test("a role that somebody made meanwhile", async () => {
    await server.admin("postgres", "CREATE ROLE app");
    const { steps } = postgresql.planUsers([{ name: "app", host: "%", grants: [] }], [], []);
    const act = async () => {
      for (const step of steps) await open.execute(step, { app: "s3cret", "app@%": "s3cret" });
    };
    await assert.rejects(act(), { message: /^role "app" already exists; .*listing it in the spec takes it over/ });
  });

  test("more sessions than there may be", async () => {
    const [row] = await server.admin("postgres", "SHOW max_connections");
    const opened: Awaited<ReturnType<typeof connect>>[] = [];
    const more = async () => {
      while (opened.length <= Number(row?.max_connections)) opened.push(await connect(server.guest, "postgres"));
    };
    try {
      await assert.rejects(more(), { message: /^sorry, too many clients already; .*max_connections in `parameters`/ });
    } finally {
      await Promise.all(opened.map(disconnect));
    }
  });

  // The last: the administrator is not let in any more.
  test("an administrator that may not log in", async () => {
    await server.admin("postgres", "ALTER ROLE postgres NOLOGIN");
    const says = /^role "postgres" is not permitted to log in; .*ALTER ROLE postgres LOGIN/;
    await assert.rejects(connect(server.guest, "postgres"), { message: says });
  });
});
