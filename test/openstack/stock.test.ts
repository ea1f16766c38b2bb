/**
 * Instances in a plain Debian cloud image, of either release: their servers are installed at the first boot. On the development cloud
 * only, whose guests are known to reach this machine, where the test gives them the package mirror.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { parseDocument } from "yaml";
import { closeAll } from "../../access/index.ts";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { deleteImage } from "../../access/openstack/images.ts";
import { recipeOf } from "../../images/index.ts";
import { softwareOf } from "../../images/stock.ts";
import { withClient } from "../support/clients.ts";
import { type CloudStack, demoSpec, makeCloudStack } from "../support/cloud.ts";
import { withoutFull } from "../support/full.ts";
import { kill9, treeOf } from "../support/processes.ts";
import { prefix } from "./cloud-fixture.ts";
import { type DemoInstance, ledger, orders } from "./demo.ts";
import { type AptProxy, aptProxy, type Suite, stockDisk, uploadStock } from "./stock-image.ts";

/** Milliseconds: without hardware help a guest boots for minutes, and dpkg is no faster. */
const upLimit = 40 * 60_000;
/** In Glance. */
const image = `${prefix}-stock`;

/** What disturbs an installation is tried with one instance; it is one script for all. */
const releases: readonly { suite: Suite; instances: readonly DemoInstance[]; disturbed: boolean }[] = [
  { suite: "trixie", instances: [orders, { ...ledger, version: "17" }], disturbed: false },
  { suite: "bookworm", instances: [{ ...orders, version: "10.11" }], disturbed: true },
];

function stockSpec(instances: readonly DemoInstance[]): string {
  const spec = parseDocument(demoSpec());
  for (const { name } of [orders, ledger])
    if (!instances.some((one) => one.name === name)) spec.deleteIn(["instances", name]);
  for (const { name, engine, version } of instances) {
    const versions = { [version]: { image: { name: image, stock: true } } };
    spec.setIn(["datastores", engine], spec.createNode({ default: version, versions }));
    spec.setIn(["instances", name, "datastore"], engine);
    spec.setIn(["instances", name, "flavor"], "m1.small");
  }
  return spec.toString();
}

const elsewhere = process.env.COFFER_TEST_CLOUD ? "needs the development cloud" : false;

