/** What somebody changes by hand on real servers and machines is told, put right by `up`, or taken into the spec by `adopt`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { withClient } from "../support/clients.ts";
import { type DriftResult, driftLine } from "../support/drift.ts";
import { engineOfName, specOf } from "../support/specs.ts";

const orders = "mariadb-orders";
const ledger = "postgresql-ledger";

const password = "made-by-hand-1";

describe("drift", () => {
  let checkout: Checkout;

  before(async () => {
    const contents = { databases: ["shop", "stats"], users: { app: { all: ["shop"] }, ro: { read: ["shop"] } } };
    checkout = await makeCheckout(
      specOf({
        [orders]: { ...contents, parameters: { max_connections: 60 } },
        [ledger]: { ...contents, parameters: { max_connections: 40 } },
      }),
    );
    await checkout.ok(["up", ...stack()]);
  });
  after(() => checkout.cleanUp());

  const stack = () => ["--stack", checkout.stack];
  const drift = async (...more: readonly string[]) =>
    (await checkout.json<DriftResult[]>(["drift", ...more, ...stack()])).map(driftLine);
  const container = async (name: string) => {
    const { containers } = await objectsOf(checkout.stackId());
    const found = containers.find(({ Labels }) => Labels["coffer.name"] === name);
    assert.ok(found, `the container of ${name}`);
    return docker.getContainer(found.Id);
  };
  /** Statements of the administrator, in the guest. */
  const byHand = async (name: string, ...statements: readonly string[]) => {
    const asAdministrator: Readonly<Record<string, (sql: string) => string[]>> = {
      mariadb: (sql) => ["mariadb", "-e", sql],
      postgresql: (sql) => [
        ...["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"],
        ...["psql", "-v", "ON_ERROR_STOP=1", "-h", "/run/postgresql", "-c", sql],
      ],
    };
    for (const sql of statements) {
      const argv = asAdministrator[engineOfName(name)]?.(sql) ?? [];
      const exec = await (await container(name)).exec({ Cmd: argv, AttachStdout: true, AttachStderr: true });
      const stream = await exec.start({});
      await new Promise((end) => stream.on("end", end).resume());
      assert.equal((await exec.inspect()).ExitCode, 0, sql);
    }
  };

  test("nothing differs after an apply", async () => {
    const { code, stdout } = await checkout.coffer(["drift", "--detailed-exitcode", ...stack()]);
    assert.equal(stdout, "no drift\n");
    assert.equal(code, 0);
  });

  test("what is set by hand is told, with all three sides", async () => {
    await byHand(
      orders,
      "SET GLOBAL max_connections = 70",
      "SET GLOBAL wait_timeout = 333",
      "GRANT INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE ON shop.* TO ro@'%'",
      "SET PASSWORD FOR app@'%' = PASSWORD('another')",
      "CREATE DATABASE hers",
      `CREATE USER hand@'%' IDENTIFIED BY '${password}'`,
      "GRANT SELECT, SHOW VIEW ON hers.* TO hand@'%'",
    );
    await byHand(
      ledger,
      "ALTER SYSTEM SET work_mem = '7MB'",
      "SELECT pg_reload_conf()",
      "DROP DATABASE stats",
      "ALTER ROLE ro CREATEDB",
      `CREATE ROLE hand LOGIN PASSWORD '${password}'`,
    );
    const memory = 400 * 2 ** 20;
    await (await container(orders)).update({ Memory: memory, MemorySwap: memory });
    assert.deepEqual(await drift(orders), [
      `${orders} parameter max_connections: 60/60/70 up adoptable`,
      `${orders} parameter wait_timeout: default/default/333 up adoptable`,
      `${orders} database hers: null/null/there none adoptable`,
      `${orders} password app@%: as recorded/as recorded/another up`,
      `${orders} user hand@%: null/null/there none adoptable`,
      `${orders} grant ro@% on shop: read/read/write up adoptable`,
      `${orders} flavor : small/small/vcpus 1, 400 MiB up`,
    ]);
    assert.deepEqual(await drift(ledger), [
      `${ledger} parameter work_mem: 4MB/4MB/7MB up adoptable`,
      `${ledger} database stats: there/there/null up adoptable`,
      `${ledger} user hand: null/null/there none adoptable`,
      `${ledger} user ro: in order/in order/it may create databases up`,
    ]);
    const { code } = await checkout.coffer(["drift", "--detailed-exitcode", ...stack()]);
    assert.equal(code, 3);
  });

  test("adopt asks first, and takes one kind when that is asked for", async () => {
    const text = readFileSync(checkout.specFile, "utf8");
    const unasked = await checkout.coffer(["adopt", orders, ...stack()]);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /goes into the spec.*wait_timeout.*The apply decides about the rest:.*password/s);
    assert.equal(readFileSync(checkout.specFile, "utf8"), text);
    await checkout.ok(["adopt", ledger, "--only", "parameter", "--yes", "--edit-only", ...stack()]);
    assert.match(readFileSync(checkout.specFile, "utf8"), /"?work_mem"?: "?7MB/);
    assert.deepEqual(
      (await drift(ledger)).filter((row) => row.includes("work_mem")),
      [`${ledger} parameter work_mem: 7MB/4MB/7MB up`],
    );
  });

  test("adopt takes into the spec what is real, and the apply puts the rest right", async () => {
    await checkout.ok(["adopt", orders, "--yes", "--all", ...stack()]);
    assert.deepEqual(await drift(), [`${ledger} user hand: null/null/there none adoptable`]);
    const login = { ...(await checkout.login(orders, "app", "shop")), user: "hand", password, database: "hers" };
    await withClient("mariadb", login, (query) => query("SELECT 1"));
    const { HostConfig } = await (await container(orders)).inspect();
    assert.equal(HostConfig.Memory, 512 * 2 ** 20, "memory is put back");
    const { code } = await checkout.coffer(["preview", "--detailed-exitcode", ...stack()]);
    assert.equal(code, 0, "nothing is left to do");
  });

  test("a user that keeps its password is changed in all else, and is not made where the server has none", async () => {
    await checkout.ok(["user-grant-access", orders, "hand", "shop", ...stack()]);
    const login = { ...(await checkout.login(orders, "app", "shop")), user: "hand", password };
    await withClient("mariadb", login, (query) => query("CREATE TABLE mine (id int)"));
    await byHand(orders, "DROP USER hand@'%'");
    const { code, stderr } = await checkout.coffer(["preview", ...stack()]);
    assert.notEqual(code, 0);
    assert.match(stderr, /user "hand@%" is to keep the password that the server has, and the server has no such user/);
    assert.deepEqual(
      (await drift(orders)).filter((row) => row.includes("hand")),
      [`${orders} user hand@%: there/there/null up adoptable`],
    );
    await checkout.ok(["adopt", orders, "--yes", ...stack()]);
    assert.deepEqual(await drift(orders), []);
  });

  test("a machine that somebody stopped is told, and looked into no further", async () => {
    await (await container(ledger)).stop();
    assert.deepEqual(await drift(ledger), [`${ledger} power : null/running/stopped start`]);
    await checkout.ok(["start", ledger, ...stack()]);
    assert.deepEqual(await drift(ledger), [`${ledger} user hand: null/null/there none adoptable`]);
  });

  test("a machine that is gone is told", async () => {
    await (await container(ledger)).remove({ force: true });
    const [row = "", ...others] = await drift(ledger);
    assert.match(row, /object : null\/recorded\/.* is gone and will be made again up$/);
    assert.deepEqual(others, []);
  });
});
