/** The reader that says whether a stop was clean finds crash recovery where there is some: after a kill -9, on every version. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import type { Engine } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { eventually } from "./access-fixture.ts";
import * as mariadbGuests from "./mariadb-guest.ts";
import * as postgresqlGuests from "./postgresql-guest.ts";

const patience = 60_000;

for (const version of mariadb.versions)
  test(`MariaDB ${version}: killed, it recovers; stopped, it was closed`, async () => {
    const server = await mariadbGuests.startGuest(version);
    try {
      await mariadbGuests.apply(server);
      await tellsApart(mariadb, server.guest, {
        write: async (number) => {
          await server.admin("CREATE TABLE IF NOT EXISTS mysql.proof (n int PRIMARY KEY)");
          await server.admin(`INSERT INTO mysql.proof VALUES (${number})`);
        },
        read: async () => (await server.admin("SELECT n FROM mysql.proof ORDER BY n")).map(({ n }) => Number(n)),
      });
    } finally {
      await server.remove();
    }
  });

for (const version of postgresql.versions)
  test(`PostgreSQL ${version}: killed, it recovers; stopped, it was closed`, async () => {
    const server = await postgresqlGuests.startServer(version);
    try {
      await tellsApart(postgresql, server.guest, {
        write: async (number) => {
          await server.admin("postgres", "CREATE TABLE IF NOT EXISTS proof (n int PRIMARY KEY)");
          await server.admin("postgres", `INSERT INTO proof VALUES (${number})`);
        },
        read: async () => (await server.admin("postgres", "SELECT n FROM proof ORDER BY n")).map(({ n }) => Number(n)),
      });
    } finally {
      await server.remove();
    }
  });

interface Rows {
  write(number: number): Promise<void>;
  read(): Promise<readonly number[]>;
}

async function tellsApart(engine: Engine, guest: Guest, rows: Rows): Promise<void> {
  const how = async () => lastStart(engine.name, await guest.service.logs(1000));
  await rows.write(1);
  const { pid } = await guest.service.status();
  await guest.must(["sh", "-c", "kill -KILL $1", "sh", String(pid)]);
  await eventually("another process serves", async () => {
    const status = await guest.service.status();
    return status.running && status.pid !== pid ? true : undefined;
  });
  await engine.waitHealthy(guest, patience);
  assert.equal(await how(), "recovered");

  await rows.write(2);
  await guest.service.stop();
  await guest.service.start();
  await engine.waitHealthy(guest, patience);
  assert.equal(await how(), "clean");
  assert.deepEqual(await rows.read(), [1, 2]);
}
