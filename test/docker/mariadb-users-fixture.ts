/** A MariaDB whose databases and users are planned and applied by a group of tests, and clients that log in to it. */
import assert from "node:assert/strict";
import { after, before, beforeEach } from "node:test";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import type { Database, OpenServer, User } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { startServer, type TestGuest } from "./mariadb-guest.ts";

export const app = (privileges: "read" | "write" | "all"): User => ({
  name: "app",
  host: "%",
  grants: [{ database: "shop", privileges }],
});
export const passwords = { "app@%": "first" };

/** Runs one statement as a user; the rows, or the server's error code. */
export async function as(connection: Connection, statement: string): Promise<unknown[] | string> {
  try {
    const [rows] = await connection.query<RowDataPacket[]>({ sql: statement, rowsAsArray: true });
    return Array.isArray(rows) ? rows : [];
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Starts a server for the tests of a group, each of which begins without databases and users, and removes it after them. */
export function serverOfGroup(version: string) {
  let server: TestGuest;
  let open: OpenServer;

  before(async () => {
    server = await startServer(version);
    open = await mariadb.open(server.guest);
  });
  after(async () => {
    await open?.close();
    await server?.remove();
  });
  beforeEach(async () => {
    await applyUsers([], {}, await open.users([], {}));
    const names = (await open.databases()).map((database) => database.name);
    await applyDatabases([], names);
  });

  /** Plans and executes, sees that nothing is left to do, and returns the kinds of the steps. */
  async function applyDatabases(desired: readonly Database[], drop: readonly string[] = []) {
    const plan = async () => mariadb.planDatabases(desired, await open.databases(), drop, drop);
    const first = await plan();
    assert.deepEqual(first.refusals, []);
    for (const step of first.steps) await open.execute(step);
    assert.deepEqual(await plan(), { steps: [], refusals: [] });
    return first.steps.map((step) => step.kind);
  }

  async function applyUsers(
    desired: readonly User[],
    passwords: Readonly<Record<string, string>>,
    previous: readonly { name: string; host: string }[] = [],
  ) {
    const plan = async () => mariadb.planUsers(desired, await open.users([], passwords), previous);
    const { steps } = await plan();
    for (const step of steps) await open.execute(step, passwords);
    assert.deepEqual(await plan(), { steps: [], refusals: [] });
    return steps.map((step) => step.kind);
  }

  function login(user: string, password: string, database?: string): Promise<Connection> {
    return createConnection({ ...server.address, user, password, ...(database === undefined ? {} : { database }) });
  }

  return {
    // A hook makes both, so they are not there yet when this returns.
    get server() {
      return server;
    },
    get open() {
      return open;
    },
    applyDatabases,
    applyUsers,
    login,
  };
}
