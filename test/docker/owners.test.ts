/** Databases that users own, on a real PostgreSQL: what an owner can do, and who owns what after each change. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ManagedUser, OpenServer, Privileges, User } from "../../engines/engine.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { type Query, withClient } from "../support/clients.ts";
import { type RunningServer, startServer } from "./postgresql-guest.ts";
import { authority } from "./tls-guest.ts";

for (const version of postgresql.versions) describe(`PostgreSQL ${version}`, () => cases(version));

function cases(version: string): void {
  let server: RunningServer;
  let open: OpenServer;
  let previous: readonly ManagedUser[] = [];
  const passwords = { app: "p", boss: "p", reader: "p" };
  const databases = ["shop", "other"];

  before(async () => {
    server = await startServer(version);
    open = await postgresql.open(server.guest);
    const wanted = databases.map((name) => ({ name }));
    for (const step of postgresql.planDatabases(wanted, await open.databases(), [], []).steps) await open.execute(step);
  });
  after(async () => {
    await open?.close();
    await server?.remove();
  });

  const user = (name: string, owns: readonly string[], ...grants: [string, Privileges][]): User => ({
    ...{ name, host: "%", owns },
    grants: grants.map(([database, privileges]) => ({ database, privileges })),
  });
  const reader = user("reader", [], ["shop", "read"]);
  const boss = user("boss", [], ["shop", "all"]);
  const app = user("app", ["shop"], ["shop", "all"], ["other", "read"]);

  /** Plans and executes, sees that nothing is left to do, and returns the kinds of the steps. */
  async function apply(desired: readonly User[]): Promise<readonly string[]> {
    const plan = async () => postgresql.planUsers(desired, await open.users(databases, passwords), previous);
    const { steps } = await plan();
    for (const step of steps) await open.execute(step, passwords);
    assert.deepEqual(await plan(), { steps: [], refusals: [] });
    previous = desired;
    return steps.map(({ kind }) => kind);
  }

  const as = <T>(name: string, act: (query: Query) => Promise<T>) =>
    withClient(
      "postgresql",
      { ...server.address, user: name, password: "p", database: "shop", ca: authority.certificate },
      act,
    );
  const owner = async () => (await open.databases()).find(({ name }) => name === "shop")?.owner;

  test("a user becomes the owner, and has everything in the database and its schema", async () => {
    assert.equal(await owner(), "postgres");
    await apply([reader, boss]);
    assert.deepEqual(await apply([app, reader, boss]), ["create-user", "set-owner", "set-levels", "set-levels"]);
    assert.equal(await owner(), "app");
    await as("app", async (query) => {
      await query("CREATE TABLE owned (n int)");
      await query("CREATE SCHEMA its");
      await query("COMMENT ON SCHEMA public IS 'an owner may'");
      await query("COMMENT ON DATABASE shop IS 'an owner may'");
    });
  });

  test("what the owner makes, and what others make, is there for each by its level", async () => {
    await as("boss", (query) => query("CREATE TABLE bosses (n int)"));
    for (const table of ["owned", "bosses"]) {
      await as("app", (query) => query(`INSERT INTO ${table} VALUES (1)`));
      await as("boss", (query) => query(`INSERT INTO ${table} VALUES (2)`));
      assert.equal((await as("reader", (query) => query(`SELECT n FROM ${table}`))).length, 2);
      await assert.rejects(
        as("reader", (query) => query(`DELETE FROM ${table}`)),
        { code: "42501" },
      );
    }
    assert.deepEqual(await apply([app, reader, boss]), []);
  });

  test("what an owner says of sessions in its database does not reach the administrator's", async () => {
    await as("app", (query) => query("ALTER DATABASE shop SET role = 'app'"));
    const fresh = await postgresql.open(server.guest);
    try {
      await fresh.execute({ kind: "set-levels", database: "shop", levels: { reader: "read" }, summary: "" });
      assert.ok((await fresh.objects("shop")) >= 2);
    } finally {
      await fresh.close();
    }
    await as("app", (query) => query("ALTER DATABASE shop RESET role"));
  });

  test("somebody gave the database away: it is given back", async () => {
    await server.admin("postgres", "ALTER DATABASE shop OWNER TO boss");
    assert.deepEqual(await apply([app, reader, boss]), ["set-owner", "set-levels"]);
    assert.equal(await owner(), "app");
  });

  test("what a user loses elsewhere does not take its database along", async () => {
    await server.admin("other", "CREATE TABLE stray (n int); ALTER TABLE stray OWNER TO app");
    assert.deepEqual(await apply([app, reader, boss]), ["set-levels"]);
    assert.equal(await owner(), "app");
  });

  test("another owner, and then none: it goes to the administrator, and everybody's level holds", async () => {
    const now = { ...boss, owns: ["shop"] };
    assert.deepEqual(await apply([{ ...app, owns: [] }, reader, now]), ["set-owner", "set-levels"]);
    assert.equal(await owner(), "boss");
    assert.deepEqual(await apply([{ ...app, owns: [] }, reader, boss]), ["set-owner", "set-levels"]);
    assert.equal(await owner(), "postgres");
    for (const name of ["app", "boss"]) await as(name, (query) => query(`CREATE TABLE of_${name} (n int)`));
    for (const name of ["app", "boss"]) await as("reader", (query) => query(`SELECT n FROM of_${name}`).then(() => {}));
  });

  test("an owner that leaves is dropped, and its database is the administrator's", async () => {
    await apply([app, reader, boss]);
    assert.deepEqual(await apply([reader, boss]), ["drop-user"]);
    assert.equal(await owner(), "postgres");
    assert.equal((await as("reader", (query) => query("SELECT n FROM owned"))).length, 2);
    await as("boss", (query) => query("CREATE TABLE late (n int)"));
  });
}
