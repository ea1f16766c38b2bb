/** Users and grants on a real PostgreSQL: what a plan says is what clients can do, and nothing else. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import pg from "pg";
import { postgresql } from "../../engines/postgresql/index.ts";
import { drifts, hostileText } from "./postgresql-users-cases.ts";
import { denied, on, password, passwordsOf, serverOfGroup, user } from "./postgresql-users-fixture.ts";

for (const version of postgresql.versions) describe(`PostgreSQL ${version}`, () => cases(version));

function cases(version: string): void {
  const here = serverOfGroup(version);
  const { applyDatabases, applyUsers, as, byHand } = here;

  test("each level may do what it says, on tables of before and after, and no more", async () => {
    await applyDatabases([{ name: "shop" }, { name: "other" }]);
    const owner = user("owner", ["shop", "all"]);
    await applyUsers([owner], passwordsOf("owner"));
    await as(
      on("owner"),
      "CREATE TABLE early (id serial PRIMARY KEY, note text); CREATE SCHEMA app; CREATE TABLE app.early (id int)",
    );
    const everyone = [
      owner,
      user("reader", ["shop", "read"]),
      user("writer", ["shop", "write"]),
      user("second", ["shop", "all"]),
    ];
    await applyUsers(everyone, passwordsOf("owner", "reader", "writer", "second"));
    await as(
      on("owner"),
      "CREATE TABLE late (id serial PRIMARY KEY, note text); CREATE SCHEMA later; CREATE TABLE later.late (id int)",
    );
    await as(on("second"), "CREATE TABLE seconds (id serial PRIMARY KEY, note text)");

    for (const table of ["early", "late", "seconds"]) {
      const insert = `INSERT INTO ${table} (note) VALUES ('x')`;
      await as(on("writer"), insert);
      await as(on("owner"), insert);
      await as(on("second"), `${insert}; UPDATE ${table} SET note = 'y'`);
      assert.equal((await as(on("reader"), `SELECT * FROM ${table}`)).length, 3);
      await assert.rejects(as(on("reader"), insert), denied);
      await assert.rejects(as(on("writer"), `TRUNCATE ${table}`), denied);
    }
    for (const table of ["app.early", "later.late"]) {
      await as(on("writer"), `INSERT INTO ${table} VALUES (1)`);
      assert.equal((await as(on("reader"), `SELECT * FROM ${table}`)).length, 1);
      await assert.rejects(as(on("reader"), `DELETE FROM ${table}`), denied);
    }
    for (const name of ["reader", "writer"]) {
      await assert.rejects(as(on(name), "CREATE TABLE mine (id int)"), denied);
      await assert.rejects(as(on(name), "CREATE TEMPORARY TABLE mine (id int)"), denied);
      await assert.rejects(as(on(name), "CREATE SCHEMA mine"), denied);
    }
    for (const name of ["owner", "reader", "writer", "second"])
      for (const closed of ["other", "postgres", "template1"])
        await assert.rejects(as(on(name, closed), "SELECT 1"), denied, `${name} in ${closed}`);
    // What was created meanwhile left nothing to do.
    assert.deepEqual(await applyUsers(everyone, passwordsOf("owner", "reader", "writer", "second")), []);
  });

  test("a lowered level loses the surplus, a removed grant everything, on tables of later too", async () => {
    await applyDatabases([{ name: "shop" }]);
    const passwords = passwordsOf("a", "b", "c");
    await applyUsers([user("a", ["shop", "all"]), user("b", ["shop", "all"]), user("c", ["shop", "write"])], passwords);
    await as(on("a"), "CREATE TABLE of_a (id int)");
    await as(on("b"), "CREATE TABLE of_b (id int)");
    await applyUsers([user("a", ["shop", "all"]), user("b", ["shop", "read"]), user("c")], passwords);
    await as(on("a"), "CREATE TABLE late (id int)");
    for (const table of ["of_a", "of_b", "late"]) {
      await as(on("b"), `SELECT * FROM ${table}`);
      await assert.rejects(as(on("b"), `INSERT INTO ${table} VALUES (1)`), denied);
      await as(on("a"), `INSERT INTO ${table} VALUES (1)`);
    }
    // Its own table went to the administrator, or it could still grant itself what it liked.
    await assert.rejects(as(on("b"), "DROP TABLE of_b"), denied);
    await assert.rejects(as(on("c"), "SELECT 1"), denied);
  });

  test("a user that leaves the list is gone with its sessions, and its tables and the others' access stay", async () => {
    await applyDatabases([{ name: "shop" }, { name: "second" }]);
    const stays = user("stays", ["shop", "write"]);
    const leaves = user("leaves", ["shop", "all"], ["second", "all"]);
    await applyUsers([stays, leaves], passwordsOf("stays", "leaves"));
    for (const database of ["shop", "second"]) await as(on("leaves", database), "CREATE TABLE t AS SELECT 7 AS n");
    const session = new pg.Client({ ...here.server.address, ...on("leaves") });
    const ended = new Promise((resolve) => session.on("error", resolve));
    await session.connect();
    assert.deepEqual(await applyUsers([stays], passwordsOf("stays"), [leaves]), ["drop-user"]);
    await ended;
    assert.deepEqual(await as(on("stays"), "SELECT n FROM t"), [{ n: 7 }]);
    assert.deepEqual(await byHand("SELECT n FROM t", "second"), [{ n: 7 }]);
    await assert.rejects(as(on("leaves"), "SELECT 1"), { code: "28000" });
  });

  test("a renamed user keeps its password, its tables, its grants and its sessions", async () => {
    await applyDatabases([{ name: "shop" }]);
    const old = user("old", ["shop", "all"]);
    const reader = user("reader", ["shop", "read"]);
    await applyUsers([old, reader], passwordsOf("old", "reader"));
    const session = new pg.Client({ ...here.server.address, ...on("old") });
    await session.connect();
    const renamed = { ...user('n"ew', ["shop", "all"]), was: old };
    // As the provider asks: the one that is to be renamed is compared with the password that it is to have.
    const known = { ...passwordsOf("old", 'n"ew', "reader") };
    assert.deepEqual(await applyUsers([renamed, reader], known, [old, reader]), ["rename-user"]);
    await session.query("CREATE TABLE t AS SELECT 7 AS n");
    await session.end();
    await as(on('n"ew'), "ALTER TABLE t ADD COLUMN more int; CREATE TABLE late (n int)");
    assert.deepEqual(await as(on("reader"), "SELECT count(*)::int AS n FROM t, late"), [{ n: 0 }]);
    await assert.rejects(as(on("old"), "SELECT 1"), { code: "28000" });
    const otherwise = { ...known, third: "other" };
    const third = { ...user("third", ["shop", "read"]), was: renamed };
    assert.deepEqual(await applyUsers([third, reader], { ...otherwise, 'n"ew': "other" }, [renamed, reader]), [
      "rename-user",
      "set-password",
      "set-levels",
    ]);
    assert.deepEqual(await as({ ...on("third"), password: "other" }, "SELECT n FROM t"), [{ n: 7 }]);
  });

  test("whoever makes a table, and whoever came first, each other user has its level on it", async () => {
    await applyDatabases([{ name: "shop" }]);
    const order = [
      user("r1", ["shop", "read"]),
      user("a1", ["shop", "all"]),
      user("w1", ["shop", "write"]),
      user("a2", ["shop", "all"]),
      user("r2", ["shop", "read"]),
      user("w2", ["shop", "write"]),
      user("a3", ["shop", "all"]),
    ];
    for (const [index] of order.entries()) {
      const users = order.slice(0, index + 1);
      await applyUsers(users, passwordsOf(...users.map(({ name }) => name)));
      for (const { name } of users.filter((one) => one.name.startsWith("a")))
        await as(on(name), `CREATE TABLE ${name}_${index} (id serial, n int)`);
    }
    const tables = await byHand("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^a[123]_'", "shop");
    assert.equal(tables.length, 6 + 4 + 1);
    for (const { name } of order)
      for (const { relname } of tables) {
        const [found] = await as(on(name), `SELECT count(*)::int AS n FROM ${relname}`);
        assert.ok(found, `${name} reads ${relname}`);
        const insert = as(on(name), `INSERT INTO ${relname} (n) VALUES (1)`);
        if (name.startsWith("r")) await assert.rejects(insert, denied, `${name} does not write ${relname}`);
        else await insert;
      }
  });

  test("drift by hand is seen and repaired", async () => {
    await applyDatabases([{ name: "shop" }]);
    const users = [user("app", ["shop", "write"]), user("boss", ["shop", "all"])];
    const passwords = passwordsOf("app", "boss");
    await applyUsers(users, passwords);
    await byHand("CREATE TABLE t (n int); CREATE SEQUENCE s", "shop");
    for (const { why, sql, database, steps } of drifts) {
      await byHand(sql, database);
      assert.deepEqual(await applyUsers(users, passwords), steps, why);
      await as(on("app"), "INSERT INTO t VALUES (nextval('s')); SELECT * FROM t");
    }
  });

  test("roles of nobody's list are left alone", async () => {
    await applyDatabases([{ name: "shop" }]);
    await byHand("CREATE ROLE hers LOGIN SUPERUSER; GRANT ALL ON DATABASE shop TO hers");
    await applyUsers([user("app", ["shop", "read"])], passwordsOf("app"));
    const hers = await byHand(
      "SELECT rolsuper, has_database_privilege('hers', 'shop', 'CREATE') AS may FROM pg_roles WHERE rolname = 'hers'",
    );
    assert.deepEqual(hers, [{ rolsuper: true, may: true }]);
  });

  test("the administrator cannot come in over the network, nor a role that is no member", async () => {
    await byHand("ALTER ROLE postgres PASSWORD 'x'; CREATE ROLE stray LOGIN SUPERUSER PASSWORD 'x'");
    for (const name of ["postgres", "stray"])
      await assert.rejects(as({ user: name, password: "x", database: "postgres" }, "SELECT 1"), { code: "28000" });
    await byHand("ALTER ROLE postgres PASSWORD NULL");
  });

  /** Objects that a user plants must not run when the administrator looks. */
  test("what users put into a database does not run as the administrator", async () => {
    await applyDatabases([{ name: "shop" }]);
    const users = [user("evil", ["shop", "all"])];
    await applyUsers(users, passwordsOf("evil"));
    await as(
      on("evil"),
      `CREATE FUNCTION public.aclexplode(aclitem[]) RETURNS TABLE (grantor oid, grantee oid, privilege_type text, is_grantable bool)
       LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE evil SUPERUSER; END $$;
     CREATE VIEW public.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE false;
     ALTER ROLE evil SET search_path = public, pg_catalog`,
    );
    assert.deepEqual(await applyUsers(users, passwordsOf("evil")), []);
    assert.deepEqual(await byHand("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = 'evil'"), [
      { rolsuper: false },
    ]);
  });

  test("any name and password is created exactly and logs in, or is refused by rule", async () => {
    let created = 0;
    let refused = 0;
    const run = randomBytes(2).toString("hex");
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, hostileText, async (database, name, secret) => {
        const reader = `${run} reader`;
        const problems = [
          ...postgresql.checkDatabase({ name: database }),
          ...postgresql.checkUser({ name, host: "%", grants: [] }),
          ...postgresql.checkPassword(secret),
        ];
        if (problems.length > 0) {
          refused++;
          return;
        }
        created++;
        const users = [user(name, [database, "all"]), user(reader, [database, "read"])];
        const passwords = Object.fromEntries([
          [name, secret],
          [reader, password],
        ]);
        await applyDatabases([{ name: database }]);
        await applyUsers(users, passwords);
        const login = { user: name, password: secret, database };
        assert.deepEqual(await as(login, "SELECT current_database() AS database, current_user AS name"), [
          { database, name },
        ]);
        await as(login, "CREATE TABLE late AS SELECT 1 AS n");
        assert.deepEqual(await as(on(reader, database), "SELECT n FROM late"), [{ n: 1 }]);
        await assert.rejects(as(on(reader, database), "DELETE FROM late"), denied);
        await assert.rejects(as({ ...login, password: `${secret}x` }, "SELECT 1"), { code: "28P01" });
        const client = await here.server.psql(name, secret, database, "SELECT 'in'");
        assert.equal(client, "in\n");
        await applyUsers([], {}, users);
        await applyDatabases([], [database]);
      }),
      { numRuns: 50, seed: 20_260_801, endOnFailure: true },
    );
    assert.ok(created >= 10 && refused >= 5, `${created} created, ${refused} refused`);
  });
}
