/** What is seen of a stack from outside: its datastores, its picture, its readings; and what a policy keeps from being done. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { engineOf } from "../../engines/index.ts";
import { both, type Life } from "./demo.ts";

interface VersionRow {
  datastore: string;
  version: string;
  default: boolean;
  active: boolean;
  instances: readonly string[];
}

export function stackIsSeen(life: Life): void {
  const own = () => ["--stack", life.stack.stack];

  test("datastores are listed with both versions of each, and with who uses which", async () => {
    type Row = { datastore: string; default: string; versions: readonly string[]; instances: readonly string[] };
    const rows = await life.stack.json<Row[]>(["datastore-list", ...own()]);
    for (const { engine, name } of both) {
      const row = rows.find(({ datastore }) => datastore === engine);
      assert.deepEqual([...(row?.versions ?? [])].sort(), [...engineOf(engine).versions].sort());
      assert.deepEqual(row?.instances, [name]);
    }
    const versions = await life.stack.json<VersionRow[]>(["datastore-version-list", ...own()]);
    for (const { engine, version, name } of both) {
      const used = versions.filter(({ datastore, instances }) => datastore === engine && instances.length > 0);
      assert.deepEqual(
        used.map((row) => [row.version, row.active, row.instances]),
        [[version, true, [name]]],
      );
    }
  });

  test("list and metrics have what the guests tell: the room on the volume, and the connections", async () => {
    const rows = await life.stack.json<Awaited<ReturnType<typeof life.stack.row>>[]>(["list", ...own()]);
    assert.equal(rows.length, both.length);
    for (const { name, volumeUsed, volumeSize, connections, maxConnections } of rows) {
      assert.ok(volumeUsed !== null && volumeSize !== null && volumeUsed > 0 && volumeUsed < volumeSize, name);
      assert.ok(volumeSize > 0.8 * 2 ** 30 && volumeSize <= 2 ** 30, `${name}: ${volumeSize}`);
      assert.ok(connections !== null && maxConnections !== null && connections <= maxConnections, name);
    }
    const printed = await life.stack.does("metrics");
    for (const { name, engine, version } of both) {
      assert.match(printed, new RegExp(`^coffer_instance_up\\{.*instance="${name}".*\\} 1$`, "m"));
      assert.match(printed, new RegExp(`^coffer_instance_volume_used_bytes\\{.*instance="${name}".*\\} \\d+$`, "m"));
      const info = printed.split("\n").find((line) => line.startsWith("coffer_instance_info") && line.includes(name));
      assert.ok(info?.includes(`datastore="${engine}"`) && info.includes(`datastore_version="${version}"`), info);
    }
  });

  test("the picture has every instance, with its version", async () => {
    const picture = await life.stack.does("graph");
    for (const { name, version } of both) {
      assert.ok(picture.includes(name), picture);
      assert.ok(picture.includes(version), picture);
    }
  });

  test("the whole internet is not let to a database, and the spec stays as it is", async () => {
    const before = readFileSync(life.stack.specFile, "utf8");
    const refused = await life.stack.coffer(["access", "orders", "--allow", "0.0.0.0/0", ...own()]);
    assert.equal(refused.code, 2, refused.stdout + refused.stderr);
    assert.match(refused.stderr, /whole-internet|whole internet/);
    assert.equal(readFileSync(life.stack.specFile, "utf8"), before);
  });
}
