/** The demo's two instances, for tests that walk one stack with both through its whole life. */
import assert from "node:assert/strict";
import { parseDocument } from "yaml";
import type { Guest } from "../../access/guest.ts";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { engines } from "../../engines/index.ts";
import { type Login, type Row, withClient } from "../support/clients.ts";
import { type CloudStack, demoSpec, type ListRow, makeCloudStack } from "../support/cloud.ts";

interface Setting {
  name: string;
  value: string | number;
  ask: string;
  answer: string;
}

export interface DemoInstance {
  name: "orders" | "ledger";
  engine: "mariadb" | "postgresql";
  /** The datastore version, and the Debian release that its image is made of. */
  version: string;
  suite: "bookworm" | "trixie";
  port: number;
  /** A user with all privileges in this database, and one who only reads it. */
  owner: string;
  reader: string;
  database: string;
  live: Setting;
  restart: Setting;
  /** Asks for what depends on the machine's memory, in bytes. */
  cache: string;
  /** Asks for the number of this connection. */
  connection: string;
  /** Drops the reader by hand, as the administrator in the guest. */
  dropReader(guest: Guest): Promise<unknown>;
  denied: RegExp;
}

const psql = (database: string, sql: string): string[] => [
  ...["psql", "-v", "ON_ERROR_STOP=1", "-h", "/run/postgresql", "-d", database],
  ...["-c", sql],
];

export const orders: DemoInstance = {
  name: "orders",
  engine: "mariadb",
  version: "11.8",
  suite: "trixie",
  port: 3306,
  owner: "app",
  reader: "analyst",
  database: "shop",
  live: { name: "long_query_time", value: 7, ask: "SELECT @@global.long_query_time AS v", answer: "7" },
  restart: { name: "back_log", value: 91, ask: "SELECT @@global.back_log AS v", answer: "91" },
  cache: "SELECT @@global.innodb_buffer_pool_size AS v",
  connection: "SELECT CONNECTION_ID() AS v",
  dropReader: (guest) => guest.must(["mariadb", "-e", "DROP USER 'analyst'@'%'"]),
  denied: /denied/i,
};

export const ledger: DemoInstance = {
  name: "ledger",
  engine: "postgresql",
  version: "15",
  suite: "bookworm",
  port: 5432,
  owner: "bookkeeper",
  reader: "auditor",
  database: "accounts",
  live: { name: "log_min_duration_statement", value: "7s", ask: "SHOW log_min_duration_statement", answer: "7s" },
  restart: { name: "max_connections", value: 73, ask: "SHOW max_connections", answer: "73" },
  cache: "SELECT pg_size_bytes(current_setting('shared_buffers')) AS v",
  connection: "SELECT pg_backend_pid() AS v",
  async dropReader(guest) {
    for (const database of ["accounts", "audit"])
      await guest.must(psql(database, "DROP OWNED BY auditor"), { user: "postgres" });
    await guest.must(psql("postgres", "DROP ROLE auditor"), { user: "postgres" });
  },
  denied: /permission denied/i,
};

/** The demo, with both versions of each engine to choose from, and an instance of either Debian release. */
export function bothReleases(): string {
  const spec = parseDocument(demoSpec());
  for (const { name, versions } of engines)
    for (const version of versions) spec.setIn(["datastores", name, "versions", version], spec.createNode({}));
  for (const { name, engine, version } of both) spec.setIn(["instances", name, "datastore"], `${engine}@${version}`);
  return spec.toString();
}

export const both: readonly [DemoInstance, DemoInstance] = [orders, ledger];

/** What the tests of one stack share; `stack` is there once `begin` has ended. */
export class Life {
  #stack: CloudStack | undefined;
  readonly #logins = new Map<string, Promise<Login>>();

  get stack(): CloudStack {
    if (!this.#stack) throw new Error("the stack was not made");
    return this.#stack;
  }

  async begin(): Promise<void> {
    this.#stack = await makeCloudStack(bothReleases());
  }

  async end(): Promise<void> {
    await this.#stack?.cleanUp();
  }

  /** Passwords stay for life; the address until the instance is made anew, or is public no longer. */
  login(one: DemoInstance, user = one.owner): Promise<Login> {
    const key = `${one.name} ${user}`;
    const known = this.#logins.get(key) ?? this.stack.login(one.name, user, one);
    this.#logins.set(key, known);
    known.catch(() => this.#logins.delete(key));
    return known;
  }

  forgetLogins(): void {
    this.#logins.clear();
  }

  /** One statement as a user of the instance's first database. */
  async ask(one: DemoInstance, sql: string, user = one.owner): Promise<Row[]> {
    return withClient(one.engine, await this.login(one, user), (query) => query(sql));
  }

  /** The first value of the first row. */
  async value(one: DemoInstance, sql: string): Promise<string> {
    return String(Object.values((await this.ask(one, sql))[0] ?? {})[0]);
  }

  /** That the rows of the first test are there, and no others. */
  async rowsAreThere(one: DemoInstance): Promise<void> {
    assert.deepEqual(await this.ask(one, "SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }], one.name);
  }

  /** Waits until all are listed as healthy: on a busy machine a guest may take longer to answer than `list` waits for it. */
  async healthyRows(): Promise<readonly ListRow[]> {
    return waitFor({
      what: "all to be listed as HEALTHY",
      look: () => this.stack.rows(),
      done: (rows) => rows.every(({ operatingStatus }) => operatingStatus === "HEALTHY"),
      words: (rows) => rows.map(({ name, operatingStatus }) => `${name} ${operatingStatus}`).join(", "),
      timeout: 300_000,
    });
  }

  /** The process of the database server; another one after each restart. */
  async serverPid(one: DemoInstance): Promise<number | undefined> {
    return (await (await this.stack.guest(one.name)).service.status()).pid;
  }
}
