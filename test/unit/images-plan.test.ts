/** Which images of old recipes go, which stay, and what is known of an upload that was killed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StoredImage } from "../../access/image-store.ts";
import { type CloudImage, isDeadUpload, isTrusted } from "../../access/openstack/images.ts";
import { imageRows, planPrune } from "../../operations/images-plan.ts";

const now = Date.parse("2030-01-02T00:00:00Z");
const current = [{ engine: "mariadb", version: "10.11", recipe: "new" }];
const stored = (change: Partial<StoredImage>): StoredImage => ({
  id: "i",
  name: "n",
  engine: "mariadb",
  version: "10.11",
  recipe: "old",
  usable: true,
  size: 1,
  own: true,
  uses: 0,
  createdAt: "2030-01-01T23:00:00Z",
  ...change,
});

const prunes: { why: string; image: StoredImage; goes: boolean; kept?: RegExp }[] = [
  { why: "an old recipe's, unused", image: stored({}), goes: true },
  { why: "the current recipe's", image: stored({ recipe: "new" }), goes: false },
  { why: "a server was made from it", image: stored({ uses: 1 }), goes: false, kept: /1 servers or volumes/ },
  { why: "shared with others", image: stored({ own: false }), goes: false, kept: /cannot be seen/ },
  { why: "it may be arriving", image: stored({ usable: false }), goes: false, kept: /may still be arriving/ },
  {
    why: "an upload that was killed days ago",
    image: stored({ usable: false, createdAt: "2029-12-30T00:00:00Z" }),
    goes: true,
  },
  {
    why: "nobody knows when it was made",
    image: stored({ usable: false, createdAt: "" }),
    goes: false,
    kept: /may still be arriving/,
  },
];
for (const { why, image, goes, kept } of prunes) {
  test(`prune: ${why}`, () => {
    const plan = planPrune(current, [], [image], now);
    assert.deepEqual(plan.cloud, goes ? [image] : []);
    if (kept) assert.match(plan.kept[0]?.why ?? "", kept);
    else assert.deepEqual(plan.kept, []);
  });
}

const anyImage = fc.record({
  id: fc.uuid(),
  name: fc.string(),
  engine: fc.constantFrom("mariadb", "other"),
  version: fc.constantFrom("10.11", "11"),
  recipe: fc.constantFrom("new", "old", "older"),
  usable: fc.boolean(),
  size: fc.nat(),
  own: fc.boolean(),
  uses: fc.nat(2),
  createdAt: fc.constantFrom("2030-01-01T23:00:00Z", "2029-01-01T00:00:00Z"),
});
test("prune never takes what is current, used or another's, here or in the cloud; the rest is told", () => {
  fc.assert(
    fc.property(fc.array(anyImage), (images) => {
      const here = images.map(({ engine, version, recipe, size }) => ({ engine, version, recipe, size }));
      const plan = planPrune(current, here, images, now);
      const isCurrent = (one: { engine: string; version: string; recipe: string }) =>
        one.engine === "mariadb" && one.version === "10.11" && one.recipe === "new";
      for (const image of plan.cloud) assert.ok(!isCurrent(image) && image.uses === 0 && image.own);
      for (const file of plan.here) assert.ok(!isCurrent(file));
      assert.equal(plan.cloud.length + plan.kept.length, images.filter((one) => !isCurrent(one)).length);
    }),
  );
});

test("the list has a row for each current recipe, file and image, current ones first", () => {
  const here = [
    { engine: "mariadb", version: "10.11", recipe: "aaa", size: 7 },
    { engine: "mariadb", version: "10.11", recipe: "new", size: 8 },
  ];
  const cloud = [stored({ id: "1", recipe: "aaa" }), stored({ id: "2", recipe: "aaa", uses: 2 })];
  const shown = imageRows(current, here, cloud).map(
    ({ recipe, current: is, here: size, cloud: image }) => `${recipe} ${is} ${size} ${image?.id}`,
  );
  assert.deepEqual(shown, ["new true 8 undefined", "aaa false 7 1", "aaa false 7 2"]);
});

const upload: CloudImage = {
  id: "i",
  name: "n",
  status: "saving",
  size: 0,
  recipe: "r",
  engine: "e",
  version: "v",
  visibility: "private",
  owner: "us",
  createdAt: "2030-01-01T23:59:00Z",
  upload: "here",
};
const uploads: { why: string; image: CloudImage; dead: boolean }[] = [
  { why: "from here: the lock is ours, so nobody goes on with it", image: upload, dead: true },
  { why: "queued", image: { ...upload, status: "queued" }, dead: true },
  { why: "from elsewhere, just begun", image: { ...upload, upload: "there" }, dead: false },
  {
    why: "from elsewhere, hours ago",
    image: { ...upload, upload: "there", createdAt: "2030-01-01T12:00:00Z" },
    dead: true,
  },
  { why: "finished", image: { ...upload, status: "active" }, dead: false },
  { why: "another project's", image: { ...upload, owner: "them" }, dead: false },
];
for (const { why, image, dead } of uploads) {
  test(`a killed upload: ${why}`, () =>
    assert.equal(isDeadUpload(image, { project: "us", upload: "here", now }), dead));
}

test("only the project's own and the administrators' images are taken", () => {
  assert.equal(isTrusted({ owner: "us", visibility: "private" }, "us"), true);
  assert.equal(isTrusted({ owner: "them", visibility: "public" }, "us"), true);
  assert.equal(isTrusted({ owner: "them", visibility: "shared" }, "us"), false);
  assert.equal(isTrusted({ owner: "them", visibility: "community" }, "us"), false);
});
