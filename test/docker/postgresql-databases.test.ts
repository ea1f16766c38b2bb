/** Databases and their extensions on a real PostgreSQL: made as asked, repaired, and dropped when they may be. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import pg from "pg";
import type { Database } from "../../engines/engine.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { on, passwordsOf, serverOfGroup, user } from "./postgresql-users-fixture.ts";

for (const version of postgresql.versions) describe(`PostgreSQL ${version}`, () => cases(version));

function cases(version: string): void {
  const here = serverOfGroup(version);
  const { applyDatabases, applyUsers, as, byHand } = here;

  test("a database is closed to the public, sorts and encodes as asked, and that is for life", async () => {
    const databases: Database[] = [
      { name: "plain" },
      { name: "german", collation: "de-AT-x-icu" },
      { name: "latin", charset: "LATIN1" },
    ];
    assert.deepEqual(await applyDatabases(databases), ["create-database", "create-database", "create-database"]);
    assert.deepEqual(await here.open.databases(), [
      { name: "german", charset: "UTF8", collation: "de-AT-x-icu", owner: "postgres" },
      { name: "latin", charset: "LATIN1", collation: "C", owner: "postgres" },
      { name: "plain", charset: "UTF8", collation: "C.UTF-8", owner: "postgres" },
    ]);
    await byHand("GRANT CONNECT ON DATABASE plain TO PUBLIC; ALTER DATABASE german ALLOW_CONNECTIONS false");
    await byHand("ALTER DATABASE latin IS_TEMPLATE true CONNECTION LIMIT 1");
    assert.deepEqual(await applyDatabases(databases), ["repair-database", "repair-database", "repair-database"]);
    const changed = postgresql.planDatabases([{ name: "latin", charset: "UTF8" }], await here.open.databases(), [], []);
    assert.match(changed.refusals.join(), /cannot change from LATIN1 to UTF8/);
  });

  test("extensions come and go; one that something needs stays, and those of users are left alone", async () => {
    const listing = (...extensions: string[]) => [{ name: "shop", extensions }];
    const plan = async (desired: Database[], managed: string[]) => {
      const observed = await here.open.databases(["shop"]);
      return postgresql.planDatabases(desired, observed, ["shop"], [], { shop: managed });
    };
    const apply = async (desired: Database[], managed: string[]) => {
      const { steps, refusals } = await plan(desired, managed);
      assert.deepEqual(refusals, []);
      for (const step of steps) await here.open.execute(step);
      assert.deepEqual(await plan(desired, managed), { steps: [], refusals: [] });
      return steps.map(({ kind, name }) => `${kind} ${name}`);
    };
    await applyDatabases([{ name: "shop" }]);
    await applyUsers([user("app", ["shop", "all"])], passwordsOf("app"));
    assert.deepEqual(await apply(listing("citext", "pg_trgm", "hstore", "uuid-ossp"), []), [
      "create-extension citext",
      "create-extension pg_trgm",
      "create-extension hstore",
      "create-extension uuid-ossp",
    ]);
    await as(on("app"), "CREATE EXTENSION cube");
    const free = (await here.open.databases(["shop"])).flatMap((database) => database.extensions ?? []);
    assert.deepEqual(
      free.filter(({ needed }) => needed),
      [],
      "nothing uses them yet",
    );
    await as(
      on("app"),
      `CREATE TABLE t (mail citext, words text, id uuid DEFAULT uuid_generate_v4());
       CREATE INDEX ON t USING gin (words gin_trgm_ops)`,
    );
    const all = ["citext", "pg_trgm", "hstore", "uuid-ossp"];
    for (const needed of ["citext", "pg_trgm", "uuid-ossp"]) {
      const { refusals } = await plan(listing(...all.filter((name) => name !== needed)), all);
      assert.match(refusals.join(), new RegExp(`"${needed}" of the database "shop" is no longer listed`));
    }
    assert.deepEqual(await apply(listing("citext", "pg_trgm", "uuid-ossp"), all), ["drop-extension hstore"]);
    assert.deepEqual(await byHand("SELECT extname FROM pg_extension WHERE extname = 'cube'", "shop"), [
      { extname: "cube" },
    ]);
  });

  test("every extension that a spec may ask for can be made", async () => {
    const rows = await byHand("SELECT name FROM pg_available_extension_versions WHERE trusted");
    const names = [...new Set(rows.map((row) => String(row.name)))].filter((name) => name !== "plpgsql");
    const database = { name: "shop", extensions: names };
    assert.deepEqual(postgresql.checkDatabase(database, version), []);
    await applyDatabases([{ name: "shop" }]);
    for (const step of postgresql.planDatabases([database], await here.open.databases(["shop"]), [], []).steps)
      await here.open.execute(step);
    const there = (await here.open.databases(["shop"])).flatMap(({ extensions = [] }) =>
      extensions.map(({ name }) => name),
    );
    assert.deepEqual(there.sort(), names.sort());
  });

  test("a database is dropped under its clients' feet when it may be", async () => {
    await applyDatabases([{ name: "shop" }]);
    await applyUsers([user("app", ["shop", "read"])], passwordsOf("app"));
    const session = new pg.Client({ ...here.server.address, ...on("app") });
    const ended = new Promise((resolve) => session.on("error", resolve));
    await session.connect();
    await here.open.users(["shop"], {});
    assert.deepEqual(await applyDatabases([], ["shop"]), ["drop-database"]);
    await ended;
  });
}
