/** An administrator that a spec asks for, and a database that a user owns: made, used, and taken back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withClient } from "../support/clients.ts";
import { type Life, ledger, orders } from "./demo.ts";
import type { Change } from "./one-apply.ts";

const owner = (life: Life) =>
  life.value(ledger, `SELECT pg_get_userbyid(datdba) AS v FROM pg_database WHERE datname = '${ledger.database}'`);

const shown = async (life: Life) => {
  type Shown = { enabled: boolean; everEnabled: boolean };
  const words = ["root-show", orders.name, "--stack", life.stack.stack];
  const { enabled, everEnabled } = await life.stack.json<Shown>(words);
  return { enabled, everEnabled };
};

export function madeAdministrator(life: Life): Change {
  return {
    async make() {
      listed(life, { name: ledger.database, owner: ledger.owner });
      await life.stack.does("root-enable", orders.name, "--edit-only");
    },
    tests() {
      test("root administers the server and a user owns a database", async () => {
        assert.deepEqual(await shown(life), { enabled: true, everEnabled: true });
        assert.equal(await owner(life), ledger.owner);
        const login = await life.stack.login(orders.name, "root", orders);
        await withClient(orders.engine, login, async (query) => {
          await query("CREATE DATABASE roots");
          await query("DROP DATABASE roots");
          await assert.rejects(query("SET GLOBAL sync_binlog = 0"), /denied/i);
        });
      });
    },
  };
}

export function removedAdministrator(life: Life): Change {
  return {
    async make() {
      listed(life, ledger.database);
      await life.stack.does("root-disable", orders.name, "--edit-only");
    },
    tests() {
      test("neither does so when the spec says it no more", async () => {
        assert.deepEqual(await shown(life), { enabled: false, everEnabled: true });
        assert.equal(await owner(life), "postgres");
        await life.rowsAreThere(ledger);
      });
    },
  };
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
