/** Uploading to a real Glance: verified, cleared away when it fails, and made again after a kill. */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { deleteImage, findImages, isDeadUpload, uploadImage, uploadMark } from "../../access/openstack/images.ts";

const cloud = openCloud({});
const folder = mkdtempSync(join(tmpdir(), "coffer-upload-"));
const content = Buffer.concat([Buffer.from("QFI\xfb", "latin1"), Buffer.alloc(1 << 20, 7)]);
const path = join(folder, "image.qcow2");
writeFileSync(path, content);
const image = { path, size: content.length, sha512: createHash("sha512").update(content).digest("hex") };
const recipe = `test-${randomUUID().slice(0, 8)}`;
const body = {
  name: `coffer-images-${recipe}`,
  coffer_recipe: recipe,
  coffer_engine: "test",
  coffer_version: "1",
  coffer_upload: uploadMark(folder),
};
after(async () => {
  for (const { id } of await findImages(cloud, { recipe })) await deleteImage(cloud, id);
  rmSync(folder, { recursive: true });
});

test("what arrived is what was sent; it is found by its properties; deleting it twice is fine", async () => {
  const lines: string[] = [];
  const id = await uploadImage(cloud, image, { body, onProgress: (line) => lines.push(line) });
  const [found, ...more] = await findImages(cloud, { recipe });
  assert.deepEqual(more, []);
  assert.equal(found?.id, id);
  assert.equal(found?.status, "active");
  assert.equal(found?.owner, await cloud.projectId());
  assert.equal(lines.at(-1), "uploaded 100 % of 1 MiB");
  await deleteImage(cloud, id);
  await deleteImage(cloud, id);
  assert.deepEqual(await findImages(cloud, { recipe }), []);
});

test("a checksum that is not ours: refused, and nothing stays", async () => {
  const wrong = { ...image, sha512: "0".repeat(128) };
  await assert.rejects(uploadImage(cloud, wrong, { body }), /did not take the image in: what arrived has the sha512/);
  assert.deepEqual(await findImages(cloud, { recipe }), []);
});

test("an interrupted upload leaves nothing", async () => {
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("interrupted"));
  await assert.rejects(uploadImage(cloud, image, { body, onProgress, signal: stop.signal }));
  assert.deepEqual(await findImages(cloud, { recipe }), []);
});

test("what a killed upload left is known as ours and dead", async () => {
  const request = { ...body, disk_format: "qcow2", container_format: "bare" };
  await cloud.call("image", "/images", { method: "POST", body: request });
  const [left] = await findImages(cloud, { recipe });
  assert.ok(left);
  const about = { project: await cloud.projectId(), now: Date.now() };
  assert.equal(isDeadUpload(left, { ...about, upload: uploadMark(folder) }), true);
  assert.equal(isDeadUpload(left, { ...about, upload: "elsewhere" }), false);
  await deleteImage(cloud, left.id);
});
