/** Names and passwords of any characters on a real MariaDB: each is itself to the server and to clients, or refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { tlsFiles, type User, userKey } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { identifier } from "../../engines/mariadb/sql.ts";
import { as, passwords, serverOfGroup } from "./mariadb-users-fixture.ts";

for (const version of mariadb.versions) describe(`MariaDB ${version}`, () => cases(version));

function cases(version: string): void {
  const here = serverOfGroup(version);
  const { applyDatabases, applyUsers, login } = here;

  test("wildcards in a database's name are characters", async () => {
    await applyDatabases([{ name: "a_b" }, { name: "axb" }]);
    await here.server.admin("CREATE TABLE axb.t (id INT)");
    await applyUsers([{ name: "app", host: "%", grants: [{ database: "a_b", privileges: "all" }] }], passwords);
    const client = await login("app", "first");
    try {
      assert.equal(await as(client, "SELECT 1 FROM axb.t"), "ER_TABLEACCESS_DENIED_ERROR");
      assert.deepEqual(await as(client, "CREATE TABLE a_b.t (id INT)"), []);
    } finally {
      await client.end();
    }
  });

  /** Text that has broken many a tool, mixed with ordinary and with any characters. */
  const fragments = fc.constantFrom(
    ..."' \" ` \\ % _ ; -- # /* */ $(id) | & ! \\' '' `` \\\\ %00 OR 1=1 ; DROP DATABASE mysql $x ü ß 数据 \u00a0 . .. / @ : ~ * ? <> = , () [] {}".split(
      " ",
    ),
  );
  const hostile = fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fragments },
        { weight: 3, arbitrary: fc.string({ maxLength: 8 }) },
        { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 3 }) },
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((parts) => parts.join(""));

  test("any name and password is created exactly and works, or is refused by a rule", {
    timeout: 300_000,
  }, async () => {
    let created = 0;
    const property = fc.asyncProperty(hostile, hostile, hostile, async (database, name, password) => {
      const user: User = { name, host: "%", grants: [{ database, privileges: "read" }] };
      const problems = [
        ...mariadb.checkDatabase({ name: database }),
        ...mariadb.checkUser(user),
        ...mariadb.checkPassword(password),
      ];
      if (problems.length > 0) return;
      created++;
      const known = { [userKey(mariadb, user)]: password };
      await applyDatabases([{ name: database }]);
      await applyUsers([user], known);
      assert.deepEqual(
        (await here.open.databases()).map((d) => d.name),
        [database],
      );
      const [seen] = await here.open.users([], known);
      assert.deepEqual(seen, { ...user, passwordMatches: true });
      await here.server.admin(`CREATE TABLE ${identifier(database)}.later (id INT)`);
      const client = await login(name, password, database);
      try {
        assert.deepEqual(await as(client, "SELECT DATABASE(), SUBSTRING_INDEX(USER(), '@', 0)"), [[database, ""]]);
        assert.deepEqual(await as(client, "SELECT COUNT(*) FROM later"), [[0]]);
        assert.equal(await as(client, "INSERT INTO later VALUES (1)"), "ER_TABLEACCESS_DENIED_ERROR");
      } finally {
        await client.end();
      }
      await assert.rejects(login(name, `${password}x`), /denied/);
      await applyUsers([], {}, [user]);
      await applyDatabases([], [database]);
    });
    await fc.assert(property, { seed: 11, numRuns: 150, endOnFailure: true });
    assert.ok(created >= 50, `only ${created} cases passed the rules`);
  });

  test("the server's own client takes the connection as it is given", async () => {
    await applyDatabases([{ name: "sh op'`" }]);
    const user: User = { name: "a'p \\p", host: "%", grants: [{ database: "sh op'`", privileges: "all" }] };
    await applyUsers([user], { [userKey(mariadb, user)]: "p'w \"$x" });
    const { argv, env } = mariadb.client({
      host: "127.0.0.1",
      port: 3306,
      user: user.name,
      password: "p'w \"$x",
      database: "sh op'`",
      authority: tlsFiles.authority,
    });
    const { stdout } = await here.server.guest.must(
      [...argv, "--batch", "--skip-column-names", "-e", "SELECT DATABASE()"],
      {
        env: { ...env },
      },
    );
    assert.equal(stdout, "sh op'`\n");
  });
}
