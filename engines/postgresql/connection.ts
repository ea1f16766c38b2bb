/**
 * Connections of the administrator: `postgres` by OS identity over the server's own socket, through a byte stream of the
 * guest. No password, and nothing of the network, is involved.
 */
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Guest, GuestError } from "../../access/guest.ts";
import { Line } from "./line.ts";
import { unlogged } from "./logs.ts";
import { adminRole } from "./names.ts";
import { remedyOf } from "./remedies.ts";
import { port, socketDirectory } from "./settings.ts";

const socketPath = `${socketDirectory}/.s.PGSQL.${port}`;
/** The database for work that belongs to none. */
export const home = "postgres";

/** Also for a process that is started in a busy guest first. */
const loginTimeout = 30_000;
const goodbyeTimeout = 5000;
/** One statement of administration: reassigning what a user with many tables owns takes its time. */
const queryTimeout = 300_000;

/**
 * A client on a database. What its users put into a database must not run as the administrator, so nothing but the
 * system catalogue is searched; and limits that a spec sets for clients do not bind administration. Compiling a query that is asked
 * once takes longer than its answer; only at home, where parameters are read, a session leaves that as the server has it. `over`: a
 * stream that leads to the server's socket already; default: a new one.
 */
export async function connect(guest: Guest, database: string, over?: Duplex): Promise<pg.Client> {
  const stream = over ?? (await guest.stream(["socat", "-", `UNIX-CONNECT:${socketPath}`], { user: adminRole }));
  const client = new pg.Client({
    user: adminRole,
    database,
    stream: () => asSocket(stream),
    ssl: false,
    // Given so that PGOPTIONS of this process's environment is not used.
    options: "-c application_name=coffer",
    connectionTimeoutMillis: loginTimeout,
    query_timeout: queryTimeout,
    // Never from this process's own environment.
    password: () => {
      throw new Error("the server asked the administrator for a password; its pg_hba.conf was changed by hand");
    },
  });
  // A connection that breaks between queries is told by the next query.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query(
      // A database's owner can have sessions in it begin as another role.
      `SET ROLE NONE; ${unlogged} SET search_path = ''; SET statement_timeout = 0; SET idle_session_timeout = 0; ` +
        "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '60s'; " +
        "SET default_transaction_read_only = off; SET default_transaction_isolation = 'read committed'; " +
        "SET default_transaction_deferrable = off; SET row_security = on; SET client_min_messages = warning" +
        (database === home ? "" : "; SET jit = off"),
    );
    return client;
  } catch (error) {
    stream.destroy();
    throw inWords(error, guest);
  }
}

/** By the driver's words for its limits, which say neither what was waited for nor how long. */
const lateness: Readonly<Record<string, string>> = {
  "timeout expired": `did not let its administrator in within ${loginTimeout / 1000} s`,
  "Query read timeout": `did not answer a statement within ${queryTimeout / 1000} s`,
};

/** An error of the driver as the user gets to read it. */
export function inWords(error: unknown, guest: Pick<Guest, "name">): unknown {
  const late = error instanceof Error ? lateness[error.message] : undefined;
  if (late) return new Error(`PostgreSQL in ${guest.name} ${late}`, { cause: error });
  const remedy = error instanceof Error && "code" in error ? remedyOf(error.code) : undefined;
  return error instanceof Error && remedy ? new Error(`${error.message}; ${remedy}`, { cause: error }) : error;
}

/** One error for all; of a guest that is gone there is nothing to say by database. */
function inDatabases(failures: readonly [string, unknown][]): unknown {
  const errors = failures.map(([, error]) => error);
  const gone = errors.find((error) => error instanceof GuestError);
  if (gone) return gone;
  const words = failures.map(
    ([name, error]) => `in the database "${name}": ${error instanceof Error ? error.message : String(error)}`,
  );
  return new Error(words.join("\n"), { cause: errors[0] });
}

/** What node-postgres expects of a network socket, on a stream that is connected already. */
function asSocket(stream: Duplex): Duplex {
  return Object.assign(stream, {
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
    ref: () => stream,
    unref: () => stream,
    connect: () => {
      process.nextTick(() => stream.emit("connect"));
      return stream;
    },
  });
}

/** Open clients, at most this many at once. */
const mostOpen = 4;

/** Clients by database, opened when first used; those unused for longest are closed to make room. */
export class Connections {
  readonly #guest: Guest;
  /** In the order of their last use. */
  readonly #clients = new Map<string, pg.Client>();
  #opening = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #lines: Line[] = [];

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Not for use by two callers at the same time. Of several databases, those opened last are never closed to make room. */
  async on(database: string): Promise<pg.Client> {
    const known = this.#clients.get(database);
    if (known) {
      this.#clients.delete(database);
      this.#clients.set(database, known);
      return known;
    }
    this.#opening += 1;
    try {
      while (this.#clients.size > Math.max(0, mostOpen - this.#opening)) {
        const [oldest] = this.#clients.keys();
        await this.close(oldest);
      }
      const client = await connect(this.#guest, database, await this.#call());
      this.#clients.set(database, client);
      return client;
    } finally {
      this.#opening -= 1;
    }
  }

  /**
   * Works in several databases, in as many at once as fit beside the first connection. By name, in the order given. After an
   * error nothing is begun any more and what goes on is waited for; the error names each database that failed.
   */
  async each<T>(
    databases: readonly string[],
    work: (client: pg.Client, database: string) => Promise<T>,
  ): Promise<[string, T][]> {
    const found: [string, T][] = [];
    const failures: [string, unknown][] = [];
    const waiting = databases.entries();
    const worker = async (): Promise<void> => {
      let before: string | undefined;
      for (const [at, name] of waiting) {
        try {
          if (before !== undefined) await this.close(before);
          before = name;
          found[at] = [name, await work(await this.on(name), name)];
        } catch (error) {
          failures.push([name, inWords(error, this.#guest)]);
        }
        if (failures.length > 0) return;
      }
    };
    await Promise.all(Array.from({ length: mostOpen - 1 }, worker));
    if (failures.length > 0) throw inDatabases(failures);
    return found;
  }

  /** Of what is done at the same time by `each`: this only after other such work. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Closes one, for example before its database is dropped; all, and the processes in the guest, without a name. */
  async close(database?: string): Promise<void> {
    const names = database === undefined ? [...this.#clients.keys()] : [database];
    for (const name of names) {
      const client = this.#clients.get(name);
      this.#clients.delete(name);
      if (client) await disconnect(client);
    }
    if (database !== undefined) return;
    for (const line of this.#lines) line.close();
    this.#lines = [];
  }

  /** Over a line that has become free, else over a new one. */
  async #call(): Promise<Duplex> {
    this.#lines = this.#lines.filter((line) => !line.ended);
    const free = this.#lines.find((line) => line.free);
    if (free) return free.call();
    const line = await Line.open(this.#guest, adminRole, socketPath);
    this.#lines.push(line);
    return line.call();
  }
}

/** Says goodbye; a guest that no longer answers is not waited for. */
export async function disconnect(client: pg.Client): Promise<void> {
  const goodbye = client.end();
  await Promise.race([goodbye, delay(goodbyeTimeout, undefined, { ref: false })]);
  client.connection.stream.destroy();
}

/** Runs `work` in one transaction. */
export async function transaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // The first error is the one to tell.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
