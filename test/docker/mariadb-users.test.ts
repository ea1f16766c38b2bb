/** Databases, users and grants on a real MariaDB: what a plan says is what clients can do, and nothing else. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SqlStep, User } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { openGuestSql } from "../../engines/mariadb/sql.ts";
import { app, as, passwords, serverOfGroup } from "./mariadb-users-fixture.ts";

for (const version of mariadb.versions) describe(`MariaDB ${version}`, () => cases(version));

function cases(version: string): void {
  const here = serverOfGroup(version);
  const { applyDatabases, applyUsers, login } = here;

  test("many steps at once: each is told, and what fails is told of its step, after those before it", async () => {
    const names = Array.from({ length: 40 }, (_, at) => `many${at}`);
    const known = Object.fromEntries([...names, "late"].map((name) => [`${name}@%`, `password of ${name}`]));
    const databases = mariadb.planDatabases(
      names.map((name) => ({ name })),
      await here.open.databases(),
      [],
      [],
    );
    const desired = names.map(
      (name): User => ({ ...app("write"), name, grants: [{ database: name, privileges: "write" }] }),
    );
    const users = mariadb.planUsers(desired, await here.open.users([], known), []);
    // The server takes no name of that length; the planner never gives it one.
    const long = { ...users.steps[0], name: "x".repeat(200), summary: "too long" };
    const late = { ...users.steps[0], name: "late", summary: "after it" };
    const begun: string[] = [];
    const all = [...databases.steps, ...users.steps, long, late] as SqlStep[];
    known[`${long.name}@%`] = "never used";
    await assert.rejects(
      here.open.executeAll(all, known, ({ summary }) => begun.push(summary)),
      (error: Error) => {
        assert.match(error.message, /too long for user name/i);
        assert.doesNotMatch(error.message, /verifier|IDENTIFIED|\*[0-9A-F]{40}/);
        return true;
      },
    );
    assert.deepEqual(
      begun.slice(0, 120),
      [...databases.steps, ...users.steps].map(({ summary }) => summary),
    );
    const after = await here.open.users([], known);
    assert.deepEqual(mariadb.planUsers(desired, after, []).steps, []);
    assert.ok(!after.some(({ name }) => name === "late"), "it went on after a failure");
    const client = await login("many39", "password of many39", "many39");
    assert.equal(await as(client, "SELECT 1 FROM many0.t"), "ER_TABLEACCESS_DENIED_ERROR");
    assert.deepEqual(await as(client, "SELECT 1"), [[1]]);
    await client.end();
    const rest = mariadb.planUsers(
      [],
      after,
      desired.map(({ name, host }) => ({ name, host })),
    );
    await here.open.executeAll(rest.steps, {}, () => {});
    const dropped = mariadb.planDatabases([], await here.open.databases(), names, names);
    await here.open.executeAll(dropped.steps, {}, () => {});
    assert.ok(!(await here.open.databases()).some(({ name }) => names.includes(name)));
  });

  test("levels hold for tables that are created later, and change in place", async () => {
    await applyDatabases([{ name: "shop" }, { name: "other" }]);
    await applyUsers([app("read")], passwords);
    await here.server.admin("CREATE TABLE shop.later (id INT)");
    await here.server.admin("CREATE TABLE other.later (id INT)");
    const client = await login("app", "first", "shop");
    try {
      assert.deepEqual(await as(client, "SELECT COUNT(*) FROM later"), [[0]]);
      assert.equal(await as(client, "INSERT INTO later VALUES (1)"), "ER_TABLEACCESS_DENIED_ERROR");
      assert.equal(await as(client, "SELECT 1 FROM other.later"), "ER_TABLEACCESS_DENIED_ERROR");
      assert.deepEqual(await applyUsers([app("write")], passwords), ["grant"]);
      await client.query("USE shop");
      assert.deepEqual(await as(client, "INSERT INTO later VALUES (1)"), []);
      assert.equal(await as(client, "CREATE TABLE mine (id INT)"), "ER_TABLEACCESS_DENIED_ERROR");
      assert.deepEqual(await applyUsers([app("all")], passwords), ["grant"]);
      await client.query("USE shop");
      assert.deepEqual(await as(client, "CREATE TABLE mine (id INT)"), []);
      assert.equal(await as(client, "GRANT SELECT ON shop.* TO app"), "ER_DBACCESS_DENIED_ERROR");
      assert.deepEqual(await applyUsers([app("read")], passwords), ["grant"]);
      await client.query("USE shop");
      assert.equal(await as(client, "DROP TABLE mine"), "ER_TABLEACCESS_DENIED_ERROR");
    } finally {
      await client.end();
    }
  });

  /** What an administrator's hand can do to a listed user; each is undone. */
  const drifts: { statement: string; kinds: string[] }[] = [
    { statement: "DROP USER app@'%'", kinds: ["create-user", "grant"] },
    { statement: "ALTER USER app@'%' IDENTIFIED BY 'another'", kinds: ["set-password"] },
    { statement: "GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION", kinds: ["repair-user"] },
    { statement: "GRANT SUPER ON *.* TO app@'%'", kinds: ["repair-user"] },
    { statement: "GRANT SELECT ON `sh%`.* TO app@'%' WITH GRANT OPTION", kinds: ["repair-user"] },
    { statement: "GRANT SELECT (User), INSERT ON mysql.global_priv TO app@'%'", kinds: ["repair-user"] },
    { statement: "GRANT USAGE ON mysql.db TO app@'%' WITH GRANT OPTION", kinds: ["repair-user"] },
    { statement: "GRANT SELECT ON other.* TO app@'%'", kinds: ["revoke"] },
    { statement: "GRANT SELECT ON shop.* TO app@'%' WITH GRANT OPTION", kinds: ["grant"] },
    { statement: "REVOKE INSERT ON shop.* FROM app@'%'", kinds: ["grant"] },
    { statement: "REVOKE ALL PRIVILEGES, GRANT OPTION FROM app@'%'", kinds: ["grant"] },
    { statement: "ALTER USER app@'%' ACCOUNT LOCK", kinds: ["repair-user"] },
    { statement: "ALTER USER app@'%' PASSWORD EXPIRE", kinds: ["repair-user"] },
    { statement: "ALTER USER app@'%' REQUIRE X509", kinds: ["repair-user"] },
    { statement: "GRANT drift_role TO app@'%'", kinds: ["repair-user"] },
    { statement: "GRANT PROXY ON root@localhost TO app@'%'", kinds: ["repair-user"] },
    {
      statement: "ALTER USER app@'%' IDENTIFIED VIA unix_socket OR mysql_native_password",
      kinds: ["repair-user", "set-password"],
    },
  ];

  for (const { statement, kinds } of drifts)
    test(`undone, and the user can log in: ${statement}`, async () => {
      await applyDatabases([{ name: "shop" }, { name: "other" }]);
      await here.server.admin("CREATE OR REPLACE ROLE drift_role");
      await applyUsers([app("write")], passwords);
      await here.server.admin(statement);
      assert.deepEqual(await applyUsers([app("write")], passwords), kinds);
      const client = await login("app", "first", "shop");
      const grants = await as(client, "SHOW GRANTS");
      await client.end();
      assert.equal(grants.length, 2);
      assert.match(String(grants[0]), /^GRANT USAGE ON \*\.\* TO `app`@`%` IDENTIFIED BY PASSWORD '\*[0-9A-F]{40}'$/);
      assert.match(String(grants[1]), /^GRANT SELECT, INSERT.* ON `shop`\.\* TO `app`@`%`$/);
    });

  test("others are left alone; one who left the list is dropped; a password is changed", async () => {
    await here.server.admin("CREATE USER stranger@'10.%' IDENTIFIED BY 'x'");
    await applyUsers([{ ...app("read"), grants: [] }], passwords);
    assert.deepEqual(await applyUsers([{ ...app("read"), grants: [] }], { "app@%": "second" }), ["set-password"]);
    await assert.rejects(login("app", "first"), /denied/);
    await (await login("app", "second")).end();
    assert.deepEqual(await applyUsers([], {}, [app("read")]), ["drop-user"]);
    assert.deepEqual(
      (await here.open.users([], {})).map((user) => user.name),
      ["stranger"],
    );
  });

  test("a grant makes no user, least of all one without a password", async () => {
    await applyDatabases([{ name: "shop" }]);
    const ghost = { kind: "grant", name: "ghost", host: "%", database: "shop", privileges: "read", summary: "" };
    await assert.rejects(here.open.execute(ghost), /ghost@% is no longer there; run again to create it/);
    // Nor in the moment after that look.
    const sql = await openGuestSql(here.server.guest);
    try {
      await assert.rejects(sql.query("GRANT SELECT ON shop.* TO 'ghost'@'%'"), { code: "ER_PASSWORD_NO_MATCH" });
    } finally {
      await sql.close();
    }
    assert.deepEqual(await here.open.users([], {}), []);
  });

  test("a renamed user keeps its password, its grants and its sessions", async () => {
    await applyDatabases([{ name: "shop" }]);
    await applyUsers([app("all")], passwords);
    const session = await login("app", "first", "shop");
    const renamed: User = { ...app("all"), name: "n'ew", host: "%.%", was: { name: "app", host: "%" } };
    assert.deepEqual(await applyUsers([renamed], { ...passwords, "n'ew@%.%": "first" }, [app("all")]), ["rename-user"]);
    assert.deepEqual(await as(session, "CREATE TABLE t (id INT)"), []);
    await session.end();
    await assert.rejects(login("app", "first"), /denied/);
    const client = await login("n'ew", "first", "shop");
    assert.deepEqual(await as(client, "SELECT COUNT(*) FROM t"), [[0]]);
    await client.end();
    const third: User = { ...app("read"), name: "third", was: renamed };
    assert.deepEqual(await applyUsers([third], { "n'ew@%.%": "other", "third@%": "other" }, [renamed]), [
      "rename-user",
      "set-password",
      "grant",
    ]);
    await (await login("third", "other", "shop")).end();
  });

  for (const { what, statement } of [
    { what: "view shop.v", statement: "CREATE DEFINER = app@'%' VIEW shop.v AS SELECT 1" },
    { what: "procedure shop.p", statement: "CREATE DEFINER = app@'%' PROCEDURE shop.p() SELECT 1" },
    { what: "event shop.e", statement: "CREATE DEFINER = app@'%' EVENT shop.e ON SCHEDULE EVERY 1 DAY DO SELECT 1" },
    {
      what: "trigger shop.g",
      statement: "CREATE DEFINER = app@'%' TRIGGER shop.g BEFORE INSERT ON shop.t FOR EACH ROW SET @x = 1",
    },
  ])
    test(`what runs as a user would not survive its rename, so that is refused: ${what}`, async () => {
      await applyDatabases([{ name: "shop" }]);
      await applyUsers([app("all")], passwords);
      await here.server.admin("CREATE TABLE shop.t (id INT)");
      await here.server.admin(statement);
      const renamed: User = { ...app("all"), name: "new", was: app("all") };
      await assert.rejects(applyUsers([renamed], { "new@%": "first" }), (error: Error) => {
        assert.ok(error.message.includes(`is the definer of ${what},`), error.message);
        return true;
      });
      await (await login("app", "first", "shop")).end();
    });

  test("a character set is changed in place, and data stays", async () => {
    assert.deepEqual(await applyDatabases([{ name: "shop", charset: "latin1" }]), ["create-database"]);
    await here.server.admin("CREATE TABLE shop.kept (id INT)");
    assert.deepEqual(await applyDatabases([{ name: "shop", collation: "utf8mb4_bin" }]), ["alter-database"]);
    assert.equal((await here.server.admin("SHOW TABLES IN shop")).length, 1);
  });
}
