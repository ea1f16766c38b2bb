/** A configuration group on an instance whose restarts somebody decides: attached, patched, taken off. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutFull } from "../support/full.ts";
import { type Life, orders } from "./demo.ts";
import type { Change } from "./one-apply.ts";

/** One that is changed in the running server and one that is not; as the group has it, and as the server says it. */
const live = { name: "wait_timeout", ask: "SELECT @@global.wait_timeout AS v", first: "600", second: "3600" };
const fixed = { name: "thread_stack", ask: "SELECT @@global.thread_stack AS v", value: "524288" };

const seenIn = async (life: Life) => ({
  live: await life.value(orders, live.ask),
  fixed: await life.value(orders, fixed.ask),
  pid: await life.serverPid(orders),
});

export function attachedConfiguration(life: Life): Change {
  let usual: Awaited<ReturnType<typeof seenIn>>;
  return {
    async make() {
      usual = await seenIn(life);
      life.stack.edit((spec) => spec.setIn(["instances", orders.name, "restart"], "hold"));
      const settings = [`${live.name}=10min`, `${fixed.name}=512kB`];
      const datastore = `${orders.engine}@${orders.version}`;
      await life.stack.does("configuration-create", "tuned", "--datastore", datastore, ...settings, "--edit-only");
      await life.stack.does("configuration-attach", orders.name, "tuned", "--edit-only");
    },
    tests(outcome) {
      test("a configuration is attached: under `restart: hold` what needs a restart waits, and is told", async () => {
        assert.deepEqual(await seenIn(life), { ...usual, live: live.first });
        const { status, configuration } = outcome().row(orders);
        assert.deepEqual([status, configuration], ["RESTART_REQUIRED", "tuned"]);
      });
    },
  };
}

/** After a restart. */
export async function heldIsInEffect(life: Life): Promise<void> {
  assert.equal(await life.value(orders, fixed.ask), fixed.value);
  const row = (await life.healthyRows()).find(({ name }) => name === orders.name);
  assert.deepEqual([row?.status, row?.configuration], ["ACTIVE", "tuned"]);
}

export function configurationsAreChanged(life: Life): void {
  test("a patch of the group is in effect in the running server", { skip: withoutFull }, async () => {
    const before = await seenIn(life);
    await life.stack.does("configuration-patch", "tuned", `${live.name}=1h`);
    assert.deepEqual(await seenIn(life), { ...before, live: live.second });
  });

  test("detached under `hold`, what needs a restart waits", { skip: withoutFull }, async () => {
    const before = await seenIn(life);
    await life.stack.does("configuration-detach", orders.name);
    const held = await seenIn(life);
    assert.notEqual(held.live, before.live);
    assert.deepEqual([held.fixed, held.pid], [before.fixed, before.pid]);
    await life.stack.does("configuration-attach", orders.name, "tuned");
  });
}

export function detachedConfiguration(life: Life): Change {
  return {
    async make() {
      life.stack.edit((spec) => spec.deleteIn(["instances", orders.name, "restart"]));
      await life.stack.does("configuration-detach", orders.name, "--edit-only");
      await life.stack.does("configuration-delete", "tuned", "--edit-only");
    },
    tests(outcome) {
      test("detached and deleted, it is back to the defaults; without `hold` the server is restarted for them", async () => {
        assert.notEqual(await life.value(orders, live.ask), live.first);
        assert.notEqual(await life.value(orders, fixed.ask), fixed.value);
        const { status, configuration } = outcome().row(orders);
        assert.deepEqual([status, configuration], ["ACTIVE", null]);
        await life.rowsAreThere(orders);
      });
    },
  };
}