for (const { suite, instances, disturbed } of releases)
  describe(`a stock cloud image of ${suite}`, { skip: withoutFull || elsewhere }, () => {
    let proxy: AptProxy;
    let stack: CloudStack;
    let imageId: string | undefined;
    const skip = disturbed ? false : "one script for all releases";
    const up = () => stack.coffer(["up", "--stack", stack.stack], {}, upLimit);
    const query = async (one: DemoInstance, ...sql: string[]) =>
      withClient(one.engine, await stack.login(one.name, one.owner, one), async (ask) => {
        let rows: unknown[] = [];
        for (const each of sql) rows = await ask(each);
        return rows;
      });
    const rowsAreThere = async (one: DemoInstance) =>
      assert.deepEqual(await query(one, "SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }], one.name);

    before(
      async () => {
        proxy = await aptProxy();
        stack = await makeCloudStack(stockSpec(instances));
        imageId = await uploadStock(stack.cloud, await stockDisk(suite, () => {}), image);
      },
      { timeout: upLimit },
    );
    after(async () => {
      await closeAll();
      await stack?.cleanUp();
      if (imageId !== undefined) await deleteImage(stack.cloud, imageId);
      await proxy?.close();
    });

    test("the preview says that the server is going to be installed", async () => {
      const { code, stdout, stderr } = await stack.coffer(["preview", "--stack", stack.stack]);
      assert.equal(code, 0, stderr);
      for (const { engine, version } of instances) {
        const [server] = softwareOf(recipeOf(engine, version)).packages;
        assert.match(stdout + stderr, new RegExp(`installs ${server} at the first boot`));
      }
    });

    test("a package mirror that is away is told as such", { timeout: upLimit, skip }, async () => {
      proxy.refuse(503);
      const failed = await up();
      proxy.refuse(undefined);
      assert.equal(failed.code, 1, failed.stderr);
      assert.match(failed.stderr, /does not reach its package mirror/);
    });

    test("killed while packages are installed, the next up goes on to an instance that serves", {
      timeout: upLimit,
      skip,
    }, async () => {
      const killed = stack.start(["up", "--stack", stack.stack]);
      const ended = once(killed, "exit");
      await waitFor({
        what: "the guest to ask for the server's package",
        look: async () => proxy.asked.filter((url) => /\/mariadb-server_[^/]*\.deb$/.test(url)).length,
        done: (count) => count > 0,
        words: (count) => `${count} requests for it, ${proxy.asked.length} in all`,
        timeout: upLimit,
      });
      kill9(treeOf(killed.pid ?? 0).map(({ pid }) => pid));
      await ended;
      const asked = proxy.asked.length;
      const done = await up();
      assert.equal(done.code, 0, done.stderr);
      const again = proxy.asked.slice(asked).filter((url) => /\/mariadb-server_[^/]*\.deb$/.test(url));
      assert.deepEqual(again, [], "the installation was not begun anew");
    });

    test("it serves", { timeout: upLimit }, async () => {
      const done = await up();
      assert.equal(done.code, 0, done.stderr);
      for (const one of instances) {
        await query(one, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1), (2)");
        await rowsAreThere(one);
      }
    });

    test("a second up changes nothing", async () => {
      const preview = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
      assert.equal(preview.code, 0, preview.stdout + preview.stderr);
      await stack.does("up");
    });

    test("in the guest: noted as installed, no server of the packages' own, no upgrades by themselves", async () => {
      for (const { name, engine, version } of instances) {
        const guest = await stack.guest(name);
        const said = async (...argv: string[]) => (await guest.run(argv)).stdout.trim();
        const { hash } = softwareOf(recipeOf(engine, version));
        assert.equal(await said("cat", "/var/lib/coffer/software"), `done ${hash}`);
        const units = [`${engine}.service`, "apt-daily.timer", "apt-daily-upgrade.timer"];
        assert.equal(await said("systemctl", "is-enabled", ...units), units.map(() => "masked").join("\n"));
        assert.equal(await said("systemctl", "is-enabled", "coffer-database.service"), "enabled");
        assert.equal(await said("timedatectl", "show", "--property", "NTP", "--value"), "yes");
        // Never started, not even while its package was installed.
        const journal = ["journalctl", "--no-pager", "--quiet", "--unit"];
        assert.equal(await said(...journal, `${engine}.service`, "--unit", `${engine}@*`), "");
        assert.equal(await said("sh", "-c", "ls /usr/sbin/policy-rc.d /var/lib/coffer/policy-rc.d 2>/dev/null"), "");
      }
    });

    test("after a reboot the database comes back by itself, under the same host key", {
      timeout: upLimit,
    }, async () => {
      for (const { name } of instances) {
        const before = (await stack.addresses())[name]?.hostKey;
        await stack.does("reboot", name);
        assert.equal((await stack.addresses())[name]?.hostKey, before);
        const row = await stack.row(name);
        assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"], name);
      }
    });

    test("a rebuild installs again, and keeps the data", { timeout: upLimit }, async () => {
      // MariaDB once and PostgreSQL once, of the two releases: each takes minutes.
      const last = instances.at(-1) ?? orders;
      const { code, stderr } = await stack.coffer(["rebuild", last.name, "--yes", "--stack", stack.stack], {}, upLimit);
      assert.equal(code, 0, stderr);
      for (const one of instances) await rowsAreThere(one);
    });

    test("destroy takes it away", { timeout: upLimit }, async () => {
      await stack.does("destroy", "--yes");
      const roles = (await stack.objects()).map(({ role }) => role);
      assert.deepEqual([...new Set(roles)].sort(), ["data", "snapshot"]);
    });
  });
