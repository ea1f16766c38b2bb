/** A PostgreSQL whose databases and users are planned and applied by a group of tests, and clients that log in to it. */
import assert from "node:assert/strict";
import { after, before, beforeEach } from "node:test";
import pg from "pg";
import type { Database, OpenServer, Privileges, User } from "../../engines/engine.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { type RunningServer, startServer } from "./postgresql-guest.ts";

export const user = (name: string, ...grants: [string, Privileges][]): User => ({
  name,
  host: "%",
  grants: grants.map(([database, privileges]) => ({ database, privileges })),
});

export const password = "s3cret";
export const on = (name: string, database = "shop") => ({ user: name, password, database });
export const passwordsOf = (...names: string[]) => Object.fromEntries(names.map((name) => [name, password]));
export const denied = { code: "42501" };

/** Starts a server for the tests of a group, and removes it after them. */
export function serverOfGroup(version: string) {
  let server: RunningServer;
  let open: OpenServer;

  before(async () => {
    server = await startServer(version);
    open = await postgresql.open(server.guest);
  });
  after(async () => {
    await open?.close();
    await server?.remove();
  });
  // Each test starts without databases and users.
  beforeEach(async () => {
    await applyUsers([], {}, await existingUsers());
    const names = (await open.databases()).map((database) => database.name);
    await applyDatabases([], names, names);
  });

  async function existingUsers(): Promise<{ name: string; host: string }[]> {
    return (await open.users([], {})).map(({ name, host }) => ({ name, host }));
  }

  async function applyDatabases(desired: readonly Database[], previous: readonly string[] = [], drop = previous) {
    const plan = async () => postgresql.planDatabases(desired, await open.databases(), previous, drop);
    const first = await plan();
    assert.deepEqual(first.refusals, []);
    for (const step of first.steps) await open.execute(step);
    assert.deepEqual(await plan(), { steps: [], refusals: [] });
    return first.steps.map((step) => step.kind);
  }

  /** Plans and executes, sees that nothing is left to do, and returns the kinds of the steps. */
  async function applyUsers(
    desired: readonly User[],
    passwords: Readonly<Record<string, string>>,
    previous: readonly { name: string; host: string }[] = [],
  ) {
    const databases = (await open.databases()).map((database) => database.name);
    const plan = async () => postgresql.planUsers(desired, await open.users(databases, passwords), previous);
    const { steps } = await plan();
    for (const step of steps) {
      for (const password of Object.values(passwords))
        assert.ok(!JSON.stringify(step).includes(JSON.stringify(password)));
      await open.execute(step, passwords);
    }
    assert.deepEqual(await plan(), { steps: [], refusals: [] });
    return steps.map((step) => step.kind);
  }

  /** Queries as a user over the published port, as an application would. */
  async function as<T extends pg.QueryResultRow>(login: pg.ClientConfig, sql: string): Promise<T[]> {
    const client = new pg.Client({ ...server.address, connectionTimeoutMillis: 10_000, ...login });
    client.on("error", () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<T>(sql);
      return rows;
    } finally {
      await client.end();
    }
  }

  /** As the administrator, by hand. */
  const byHand = (sql: string, database = "postgres") => server.admin(database, sql);

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
    as,
    byHand,
  };
}
