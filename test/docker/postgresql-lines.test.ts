/** Work in many databases of a real PostgreSQL: few processes in the guest, several at once, and all failures told by name. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Guest } from "../../access/guest.ts";
import type { OpenServer, Privileges, User } from "../../engines/engine.ts";
import { Connections } from "../../engines/postgresql/connection.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { type RunningServer, startServer } from "./postgresql-guest.ts";

const names = Array.from({ length: 9 }, (_, at) => `db${at + 1}`);
const app = (privileges: Privileges): User => ({
  name: "app",
  host: "%",
  grants: names.map((database) => ({ database, privileges })),
});
const passwords = { app: "s3cret" };

let server: RunningServer;
before(async () => {
  server = await startServer("15");
});
after(() => server?.remove());

/** The guest, and how many processes were started as streams in it. */
function counted(): { guest: Guest; streams(): number } {
  let streams = 0;
  const { guest } = server;
  const stream: Guest["stream"] = (...args) => {
    streams += 1;
    return guest.stream(...args);
  };
  const get = (of: Guest, key: keyof Guest) => {
    if (key === "stream") return stream;
    const value = of[key];
    return typeof value === "function" ? value.bind(of) : value;
  };
  return { guest: new Proxy(guest, { get: (of, key) => get(of, key as keyof Guest) }), streams: () => streams };
}

const plan = async (open: OpenServer, privileges: Privileges = "read") =>
  postgresql.planUsers([app(privileges)], await open.users(names, passwords), []).steps as {
    kind: string;
    summary: string;
    database?: string;
  }[];

async function untilNobodyIsConnected(): Promise<void> {
  const end = Date.now() + 30_000;
  const asked =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'postgres' AND pid <> pg_backend_pid()";
  const others = `${asked} AND backend_type = 'client backend'`;
  while ((await server.admin("postgres", others))[0]?.n !== 0) {
    assert.ok(Date.now() < end, "connections stay open after the server was closed");
    await delay(50);
  }
}

test("failures in some databases are told by name, all of them, and the same plan made again finishes", async () => {
  const { guest, streams } = counted();
  const open = await postgresql.open(guest);
  try {
    await open.executeAll(
      postgresql.planDatabases(
        names.map((name) => ({ name })),
        [],
        [],
        [],
      ).steps,
      {},
      () => {},
    );
    const first = await plan(open);
    assert.equal(first.filter(({ kind }) => kind === "set-levels").length, names.length);
    for (const name of ["db1", "db2"]) await server.admin("postgres", `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    const begun: string[] = [];
    const told = await open
      .executeAll(first, passwords, ({ summary }) => begun.push(summary))
      .then(
        () => "nothing",
        (error: Error) => error.message,
      );
    for (const name of ["db1", "db2"])
      assert.match(told, new RegExp(`in the database "${name}": .*not currently accepting connections`));
    assert.ok(begun.length < first.length, "after a failure nothing is begun any more");
    for (const name of ["db1", "db2"]) await server.admin("postgres", `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);

    const rest = await plan(open);
    assert.ok(rest.every(({ kind }) => kind === "set-levels") && rest.length >= 2, JSON.stringify(rest));
    await open.executeAll(rest, passwords, () => {});
    assert.deepEqual(await plan(open), []);
    for (const name of names) assert.equal(await server.psql("app", passwords.app, name, "SELECT 1"), "1\n");
    // One for each connection at a time, and one more for each that was refused: its process is not used again.
    assert.ok(streams() <= 4 + 2, `${streams()} processes for ${names.length} databases`);
  } finally {
    await open.close();
  }
  await untilNobodyIsConnected();
});

test("what was just reached is not read again, except where somebody else has something", async () => {
  const seen = async (open: OpenServer) =>
    new Map((await open.users(names, passwords)).map(({ name, grants }) => [name, grants]));
  const open = await postgresql.open(server.guest);
  try {
    await open.executeAll(await plan(open, "write"), passwords, () => {});
    await server.admin("postgres", "CREATE ROLE hand LOGIN");
    await server.admin("db1", "GRANT CREATE ON SCHEMA public TO hand");
    await server.admin("db1", "GRANT CREATE ON SCHEMA public TO app");
    await server.admin("db2", "GRANT CREATE ON SCHEMA public TO app");
    const now = await seen(open);
    assert.deepEqual(now.get("hand"), [{ database: "db1", privileges: "partial" }]);
    const level = (database: string, users = now) =>
      users.get("app")?.find((of) => of.database === database)?.privileges;
    assert.deepEqual(
      ["db1", "db2"].map((name) => level(name)),
      ["partial", "write"],
    );

    const later = await postgresql.open(server.guest);
    try {
      const anew = await seen(later);
      assert.deepEqual(
        ["db1", "db2"].map((name) => level(name, anew)),
        ["partial", "partial"],
      );
    } finally {
      await later.close();
    }
    // Whatever is changed over this session, it reads all of it again.
    await open.executeAll([], {}, () => {});
    assert.deepEqual(await plan(open, "write").then((steps) => steps.map(({ database }) => database)), ["db1", "db2"]);
    await open.executeAll(await plan(open, "write"), passwords, () => {});
    assert.deepEqual(await plan(open, "write"), []);
  } finally {
    await open.close();
  }
  await untilNobodyIsConnected();
});

test("many users are made at once; the one that cannot be is told, after those before it", async () => {
  const many = Array.from({ length: 40 }, (_, at): User => ({ name: `many${at}`, host: "%", grants: [] }));
  const known = Object.fromEntries(many.map(({ name }) => [name, `password of ${name}`]));
  const open = await postgresql.open(server.guest);
  const steps = async () => postgresql.planUsers(many, await open.users([], known), []).steps;
  try {
    const first = await steps();
    await server.admin("postgres", "CREATE ROLE many30 NOLOGIN");
    const begun: string[] = [];
    await assert.rejects(
      open.executeAll(first, known, ({ summary }) => begun.push(summary)),
      /role "many30" already exists/,
    );
    assert.deepEqual(
      begun,
      first.map(({ summary }) => summary),
    );
    const made = (await open.users([], known)).map(({ name }) => name).filter((name) => name.startsWith("many"));
    const expected = many.slice(0, 31).map(({ name }) => name);
    assert.deepEqual(made.toSorted(), expected.toSorted());
    await open.executeAll(await steps(), known, () => {});
    assert.deepEqual(await steps(), []);
    await server.admin("db1", "GRANT CONNECT ON DATABASE db1 TO many7");
    assert.equal(await server.psql("many7", "password of many7", "db1", "SELECT 1"), "1\n");
  } finally {
    await open.close();
  }
  await untilNobodyIsConnected();
});

test("a connection that the server ends is an error at once, and the next one goes over the same process", async () => {
  const { guest, streams } = counted();
  const connections = new Connections(guest);
  try {
    const client = await connections.on("postgres");
    await assert.rejects(client.query("SELECT pg_terminate_backend(pg_backend_pid())"), /terminat/);
    await connections.close("postgres");
    const { rows } = await (await connections.on("postgres")).query("SELECT 7 AS n");
    assert.deepEqual(rows, [{ n: 7 }]);
    assert.equal(streams(), 1);
  } finally {
    await connections.close();
  }
  await untilNobodyIsConnected();
});
