/** Flavors that a server cannot get, and that its database cannot live on: it serves on the old one all the same. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { closeAll } from "../../access/index.ts";
import { getServer } from "../../access/openstack/servers.ts";
import { flavorId } from "./cloud-fixture.ts";
import { type Life, orders } from "./demo.ts";
import { admin, withoutAdmin } from "./strangers.ts";

const dropIn = "/etc/systemd/system/coffer-database.service.d/90-test.conf";
const script = "/usr/local/sbin/coffer-test-memory";

export function resizesFail(life: Life): void {
  // Why, Nova says to administrators only.
  test("a resize for which no host has room leaves the database running on the old flavor", {
    skip: withoutAdmin,
  }, async (t) => {
    const name = `coffer-test-huge-${randomBytes(3).toString("hex")}`;
    const flavor = { name, ram: 900 * 1024, vcpus: 1, disk: 10 };
    const { flavor: made } = await admin().call<{ flavor: { id: string } }>("compute", "/flavors", {
      method: "POST",
      body: { flavor },
    });
    t.after(() => admin().call("compute", `/flavors/${made.id}`, { method: "DELETE" }));
    await refused(life, name, /serves on m1\.small as before: .*VERIFY_RESIZE/);
  });

  test("a resize to a flavor on which the database does not start is reverted", async () => {
    const guest = await life.stack.guest(orders.name);
    const { stdout } = await guest.must(["awk", "/^MemTotal/ { print $2 }", "/proc/meminfo"]);
    const most = Number(stdout) + 1024;
    await guest.putFile(script, `#!/bin/sh\nread -r _ kb _ < /proc/meminfo\n[ "$kb" -le ${most} ]\n`, { mode: 0o755 });
    await guest.must(["mkdir", "-p", dropIn.replace(/\/[^/]*$/, "")]);
    await guest.putFile(dropIn, `[Service]\nExecStartPre=+${script}\n`);
    await guest.must(["systemctl", "daemon-reload"]);
    await closeAll();
    await refused(life, "m1.medium", /did not answer on flavor m1\.medium, so the server is back on m1\.small/);
    const same = await life.stack.guest(orders.name);
    await same.must(["rm", dropIn, script]);
    await same.must(["systemctl", "daemon-reload"]);
  });
}

async function refused(life: Life, flavor: string, words: RegExp): Promise<void> {
  const own = ["--stack", life.stack.stack];
  const failed = await life.stack.coffer(["resize-instance", orders.name, flavor, ...own]);
  life.stack.edit((spec) => spec.setIn(["instances", orders.name, "flavor"], "m1.small"));
  assert.equal(failed.code, 1, failed.stdout + failed.stderr);
  assert.match(failed.stderr, words);
  assert.ok((await life.healthyRows()).every(({ status }) => status === "ACTIVE"));
  await life.rowsAreThere(orders);
  const { id } = await life.stack.object(orders.name, "server");
  const server = await getServer(life.stack.cloud, id);
  assert.deepEqual([server?.status, server?.flavor], ["ACTIVE", await flavorId(life.stack.cloud, "m1.small")]);
  await life.stack.does("up");
  const preview = await life.stack.coffer(["preview", "--detailed-exitcode", ...own]);
  assert.equal(preview.code, 0, preview.stdout + preview.stderr);
}
