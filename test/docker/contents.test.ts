/** Verbs on databases and users, as a user of both engines types them, with what an ordinary client then can do. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { type Query, withClient } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { specOf } from "../support/specs.ts";

/** Makes a database and a user by hand, run in the guest by the administrator. */
const byHand: Readonly<Record<string, readonly (readonly string[])[]>> = {
  mariadb: [["mariadb", "-e", "CREATE DATABASE hers; CREATE USER stray@localhost"]],
  postgresql: ["CREATE DATABASE hers", "CREATE ROLE stray LOGIN"].map((sql) => [
    ...["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"],
    ...["psql", "-v", "ON_ERROR_STOP=1", "-h", "/run/postgresql", "-c", sql],
  ]),
};
const denied = /denied|not permitted|pg_hba|authentication failed|does not exist/i;

// The verbs are the same for both engines, whose own tests have each on its server.
for (const engine of ["mariadb", "postgresql"])
  describe(engine, { skip: engine === "mariadb" ? false : withoutFull }, () => {
    const name = `${engine}-orders`;
    let checkout: Checkout;

    before(async () => {
      checkout = await makeCheckout(
        specOf({ [name]: { databases: ["shop"], users: { app: { all: ["shop"] } }, extra: "# by hand" } }),
      );
      await checkout.ok(["up", ...stack()]);
    });
    after(() => checkout.cleanUp());

    const specText = () => readFileSync(checkout.specFile, "utf8");
    const stack = () => ["--stack", checkout.stack];
    const verb = (word: string, ...more: readonly string[]) => checkout.ok([word, name, ...more, ...stack()]);
    const passwordOf = async (user: string) =>
      (await checkout.json<{ password: string }>(["user-show", name, user, "--password", ...stack()])).password;
    const as = async <T>(user: string, password: string, database: string, act: (query: Query) => Promise<T>) =>
      withClient(engine, { ...(await checkout.address(name)), user, password, database, ca: checkout.ca() }, act);
    const access = (user: string) =>
      checkout.json<{ database: string; privileges: string }[]>(["user-show-access", name, user, ...stack()]);

    test("a database and a reader of it are made, and can be used", async () => {
      await verb("database-create", "reports", "stats", "--edit-only");
      await verb("user-grant-access", "app", "reports", "--edit-only");
      const reader = ["analyst", "--databases", "reports", "--privileges", "read"];
      const made = await verb("user-create", ...reader, "--all");
      const lines = made.stdout.split("\n").map((line) => line.trim());
      assert.equal(lines[0], 'user "analyst" is made');
      assert.equal(lines[1], `connect as it:  coffer connect ${name} --user analyst --stack ${checkout.stack}`);
      const shows = /^its password: +coffer (.*)$/.exec(lines[2] ?? "")?.[1]?.split(" ") ?? [];
      const { password } = await checkout.json<{ password: string }>(shows);
      assert.ok(password === (await passwordOf("analyst")) && !made.stdout.includes(password));
      await as("app", await passwordOf("app"), "reports", async (query) => {
        await query("CREATE TABLE t (id int)");
        await query("INSERT INTO t VALUES (7)");
      });
      const rows = await as("analyst", await passwordOf("analyst"), "reports", (query) => query("SELECT id FROM t"));
      assert.deepEqual(rows, [{ id: 7 }]);
      assert.deepEqual(
        (await access("analyst")).map(({ database, privileges }) => [database, privileges]),
        [["reports", "read"]],
      );
      assert.match(specText(), /# by hand/);
    });

    test("a renamed user keeps its password and grants; a new password replaces the old one", async () => {
      const before = await passwordOf("analyst");
      await verb("user-update", "analyst", "--new-name", "reader");
      assert.equal(await passwordOf("reader"), before);
      await as("reader", before, "reports", (query) => query("SELECT id FROM t"));
      await assert.rejects(
        as("analyst", before, "reports", (query) => query("SELECT 1")),
        denied,
      );
      await verb("user-update", "reader", "--new-password");
      const now = await passwordOf("reader");
      assert.notEqual(now, before);
      await as("reader", now, "reports", (query) => query("SELECT id FROM t"));
      await assert.rejects(
        as("reader", before, "reports", (query) => query("SELECT 1")),
        denied,
      );
      const { code, stdout, stderr } = await checkout.coffer(["preview", "--detailed-exitcode", ...stack()]);
      assert.equal(code, 0, `nothing is left to do: ${stdout}${stderr}`);
    });

    test("access that was revoked is gone", async () => {
      const password = await passwordOf("reader");
      await verb("user-revoke-access", "reader", "reports");
      assert.deepEqual(await access("reader"), []);
      await assert.rejects(
        as("reader", password, "reports", (query) => query("SELECT 1")),
        denied,
      );
    });

    test("what is made by hand is seen, and users go when the instance is exclusive", async () => {
      const { containers } = await objectsOf(checkout.stackId());
      for (const argv of byHand[engine] ?? []) {
        const exec = await docker.getContainer(containers[0]?.Id ?? "").exec({ Cmd: [...argv], AttachStdout: true });
        const stream = await exec.start({});
        await new Promise((end) => stream.on("end", end).resume());
        assert.equal((await exec.inspect()).ExitCode, 0);
      }
      const rows = await checkout.json<{ name: string; managed: boolean }[]>(["database-list", name, ...stack()]);
      assert.deepEqual(rows.map((row) => [row.name, row.managed]).sort(), [
        ["hers", false],
        ["reports", true],
        ["shop", true],
        ["stats", true],
      ]);
      const told = await checkout.coffer(["preview", "--detailed-exitcode", ...stack()]);
      assert.equal(told.code, 0, `they are none of the spec's business: ${told.stdout}${told.stderr}`);
      assert.match(told.stderr, /users that the spec does not list: "stray/);

      checkout.writeSpec(specText().replace("# by hand", "exclusive: true"));
      const up = await checkout.ok(["up", ...stack()]);
      assert.match(up.stdout + up.stderr, /drop .*stray/);
      const gone = await checkout.coffer(["user-show-access", name, "stray", ...stack()]);
      assert.equal(gone.code, 2, "there is no such user");
    });

    test("a database is dropped when that is confirmed, and listed again it is a new one", async () => {
      const before = specText();
      const unasked = await checkout.coffer(["database-delete", name, "reports", ...stack()]);
      assert.equal(unasked.code, 2);
      assert.match(unasked.stderr, /ALL DATA IN IT IS LOST.*These users lose their privileges in it: "app"/s);
      assert.equal(specText(), before);
      await verb("database-delete", "reports", "--yes");
      const rows = await checkout.json<{ name: string }[]>(["database-list", name, ...stack()]);
      assert.ok(!rows.some((row) => row.name === "reports"));
      await verb("database-create", "reports", "--edit-only");
      await verb("user-grant-access", "app", "reports", "--all");
      await assert.rejects(
        as("app", await passwordOf("app"), "reports", (query) => query("SELECT * FROM t")),
        /exist/,
      );
    });

    test("a user is dropped when that is confirmed", async () => {
      const password = await passwordOf("reader");
      assert.equal((await checkout.coffer(["user-delete", name, "reader", ...stack()])).code, 2);
      await verb("user-delete", "reader", "--yes");
      await assert.rejects(
        as("reader", password, "shop", (query) => query("SELECT 1")),
        denied,
      );
    });
  });
