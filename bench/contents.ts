/**
 * A hundred databases and a hundred users, each with one of its own, in one `up`: against the same statements, sent by the
 * engine's own client through one connection in the guest. Both on the same server, one after the other.
 */
import type { Guest } from "../access/guest.ts";
import { closeAll } from "../access/index.ts";
import { verifier } from "../engines/mariadb/users.ts";
import { postgresql } from "../engines/postgresql/index.ts";
import { type Level, laterKinds, objectKinds, privilegesOf } from "../engines/postgresql/levels.ts";
import { scramVerifier } from "../engines/postgresql/scram.ts";
import type { Figure } from "./figures.ts";
import { timed } from "./measure.ts";
import type { BenchTarget } from "./targets.ts";

const amount = 100;

interface Contents {
  databases: readonly string[];
  /** Each with all privileges in the database at its place in the list. */
  users: readonly string[];
}

function contents(prefix: string): Contents {
  const numbers = Array.from({ length: amount }, (_, at) => String(at + 1).padStart(3, "0"));
  return { databases: numbers.map((number) => `${prefix}db${number}`), users: numbers.map((n) => `${prefix}user${n}`) };
}

/** How the engine's client takes the statements that make contents, and those that take them away again. */
interface Client {
  argv: readonly string[];
  user?: string;
  make(what: Contents): Promise<string>;
  remove(what: Contents): string;
}

const password = "not-a-secret-of-anybody";

const mariadbClient: Client = {
  argv: ["mariadb"],
  make: async ({ databases, users }) =>
    [
      ...databases.map((name) => `CREATE DATABASE ${name};`),
      ...users.flatMap((user, at) => [
        `CREATE USER ${user}@'%' IDENTIFIED VIA mysql_native_password USING '${verifier(password)}';`,
        `GRANT ALL PRIVILEGES ON ${databases[at]}.* TO ${user}@'%';`,
      ]),
    ].join("\n"),
  remove: ({ databases, users }) =>
    [...users.map((user) => `DROP USER ${user}@'%';`), ...databases.map((name) => `DROP DATABASE ${name};`)].join("\n"),
};

/** psql moves its connection from database to database: what is granted on schemas is granted inside of each. */
const postgresqlClient: Client = {
  argv: ["psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-h", "/run/postgresql", "-d", "postgres"],
  user: "postgres",
  async make({ databases, users }) {
    const lines = databases.flatMap((name) => [
      `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C.UTF-8' ALLOW_CONNECTIONS false;`,
      `REVOKE ALL ON DATABASE ${name} FROM PUBLIC;`,
      `ALTER DATABASE ${name} ALLOW_CONNECTIONS true;`,
    ]);
    lines.push("DO $$ BEGIN CREATE ROLE coffer_users NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;");
    for (const user of users)
      lines.push(`CREATE ROLE ${user} LOGIN PASSWORD '${await scramVerifier(password)}' IN ROLE coffer_users;`);
    for (const [at, database] of databases.entries())
      lines.push(`\\connect ${database}`, "BEGIN;", ...grants(database, users[at] ?? "", "all"), "COMMIT;");
    return lines.join("\n");
  },
  remove: ({ databases, users }) =>
    [
      ...databases.map((name) => `DROP DATABASE ${name} WITH (FORCE);`),
      ...users.map((user) => `DROP ROLE ${user};`),
    ].join("\n"),
};

function grants(database: string, user: string, level: Level): string[] {
  const targets = {
    database: `DATABASE ${database}`,
    schema: "SCHEMA public",
    table: "ALL TABLES IN SCHEMA public",
    sequence: "ALL SEQUENCES IN SCHEMA public",
  };
  const plurals = { schema: "SCHEMAS", table: "TABLES", sequence: "SEQUENCES" };
  return [
    ...objectKinds.map((kind) => `GRANT ${privilegesOf(level, kind).join(", ")} ON ${targets[kind]} TO ${user};`),
    ...laterKinds.map(
      (kind) =>
        `ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ${privilegesOf(level, kind).join(", ")} ON ${plurals[kind]} TO ${user};`,
    ),
  ];
}

const clients: Readonly<Record<string, Client>> = { mariadb: mariadbClient, [postgresql.name]: postgresqlClient };

function clientOf(engine: string): Client {
  const client = clients[engine];
  if (!client) throw new Error(`no client of ${engine} is known here`);
  return client;
}

/** Milliseconds for the client to end. */
const limit = 600_000;

async function byOneClient(guest: Guest, engine: string, what: Contents): Promise<() => Promise<void>> {
  const { argv, user, make } = clientOf(engine);
  const options = { timeout: limit, ...(user === undefined ? {} : { user }) };
  const statements = await make(what);
  return async () => void (await guest.must(argv, { ...options, stdin: statements }));
}

async function removeByClient(guest: Guest, engine: string, what: Contents): Promise<void> {
  const { argv, user, remove } = clientOf(engine);
  const options = { timeout: limit, ...(user === undefined ? {} : { user }) };
  await guest.must(argv, { ...options, stdin: remove(what) });
}

/**
 * One `up` from an instance without contents; each round on a server of its own. Two figures: the `up` whole, and what the
 * databases and users in it took, without what Pulumi's processes cost.
 */
export async function contentsFigures(target: BenchTarget, engine: string, rounds: number): Promise<Figure[]> {
  const [whole, itself, theirs]: [number[], number[], number[]] = [[], [], []];
  const name = `${engine}-one`;
  for (let round = 0; round < rounds; round++) {
    const stack = await target.stack({ [name]: {} });
    try {
      await stack.up();
      const guest = await stack.guest(name);
      const their = contents("their");
      theirs.push(await timed(await byOneClient(guest, engine, their)));
      await removeByClient(guest, engine, their);
      const our = contents("our");
      const users = our.users.map((user, at) => [user, { all: [our.databases[at] ?? ""] }] as const);
      stack.write({ [name]: { databases: our.databases, users: Object.fromEntries(users) } });
      whole.push(await timed(() => stack.up()));
      itself.push(secondsOf(stack.logText(), `${name}-databases`) + secondsOf(stack.logText(), `${name}-users`));
    } finally {
      await closeAll();
      await stack.cleanUp();
    }
  }
  const what = `\`up\` that adds ${amount} users and ${amount} databases, ${engine}${target.words}`;
  const against = "the same statements by its client, one connection";
  return [
    { what, against, aim: 2, ours: whole, theirs },
    { what: `the users and databases in it alone, ${engine}${target.words}`, against, aim: 2, ours: itself, theirs },
  ];
}

/** How long the last update of a resource took, by the times in Coffer's log of the run. */
function secondsOf(log: string, resource: string): number {
  const times = (word: string) =>
    log
      .split("\n")
      .map((line) => /^(\S+Z) (begin|end) (create|update) (urn:\S+)$/.exec(line))
      .filter((match) => match?.[2] === word && match[4]?.endsWith(`::${resource}`))
      .map((match) => Date.parse(match?.[1] ?? ""))
      .sort((a, b) => a - b);
  const [begin, end] = [times("begin").at(-1), times("end").at(-1)];
  if (begin === undefined || end === undefined || end < begin) throw new Error(`the log has no update of ${resource}`);
  return (end - begin) / 1000;
}
