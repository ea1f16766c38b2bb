/** kill -9 of the machines under load: every row that was acknowledged is there afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closeAll } from "../../access/index.ts";
import { waitForServer } from "../../access/openstack/servers.ts";
import { lostRows, startWriting } from "../support/acknowledged.ts";
import { withClient } from "../support/clients.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { kill9, treeOf } from "../support/processes.ts";
import { both, type DemoInstance, type Life } from "./demo.ts";

/** The hypervisor's process of a server, where the cloud is on this machine. */
function machineProcess(server: string): number | undefined {
  return treeOf(1).find(({ command }) => command.includes("qemu") && command.includes(`-uuid ${server}`))?.pid;
}

export function powerIsCut(life: Life): void {
  test("a power cut under load loses no acknowledged row, in either engine", async (t) => {
    const servers = await Promise.all(both.map(async ({ name }) => (await life.stack.object(name, "server")).id));
    const pids = servers.map(machineProcess);
    if (pids.some((pid) => pid === undefined)) return t.skip("the machines do not run on this one");
    const writers = await Promise.all(
      both.map(async (one) => ({ one, writing: await startWriting(one.engine, await life.login(one)) })),
    );
    await Promise.all(writers.map(({ writing }) => writing.eachHas(25)));
    kill9(pids.filter((pid) => pid !== undefined));
    await closeAll();
    for (const server of servers) {
      await waitForServer(life.stack.cloud, server, {
        wanted: "SHUTOFF",
        done: ({ status, task }) => status === "SHUTOFF" && task === undefined,
        timeout: 300_000,
      });
    }
    // What had not arrived by now never will.
    const acknowledged = writers.map(({ one, writing }) => ({ one, counts: writing.end() }));
    for (const { one, counts } of acknowledged) await survives(life, one, counts);
  });
}

async function survives(life: Life, one: DemoInstance, acknowledged: readonly number[]): Promise<void> {
  const row = await life.stack.row(one.name);
  assert.deepEqual([row.status, row.operatingStatus], ["SHUTDOWN", "STOPPED"]);
  await life.stack.does("start", one.name);
  const log = await (await life.stack.guest(one.name)).service.logs(1000);
  assert.equal(lastStart(one.engine, log), "recovered", one.name);
  await withClient(one.engine, await life.login(one), async (query) => {
    assert.deepEqual(await lostRows(query, acknowledged), [], one.name);
  });
  await life.rowsAreThere(one);
}
