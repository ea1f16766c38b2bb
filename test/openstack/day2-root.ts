/** An administrator that a spec asks for, and a database that a user owns: made, used, and taken back, in two applies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withClient } from "../support/clients.ts";
import { type Life, ledger, orders } from "./demo.ts";

export function administratorsAreMade(life: Life): void {
  const own = () => ["--stack", life.stack.stack];
  const owner = async () =>
    life.value(ledger, `SELECT pg_get_userbyid(datdba) AS v FROM pg_database WHERE datname = '${ledger.database}'`);

  test("root administers the server and a user owns a database, until the spec says so no more", async () => {
    type Shown = { enabled: boolean; everEnabled: boolean };
    const shown = async () => {
      const { enabled, everEnabled } = await life.stack.json<Shown>(["root-show", orders.name, ...own()]);
      return { enabled, everEnabled };
    };
    listed(life, { name: ledger.database, owner: ledger.owner });
    await life.stack.does("root-enable", orders.name, "--all");
    assert.deepEqual(await shown(), { enabled: true, everEnabled: true });
    assert.equal(await owner(), ledger.owner);
    const login = await life.stack.login(orders.name, "root", orders);
    await withClient(orders.engine, login, async (query) => {
      await query("CREATE DATABASE roots");
      await query("DROP DATABASE roots");
      await assert.rejects(query("SET GLOBAL sync_binlog = 0"), /denied/i);
    });

    listed(life, ledger.database);
    await life.stack.does("root-disable", orders.name, "--all");
    assert.deepEqual(await shown(), { enabled: false, everEnabled: true });
    assert.equal(await owner(), "postgres");
    await life.rowsAreThere(orders);
    await life.rowsAreThere(ledger);
  });
}

/** How the spec lists the ledger's first database. */
function listed(life: Life, as: string | { name: string; owner: string }): void {
  life.stack.edit((spec) => {
    const place = ["instances", ledger.name, "databases"];
    const all = spec.toJS().instances[ledger.name].databases as (string | { name: string })[];
    const at = all.findIndex((one) => (typeof one === "string" ? one : one.name) === ledger.database);
    spec.setIn([...place, at], spec.createNode(as));
  });
}
