/** The administrator of a spec on real servers, over TLS: what it can do, what it cannot, and what is undone. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Engine, type OpenServer, rootUser, type User, userKey } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { type Login, type Query, withClient } from "../support/clients.ts";
import { startServer as startMariadb } from "./mariadb-guest.ts";
import { startServer as startPostgresql } from "./postgresql-guest.ts";
import { rootCases } from "./root-cases.ts";
import { authority } from "./tls-guest.ts";

type Admin = (sql: string, database?: string) => Promise<unknown>;

const starts: Readonly<Record<string, (version: string) => Promise<Started>>> = {
  async mariadb(version) {
    const { guest, spec, address, admin, remove } = await startMariadb(version);
    return { guest, spec, address, admin: (sql) => admin(sql), remove };
  },
  async postgresql(version) {
    const { guest, spec, address, admin, remove } = await startPostgresql(version);
    return { guest, spec, address, admin: (sql, database = "postgres") => admin(database, sql), remove };
  },
};
type Started = Pick<Awaited<ReturnType<typeof startMariadb>>, "guest" | "spec" | "address" | "remove"> & {
  admin: Admin;
};

const denied: Readonly<Record<string, RegExp>> = {
  mariadb: /denied|you need \(at least one of\)|not allowed/i,
  postgresql: /permission denied|must be|only .*(superuser|roles)|not permitted|not allowed|must have|cannot/i,
};

const app: User = { name: "app", host: "%", grants: [{ database: "shop", privileges: "read" }] };
const root: User = { ...rootUser, grants: [{ database: "shop", privileges: "all" }] };

for (const engine of [mariadb, postgresql])
  for (const version of engine.versions) describe(`${engine.title} ${version}`, () => cases(engine, version));

function cases(engine: Engine, version: string): void {
  const { may, mayNot, drifts } = rootCases[engine.name] ?? { may: [], mayNot: [], drifts: [] };
  let server: Started;
  let open: OpenServer;
  const passwords = { [userKey(engine, app)]: "app's", [userKey(engine, rootUser)]: "root's" };

  before(async () => {
    server = await (starts[engine.name] as NonNullable<(typeof starts)[string]>)(version);
    const desired = { ...server.spec, tls: "enforced" as const };
    const { steps } = engine.planServer(desired, await engine.observe(server.guest, desired));
    for (const step of steps) await engine.executeServer(server.guest, step, desired);
    await engine.waitHealthy(server.guest, 60_000);
    open = await engine.open(server.guest);
    for (const step of engine.planDatabases([{ name: "shop" }], await open.databases(), [], []).steps)
      await open.execute(step);
    await apply([app]);
    await server.admin(engine === mariadb ? "CREATE TABLE shop.t (n INT)" : "CREATE TABLE t (n int)", "shop");
  });
  after(async () => {
    await open?.close();
    await server?.remove();
  });

  /** Plans and executes, sees that nothing is left to do, and returns the kinds of the steps. */
  async function apply(desired: readonly User[], previous: readonly User[] = []): Promise<readonly string[]> {
    const plan = async () => engine.planUsers(desired, await open.users(["shop"], passwords), previous);
    const { steps } = await plan();
    for (const step of steps) await open.execute(step, passwords);
    assert.deepEqual(await plan(), { steps: [], refusals: [] });
    return steps.map(({ kind }) => kind);
  }

  const as = <T>(who: Partial<Login>, act: (query: Query) => Promise<T>) =>
    withClient(
      engine.name,
      { ...server.address, user: "root", password: "root's", database: "shop", ca: authority.certificate, ...who },
      act,
    );

  test("it is made once, and is no user like the others", async () => {
    const steps = await apply([app, root], [app]);
    assert.equal(steps[0], "create-user");
    assert.deepEqual(await apply([app, root], [app, root]), []);
  });

  for (const { why, sql, database = "shop" } of may)
    test(`it may: ${why}: ${sql}`, async () => {
      await as({ database }, (query) => query(sql));
    });

  test("a user that it made can log in, and use what it was given", async () => {
    const rows = await as({ user: "hers", password: "hers", database: "mine" }, (query) => query("SELECT n FROM t"));
    assert.deepEqual(rows, [{ n: 7 }]);
  });

  test("what it makes in a database of the spec is there for its users", () =>
    as({ user: "app", password: "app's" }, async (query) => assert.deepEqual(await query("SELECT * FROM roots"), [])));

  for (const { why, sql, database = "shop" } of mayNot)
    test(`it may not: ${why}: ${sql}`, () =>
      assert.rejects(
        as({ database }, (query) => query(sql)),
        denied[engine.name] as RegExp,
      ));

  for (const { why, sql, database, steps, versions } of drifts)
    if (versions?.includes(version) ?? true)
      test(`undone: ${why}: ${sql}`, async () => {
        await server.admin(sql, database);
        assert.deepEqual(await apply([app, root], [app, root]), steps);
        await as({}, (query) => query("SELECT * FROM t"));
      });

  if (engine === mariadb) {
    test("what MariaDB lets whoever may make users do is undone, too", async () => {
      await as({}, (query) => query("CREATE USER helper IDENTIFIED BY 'x'"));
      await as({}, (query) => query("GRANT ALL PRIVILEGES ON `_%`.* TO helper"));
      await as({ user: "helper", password: "x", database: "mysql" }, (query) =>
        query("UPDATE global_priv SET Priv = JSON_SET(Priv, '$.access', 32768) WHERE User = 'root' AND Host = '%'"),
      );
      await server.admin("FLUSH PRIVILEGES");
      assert.deepEqual(await apply([app, root], [app, root]), ["repair-user"]);
      await server.admin("DROP USER helper");
    });

    test("a role that has what it is not to have is taken from it, and one of its own is not", async () => {
      await server.admin("CREATE ROLE strong");
      await server.admin("GRANT FILE ON *.* TO strong");
      await server.admin("GRANT strong TO root@'%'");
      assert.deepEqual(await apply([app, root], [app, root]), ["repair-user"]);
      await as({}, (query) => query("CREATE ROLE its"));
      assert.deepEqual(await apply([app, root], [app, root]), []);
      await as({}, (query) => query("SET ROLE its"));
      await server.admin("DROP ROLE strong");
    });
  }

  test("what it gave a user of the spec is taken away", async () => {
    await as({}, (query) => query("CREATE ROLE buyers"));
    await as({}, (query) => query("GRANT buyers TO app"));
    if (engine === postgresql) await as({}, (query) => query("GRANT coffer_users TO app WITH ADMIN OPTION"));
    assert.deepEqual(await apply([app, root], [app, root]), ["repair-user"]);
  });

  test("it goes with its rights, and what it made stays", async () => {
    if (engine === postgresql) await as({}, (query) => query("GRANT coffer_users TO hers"));
    assert.deepEqual((await apply([app], [app, root]))[0], "drop-user");
    await assert.rejects(
      as({}, (query) => query("SELECT 1")),
      /denied|no pg_hba|rejects|failed/,
    );
    const rows = await as({ user: "hers", password: "hers", database: "mine" }, (query) => query("SELECT n FROM t"));
    assert.deepEqual(rows, [{ n: 7 }]);
    const databases = await open.databases();
    const mine = databases.find(({ name }) => name === "mine");
    assert.equal(mine?.owner, engine === postgresql ? "postgres" : undefined);
  });

  test("one that somebody else made is a user like others", async () => {
    const made = engine === mariadb ? "CREATE USER root@'%' IDENTIFIED BY 'x'" : "CREATE ROLE root LOGIN PASSWORD 'x'";
    await server.admin(made);
    assert.deepEqual(await apply([app], [app]), []);
    const seen = await open.users(["shop"], {});
    assert.ok(seen.some(({ name, host }) => name === "root" && host === "%"));
    for (const step of engine.planUsers([app], seen, [app, ...seen]).steps) await open.execute(step, passwords);
    assert.deepEqual(
      (await open.users(["shop"], {})).map(({ name }) => name),
      ["app"],
    );
  });
}
