/** Disk images: what decides their names, where things lie on the disk, and that the scripts can be read by a shell. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import {
  cachedDisks,
  diskImageName,
  diskImageNeeds,
  diskImageProperties,
  removeCachedDisk,
} from "../../images/disk.ts";
import { bootRecord, layoutOf } from "../../images/disk-layout.ts";
import { recipeOf, recipes } from "../../images/index.ts";
import { container, disk, recipeHash, rootUuid } from "../../images/recipe.ts";

const scratch = mkdtempSync(join(tmpdir(), "coffer-disk-"));
after(() => rmSync(scratch, { recursive: true }));
const base = recipeOf("mariadb", "10.11");
const images = resolve(import.meta.dirname, "../../images");

test("the two forms of a recipe have hashes of their own, and a form's own files change only its own", () => {
  const folder = join(scratch, "vm");
  cpSync(disk.folder, folder, { recursive: true });
  const same = { ...disk, folder };
  assert.equal(recipeHash(base, same), recipeHash(base, disk), "the same files in another checkout");
  writeFileSync(join(folder, "root/new"), "");
  assert.notEqual(recipeHash(base, same), recipeHash(base, disk));
  assert.notEqual(recipeHash(base, disk), recipeHash(base, container));
});

test("the root file system's UUID is one, and each recipe has its own", () => {
  const uuids = recipes.map(rootUuid);
  for (const uuid of uuids) assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(uuids).size, uuids.length);
});

test("the boot record: the loader's code, one bootable partition behind the loader, to the end of the disk", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 512, maxLength: 512 }),
      fc.integer({ min: 0, max: 1_048_064 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (boot, core, signature) => {
        const record = bootRecord(signature, boot, core);
        assert.equal(record.length, 512);
        assert.deepEqual(record.subarray(0, 440), Buffer.from(boot.subarray(0, 440)));
        assert.deepEqual([...record.subarray(510)], [0x55, 0xaa]);
        assert.equal(record.readUInt32LE(440), signature);
        assert.equal(record[446], 0x80);
        const [first, count] = [record.readUInt32LE(454), record.readUInt32LE(458)];
        assert.ok(first * 512 >= layoutOf.loaderAt + core, "the loader fits in front of the partition");
        assert.equal((first + count) * 512, layoutOf.size);
        assert.deepEqual([...record.subarray(462, 510)], new Array(48).fill(0), "there is no other partition");
      },
    ),
  );
  assert.throws(() => bootRecord(1, new Uint8Array(512), 1_048_065), /has 1048065 bytes; there is room for 1048064/);
});

test("Glance's properties say what is in it, and that Nova gives the database time to end", () => {
  const properties = diskImageProperties(base);
  assert.equal(properties.coffer_recipe, recipeHash(base, disk));
  assert.equal(properties.coffer_engine, "mariadb");
  assert.equal(properties.coffer_version, "10.11");
  assert.ok(Number(properties.os_shutdown_timeout) > 120);
  assert.ok(diskImageNeeds.minDisk * 2 ** 30 >= layoutOf.size);
});

test("the cache: whole images are found and removed with what lies beside them; others stay", async () => {
  const name = diskImageName(base);
  const others = [
    `${name}.lock`,
    `${name}.build-1`,
    "coffer-mariadb-10.11-0123.qcow2",
    "mariadb-10.11-0123456789ab.log",
  ];
  for (const file of [...["qcow2", "sha512", "packages", "log"].map((end) => `${name}.${end}`), ...others])
    writeFileSync(join(scratch, file), "1234");
  const [found, ...more] = await cachedDisks(scratch);
  assert.deepEqual(found, { engine: "mariadb", version: "10.11", recipe: recipeHash(base, disk), size: 4 });
  assert.deepEqual(more, []);
  await removeCachedDisk(scratch, { engine: "mariadb", version: "10.11", recipe: recipeHash(base, disk) });
  const left = globSync("*", { cwd: scratch }).filter((file) => file !== "vm");
  assert.deepEqual(left.sort(), others.sort());
  assert.deepEqual(await cachedDisks(join(scratch, "no-such-folder")), []);
});

const found = globSync(["*/*.sh", "*/root/usr/{sbin,lib/coffer}/**"], { cwd: images, withFileTypes: true });
const scripts = found.filter((one) => one.isFile());
test("there are scripts of images", () => assert.ok(scripts.length > 10, `${scripts.length} scripts`));
for (const script of scripts) {
  const file = join(script.parentPath, script.name);
  test(`${relative(images, file)} is shell that can be parsed`, () => {
    execFileSync("sh", ["-n", file]);
  });
}

test("no image opens a way in without a key", () => {
  const sshd = readFileSync(join(images, "vm/root/etc/ssh/sshd_config.d/coffer.conf"), "utf8");
  for (const line of ["PasswordAuthentication no", "PermitRootLogin no", "AllowUsers coffer", "MaxSessions 100"])
    assert.ok(sshd.split("\n").includes(line), line);
});
