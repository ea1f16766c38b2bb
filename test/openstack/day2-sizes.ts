/** Volumes that grow while they are used, and other flavors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { getServer } from "../../access/openstack/servers.ts";
import { GiB, getVolume } from "../../access/openstack/volumes.ts";
import { openClient } from "../support/clients.ts";
import { flavorId } from "./cloud-fixture.ts";
import { both, type DemoInstance, type Life, ledger, orders } from "./demo.ts";
import type { Change } from "./one-apply.ts";

/** The apply itself is `grow`. */
export function grownVolumes(life: Life): Change {
  type Client = Awaited<ReturnType<typeof openClient>>;
  let clients: readonly Client[];
  let before: unknown;
  const connections = () => Promise.all(both.map((one, index) => clients[index]?.query(one.connection)));
  return {
    async make() {
      clients = await Promise.all(both.map(async (one) => openClient(one.engine, await life.login(one))));
      before = await connections();
      await life.stack.does("resize-volume", ledger.name, "2", "--edit-only");
    },
    tests(outcome) {
      test("resize-volume grows the volumes of both, in one apply, while clients are connected", async () => {
        try {
          assert.deepEqual(await connections(), before);
        } finally {
          for (const client of clients) await client.close();
        }
        for (const one of both) {
          const { id } = await life.stack.object(one.name, "data");
          assert.equal((await getVolume(life.stack.cloud, id))?.bytes, 2 * GiB);
          const guest = await life.stack.guest(one.name);
          const { stdout } = await guest.must(["df", "--output=size", "-B1", "/srv/coffer"]);
          const bytes = Number(stdout.trim().split(/\s+/).at(-1));
          // The file system's own tables take a part.
          assert.ok(bytes > 1.8 * GiB && bytes <= 2 * GiB, stdout);
          assert.equal(outcome().row(one).volume, 2);
          await life.rowsAreThere(one);
        }
      });
    },
  };
}

/** Grows one volume, and applies all that waits. */
export const grow = (life: Life): Promise<string> => life.stack.does("resize-volume", orders.name, "2", "--all");

export function sizesAreRefused(life: Life): void {
  test("a volume that would shrink is refused before anything", async () => {
    const refused = await life.stack.coffer(["resize-volume", "orders", "1", "--stack", life.stack.stack]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /cannot shrink/);
  });
}

/** The apply itself is `moveAll`. */
export function otherFlavors(life: Life): Change {
  let before: readonly number[];
  return {
    async make() {
      before = await Promise.all(both.map((one) => cacheBytes(life, one)));
      const pending = await life.stack.does("resize-instance", ledger.name, "m1.medium", "--edit-only");
      assert.match(pending, /coffer up/);
      const alone = await life.stack.coffer(["resize-instance", orders.name, "m1.medium", "--stack", life.stack.stack]);
      assert.equal(alone.code, 3, "another pending change was applied along");
    },
    tests(outcome) {
      test("resize-instance gives both another flavor; the rows are there, and memory is used", async () => {
        const { said, row } = outcome();
        assert.match(said, /m1\.medium/);
        const medium = await flavorId(life.stack.cloud, "m1.medium");
        for (const [index, one] of both.entries()) {
          const { id } = await life.stack.object(one.name, "server");
          const server = await getServer(life.stack.cloud, id);
          assert.deepEqual([server?.status, server?.flavor], ["ACTIVE", medium]);
          assert.equal(row(one).flavor, "m1.medium");
          assert.ok((await cacheBytes(life, one)) > (before[index] ?? 0), "its cache did not grow with the memory");
          await life.rowsAreThere(one);
        }
      });
    },
  };
}

/** Gives one another flavor, and applies all that waits. */
export const moveAll = (life: Life): Promise<string> =>
  life.stack.does("resize-instance", orders.name, "m1.medium", "--all");

async function cacheBytes(life: Life, one: DemoInstance): Promise<number> {
  const bytes = Number(await life.value(one, one.cache));
  assert.ok(bytes > 0);
  return bytes;
}
