/** An administrator from the command line: made, given another password, mended, dropped, and remembered. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { type Query, withClient } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { specOf } from "../support/specs.ts";

interface Shown {
  enabled: boolean;
  managed: boolean;
  everEnabled: boolean;
  since: string | null;
}

/** Run in the guest by the administrator: the spec's administrator is made a superuser. */
const widened: Readonly<Record<string, readonly string[]>> = {
  mariadb: ["mariadb", "-e", "GRANT SUPER ON *.* TO root@'%'"],
  postgresql: [
    ...["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"],
    ...["psql", "-v", "ON_ERROR_STOP=1", "-h", "/run/postgresql", "-c", "ALTER ROLE root SUPERUSER"],
  ],
};
const denied = /denied|not permitted|pg_hba|authentication failed|does not exist/i;

// The verbs are the same for both engines, whose own tests have each on its server.
for (const engine of ["mariadb", "postgresql"])
  describe(engine, { skip: engine === "mariadb" ? false : withoutFull }, () => {
    const name = `${engine}-orders`;
    let checkout: Checkout;
    let first = "";
    let second = "";
    let since: string | null = null;

    before(async () => {
      // Without users: the administrator is made and dropped all the same.
      checkout = await makeCheckout(specOf({ [name]: { databases: ["shop"] } }));
      await checkout.ok(["up", ...stack()]);
    });
    after(() => checkout.cleanUp());

    const stack = () => ["--stack", checkout.stack];
    const show = () => checkout.json<Shown>(["root-show", name, ...stack()]);
    const enable = async () => {
      const { user, password } = await checkout.json<{ user: string; password: string }>([
        ...["root-enable", name],
        ...stack(),
      ]);
      assert.equal(user, "root");
      return password;
    };
    const as = async <T>(password: string, act: (query: Query) => Promise<T>) => {
      const login = { ...(await checkout.address(name)), user: "root", password, database: "shop", ca: checkout.ca() };
      return withClient(engine, login, act);
    };

    test("it is made by one command, which prints its password", async () => {
      assert.deepEqual(await show(), {
        ...{ instance: name, enabled: false, managed: false, everEnabled: false, since: null },
      });
      first = await enable();
      assert.match(first, /^[A-Za-z0-9]{36}$/);
      await as(first, (query) => query("CREATE TABLE t (n INT)"));
      assert.ok(!checkout.logText().includes(first), "its password is in no log");
      assert.ok(!checkout.stateText().includes(first), "and in no state in clear");
    });

    test("by the same command it gets another password", async () => {
      second = await enable();
      assert.notEqual(second, first);
      await as(second, (query) => query("SELECT n FROM t"));
      await assert.rejects(
        as(first, (query) => query("SELECT 1")),
        denied,
      );
      const shown = await show();
      ({ since } = shown);
      assert.deepEqual([shown.enabled, shown.managed, shown.everEnabled], [true, true, true]);
      assert.ok(since !== null && Date.parse(since) <= Date.now());
    });

    test("what was added to its rights by hand is taken away", async () => {
      const { containers } = await objectsOf(checkout.stackId());
      const exec = await docker
        .getContainer(containers[0]?.Id ?? "")
        .exec({ Cmd: [...(widened[engine] ?? [])], AttachStdout: true });
      const stream = await exec.start({});
      await new Promise((end) => stream.on("end", end).resume());
      assert.equal((await exec.inspect()).ExitCode, 0);
      const { stdout, stderr } = await checkout.ok(["up", ...stack()]);
      assert.match(stdout + stderr, /repair .*(SUPER|superuser)/);
      await as(second, (query) => query("SELECT n FROM t"));
    });

    test("it is dropped, and that there was one is remembered", async () => {
      await checkout.ok(["root-disable", name, ...stack()]);
      assert.doesNotMatch(readFileSync(checkout.specFile, "utf8"), /root/);
      await assert.rejects(
        as(second, (query) => query("SELECT 1")),
        denied,
      );
      assert.deepEqual(await show(), {
        ...{ instance: name, enabled: false, managed: false, everEnabled: true, since },
      });
    });

    test("by an instance that takes its data over, too", async () => {
      await checkout.ok(["root-enable", name, ...stack()]);
      await checkout.ok(["delete", name, "--yes", ...stack()]);
      const [volume] = (await objectsOf(checkout.stackId())).volumes;
      const adopt = ["--size", "1", "--datastore", engine, "--adopt", volume?.Name ?? ""];
      await checkout.ok(["create", name, "small", ...adopt, ...stack()]);
      assert.deepEqual(
        await show(),
        { ...{ instance: name, enabled: false, managed: false, everEnabled: true, since } },
        "nobody asked for the one that came along",
      );
    });
  });
