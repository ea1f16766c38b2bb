/**
 * One instance in a plain Debian cloud image, of either release: its server is installed at the first boot. On the development cloud
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
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { kill9, treeOf } from "../support/processes.ts";
import { prefix } from "./cloud-fixture.ts";
import { type AptProxy, aptProxy, stockDisk, uploadStock } from "./stock-image.ts";
import { specWith, withoutFull } from "./strangers.ts";

/** Milliseconds: without hardware help a guest boots for minutes, and dpkg is no faster. */
const upLimit = 40 * 60_000;
const name = `${prefix}-stock`;

/** What disturbs an installation is tried in the first; it is one script for all. */
const releases = [
  { suite: "bookworm", version: "10.11", disturbed: true },
  { suite: "trixie", version: "11.8", disturbed: false },
] as const;

function stockSpec(version: string): string {
  const spec = parseDocument(specWith("orders"));
  const versions = { [version]: { image: { name, stock: true } } };
  spec.setIn(["datastores", "mariadb"], spec.createNode({ default: version, versions }));
  return spec.toString();
}

const elsewhere = process.env.COFFER_TEST_CLOUD ? "needs the development cloud" : false;

for (const { suite, version, disturbed } of releases)
  describe(`a stock cloud image of ${suite}`, { skip: withoutFull || elsewhere }, () => {
    let proxy: AptProxy;
    let stack: CloudStack;
    let image: string | undefined;
    const skip = disturbed ? false : "one script for all releases";
    const up = () => stack.coffer(["up", "--stack", stack.stack], {}, upLimit);
    const inGuest = async (...argv: string[]) => (await (await stack.guest("orders")).run(argv)).stdout.trim();

    before(
      async () => {
        proxy = await aptProxy();
        stack = await makeCloudStack(stockSpec(version));
        image = await uploadStock(stack.cloud, await stockDisk(suite, () => {}), name);
      },
      { timeout: upLimit },
    );
    after(async () => {
      await closeAll();
      await stack?.cleanUp();
      if (image !== undefined) await deleteImage(stack.cloud, image);
      await proxy?.close();
    });

    test("the preview says that the server is going to be installed", async () => {
      const { code, stdout, stderr } = await stack.coffer(["preview", "--stack", stack.stack]);
      assert.equal(code, 0, stderr);
      assert.match(stdout + stderr, /installs mariadb-server at the first boot/);
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
      await withClient(
        "mariadb",
        await stack.login("orders", "app", { port: 3306, database: "shop" }),
        async (query) => {
          await query("CREATE TABLE item (id int PRIMARY KEY)");
          await query("INSERT INTO item VALUES (1), (2)");
          assert.deepEqual(await query("SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }]);
        },
      );
    });

    test("a second up changes nothing", async () => {
      const preview = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
      assert.equal(preview.code, 0, preview.stdout + preview.stderr);
      await stack.does("up");
    });

    test("in the guest: noted as installed, no server of the packages' own, no upgrades by themselves", async () => {
      const { hash } = softwareOf(recipeOf("mariadb", version));
      assert.equal(await inGuest("cat", "/var/lib/coffer/software"), `done ${hash}`);
      const units = ["mariadb.service", "apt-daily.timer", "apt-daily-upgrade.timer"];
      assert.equal(await inGuest("systemctl", "is-enabled", ...units), units.map(() => "masked").join("\n"));
      assert.equal(await inGuest("systemctl", "is-enabled", "coffer-database.service"), "enabled");
      assert.equal(await inGuest("timedatectl", "show", "--property", "NTP", "--value"), "yes");
      // Never started, not even while its package was installed.
      assert.equal(await inGuest("journalctl", "--no-pager", "--quiet", "--unit", "mariadb.service"), "");
      assert.equal(await inGuest("sh", "-c", "ls /usr/sbin/policy-rc.d /var/lib/coffer/policy-rc.d 2>/dev/null"), "");
    });

    test("after a reboot the database comes back by itself, under the same host key", {
      timeout: upLimit,
    }, async () => {
      const before = (await stack.addresses()).orders?.hostKey;
      await stack.does("reboot", "orders");
      assert.equal((await stack.addresses()).orders?.hostKey, before);
      const row = await stack.row("orders");
      assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"]);
    });

    test("a rebuild installs again, and keeps the data", { timeout: upLimit }, async () => {
      const { code, stderr } = await stack.coffer(["rebuild", "orders", "--yes", "--stack", stack.stack], {}, upLimit);
      assert.equal(code, 0, stderr);
      await withClient("mariadb", await stack.login("orders", "app", { port: 3306, database: "shop" }), async (query) =>
        assert.deepEqual(await query("SELECT id FROM item ORDER BY id"), [{ id: 1 }, { id: 2 }]),
      );
    });

    test("destroy takes it away", { timeout: upLimit }, async () => {
      await stack.does("destroy", "--yes");
      const roles = (await stack.objects()).map(({ role }) => role);
      assert.deepEqual([...new Set(roles)].sort(), ["data", "snapshot"]);
    });
  });
