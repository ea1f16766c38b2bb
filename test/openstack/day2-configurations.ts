/** A configuration group on an instance whose restarts somebody decides: attached, patched, taken off. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutFull } from "../support/full.ts";
import { type Life, orders } from "./demo.ts";

/** One that is changed in the running server and one that is not; as the group has it, and as the server says it. */
const live = { name: "wait_timeout", ask: "SELECT @@global.wait_timeout AS v", first: "600", second: "3600" };
const fixed = { name: "thread_stack", ask: "SELECT @@global.thread_stack AS v", value: "524288" };

export function configurationsAreChanged(life: Life): void {
  const seen = async () => ({
    live: await life.value(orders, live.ask),
    fixed: await life.value(orders, fixed.ask),
    pid: await life.serverPid(orders),
  });
  const statusOf = async () => {
    const { status, configuration } = await life.stack.row(orders.name);
    return [status, configuration];
  };

  test("a configuration is attached: under `restart: hold` what needs a restart waits, and is told", async () => {
    const usual = await seen();
    life.stack.edit((spec) => spec.setIn(["instances", orders.name, "restart"], "hold"));
    const settings = [`${live.name}=10min`, `${fixed.name}=512kB`];
    const datastore = `${orders.engine}@${orders.version}`;
    await life.stack.does("configuration-create", "tuned", "--datastore", datastore, ...settings, "--edit-only");
    await life.stack.does("configuration-attach", orders.name, "tuned", "--all");
    assert.deepEqual(await seen(), { ...usual, live: live.first });
    assert.deepEqual(await statusOf(), ["RESTART_REQUIRED", "tuned"]);
    await life.stack.does("restart", orders.name);
    assert.equal(await life.value(orders, fixed.ask), fixed.value);
    assert.deepEqual(await statusOf(), ["ACTIVE", "tuned"]);
  });

  test("a patch of the group is in effect in the running server", { skip: withoutFull }, async () => {
    const before = await seen();
    await life.stack.does("configuration-patch", "tuned", `${live.name}=1h`);
    assert.deepEqual(await seen(), { ...before, live: live.second });
  });

  test("detached under `hold`, what needs a restart waits", { skip: withoutFull }, async () => {
    const before = await seen();
    await life.stack.does("configuration-detach", orders.name);
    const held = await seen();
    assert.notEqual(held.live, before.live);
    assert.deepEqual([held.fixed, held.pid], [before.fixed, before.pid]);
    await life.stack.does("configuration-attach", orders.name, "tuned");
  });

  test("detached and deleted, it is back to the defaults; without `hold` the server is restarted for them", async () => {
    life.stack.edit((spec) => spec.deleteIn(["instances", orders.name, "restart"]));
    await life.stack.does("configuration-detach", orders.name, "--edit-only");
    await life.stack.does("configuration-delete", "tuned", "--all");
    assert.notEqual(await life.value(orders, live.ask), live.first);
    assert.notEqual(await life.value(orders, fixed.ask), fixed.value);
    assert.deepEqual(await statusOf(), ["ACTIVE", null]);
    await life.rowsAreThere(orders);
  });
}
