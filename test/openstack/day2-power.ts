/** Restart, reboot, stop and start. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readHostKey } from "../../access/openstack/host-key.ts";
import { getServer, waitForServer } from "../../access/openstack/servers.ts";
import type { ListRow } from "../support/cloud.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { withoutFull } from "../support/full.ts";
import { heldIsInEffect } from "./day2-configurations.ts";
import { problem } from "./day2-guests.ts";
import { type DemoInstance, type Life, ledger, orders } from "./demo.ts";

/** Its configuration waits for it. */
export function serverIsRestarted(life: Life): void {
  test("restart ends the database server and starts it, on the same boot", async () => {
    const [pid, boot] = [await life.serverPid(orders), await bootOf(life, orders)];
    await life.stack.does("restart", "orders");
    assert.notEqual(await life.serverPid(orders), pid);
    assert.equal(await bootOf(life, orders), boot);
    await heldIsInEffect(life);
    await life.rowsAreThere(orders);
  });
}

export function powerIsSwitched(life: Life): void {
  const serves = async (one: DemoInstance): Promise<void> => {
    await life.healthyRows();
    await life.rowsAreThere(one);
  };

  test("reboot boots the machine anew", { skip: withoutFull }, async () => {
    const boot = await bootOf(life, orders);
    await life.stack.does("reboot", "orders");
    assert.notEqual(await bootOf(life, orders), boot);
    await serves(orders);
  });

  test("stop ends database and machine, twice without harm; start brings them back, under the same host key", async () => {
    const { id } = await life.stack.object("ledger", "server");
    const guest = await life.stack.guest("ledger");
    const row = await life.stack.json<ListRow>(["stop", "ledger", "--stack", life.stack.stack]);
    assert.equal((await getServer(life.stack.cloud, id))?.status, "SHUTOFF");
    assert.deepEqual([row.status, row.operatingStatus], ["SHUTDOWN", "STOPPED"]);
    // The connection of before, whose machine is gone.
    await assert.rejects(guest.run(["true"]), problem("stopped"));
    await life.stack.does("stop", "ledger");
    const { stdout, stderr } = await life.stack.coffer(["up", "--stack", life.stack.stack]);
    assert.match(stdout + stderr, /coffer start ledger/, "up does not say how a stopped machine is started");
    assert.equal((await getServer(life.stack.cloud, id))?.status, "SHUTOFF");
    await life.stack.does("start", "ledger");
    await serves(ledger);
    const journal = await guest.service.logs(200);
    const hostKey = (await life.stack.addresses()).ledger?.hostKey;
    assert.equal(await readHostKey(life.stack.cloud, id, { timeout: 60_000 }), hostKey);
    assert.equal(lastStart("postgresql", journal), "clean");
  });

  test("a machine that somebody paused or suspended is STOPPED until start wakes it", {
    skip: withoutFull,
  }, async () => {
    const { cloud } = life.stack;
    const { id } = await life.stack.object("ledger", "server");
    for (const [action, status] of [
      ["pause", "PAUSED"],
      ["suspend", "SUSPENDED"],
    ] as const) {
      await cloud.call("compute", `/servers/${id}/action`, { method: "POST", body: { [action]: null } });
      await waitForServer(cloud, id, { wanted: status, done: (server) => server.status === status, timeout: 120_000 });
      const row = await life.stack.row("ledger");
      assert.deepEqual([row.status, row.operatingStatus], ["SHUTDOWN", "STOPPED"]);
      await life.stack.does("start", "ledger");
      await serves(ledger);
    }
  });
}

async function bootOf(life: Life, one: DemoInstance): Promise<string> {
  const guest = await life.stack.guest(one.name);
  return (await guest.must(["cat", "/proc/sys/kernel/random/boot_id"])).stdout.trim();
}
