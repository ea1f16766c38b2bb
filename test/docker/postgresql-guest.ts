/** A PostgreSQL guest for tests. */
import type { Guest } from "../../access/guest.ts";
import { tlsFiles } from "../../engines/engine.ts";
import { connect, disconnect } from "../../engines/postgresql/connection.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { blankGuest, type EngineGuest, runningGuest } from "./engine-guest.ts";

export interface RunningServer extends EngineGuest {
  /** Runs SQL as the administrator, as somebody at the server would; the rows of the last statement. */
  admin(database: string, sql: string): Promise<Record<string, unknown>[]>;
  /** What psql prints for a query over TCP, called as `coffer connect` does. */
  psql(user: string, password: string, database: string, sql: string): Promise<string>;
}

/** A guest on a blank volume, with no server in it yet. */
export const startGuest = async (version: string): Promise<RunningServer> =>
  withClients(await blankGuest(postgresql, version));

/** A guest whose server runs. */
export const startServer = async (version: string): Promise<RunningServer> =>
  withClients(await runningGuest(postgresql, version));

const withClients = (made: EngineGuest): RunningServer => ({
  ...made,
  admin: (database, sql) => admin(made.guest, database, sql),
  psql: (user, password, database, sql) => psql(made.guest, user, password, database, sql),
});

async function admin(guest: Guest, database: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(guest, database);
  try {
    await client.query("RESET search_path");
    // Several statements in one text answer with several results.
    const result = [await client.query<Record<string, unknown>>(sql)].flat();
    return result.at(-1)?.rows ?? [];
  } finally {
    await disconnect(client);
  }
}

async function psql(guest: Guest, user: string, password: string, database: string, sql: string): Promise<string> {
  const { argv, env } = postgresql.client({
    host: "127.0.0.1",
    port: 5432,
    user,
    password,
    database,
    authority: tlsFiles.authority,
  });
  const { stdout } = await guest.must([...argv, "--no-psqlrc", "-At", "-c", sql], { env: { ...env } });
  return stdout;
}
