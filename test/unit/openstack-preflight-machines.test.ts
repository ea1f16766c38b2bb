import { type Case, gib, imagePath, images, tags, target, testCases, zoned } from "./openstack-preflight-cases.ts";
import { instanceOf } from "./openstack-preflight-fixture.ts";

const imageCases: readonly Case[] = [
  {
    why: "none of that name: what there is and the nearest",
    image: { by: "name", name: "dv", stock: false },
    catalogue: { ...images(), otherImages: [{ name: "db", tags: [] }] },
    faults: [{ code: "cloud-image", path: imagePath, received: '"dv"', allowed: '"db"', suggestion: "db" }],
  },
  {
    why: "several of that name",
    catalogue: images({}, { id: "image-2" }),
    faults: [{ path: imagePath, message: /2 images have this name/, allowed: /image-1 \(made 2026.*image-2/ }],
  },
  { why: "several of that name, one of them usable", catalogue: images({}, { id: "image-2", status: "deactivated" }) },
  {
    why: "not active",
    catalogue: images({ status: "queued" }),
    faults: [{ path: imagePath, message: /image-1 is "queued"/, allowed: /active/ }],
  },
  {
    why: "no such id",
    image: { by: "id", id: "nope", stock: false },
    catalogue: images(),
    faults: [{ path: imagePath, message: /no image of this id/, received: '"nope"' }],
  },
  { why: "of several with the tags the newest is meant", image: tags("a"), catalogue: images({}, { id: "image-2" }) },
  {
    why: "nothing has the tags",
    image: tags("a", "b"),
    catalogue: { ...images(), otherImages: [{ name: "x", tags: ["c", "a"] }] },
    faults: [{ path: imagePath, received: '"a", "b"', allowed: 'tags there are: "a", "c"' }],
  },
  {
    why: "another engine",
    catalogue: images({ engine: "postgresql", version: "15" }),
    faults: [{ path: imagePath, message: /is for "postgresql 15", and this is mariadb 10.11/ }],
  },
  {
    why: "another version",
    catalogue: images({ version: "11.4" }),
    faults: [{ path: imagePath, message: /is for "mariadb 11.4"/ }],
  },
  {
    why: "an image that does not say what it is",
    catalogue: images({ engine: undefined, version: undefined }),
    faults: [{ path: imagePath, message: /no property coffer_engine/, allowed: /stock: true/ }],
  },
  {
    why: "a stock image of another system is told before a server is made of it",
    image: { by: "name", name: "db", stock: true },
    catalogue: images({ engine: undefined, version: undefined, distro: "ubuntu" }),
    faults: [{ path: imagePath, message: /os_distro is "ubuntu"/, allowed: "Debian bookworm" }],
  },
  {
    why: "a stock image of Debian",
    image: { by: "name", name: "db", stock: true },
    catalogue: images({ engine: undefined, version: undefined, distro: "debian" }),
  },
  {
    why: "a stock image is no smaller than others: the flavor's disk has to hold it",
    image: { by: "name", name: "db", stock: true },
    catalogue: images({ engine: undefined, version: undefined, minDiskGiB: 90 }),
    faults: [{ path: ["instances", "orders", "flavor"], message: /image "db" needs 90 GiB/ }],
  },
  {
    why: "a stock image need not say it",
    image: { by: "name", name: "db", stock: true },
    catalogue: images({ engine: undefined, version: undefined }),
  },
  {
    why: "Coffer's own image is not there yet: it can be built",
    image: null,
    catalogue: images(),
    faults: [
      {
        code: "cloud-image-missing",
        path: imagePath.slice(0, -1),
        atKey: true,
        message: /`coffer image build mariadb@10.11`/,
      },
    ],
  },
  {
    why: "an interrupted upload of Coffer's own image is none",
    image: null,
    catalogue: images({ status: "queued" }),
    faults: [{ code: "cloud-image-missing" }],
  },
  { why: "Coffer's own image, uploaded twice, is the same", image: null, catalogue: images({}, { id: "image-2" }) },
  { why: "instances that are there need no image", catalogue: images(), existing: ["orders"] },
  {
    why: "a new one beside them does",
    catalogue: images({ status: "killed" }),
    instances: [instanceOf("orders"), instanceOf("ledger")],
    existing: ["orders"],
    faults: [{ path: imagePath }],
  },
];

const places: readonly Case[] = [
  { why: "all there", target: { zone: "nova", volumeZone: "ceph-a", volumeType: "fast" } },
  { why: "a type by id", target: { volumeType: "t-2" } },
  {
    why: "unknown zone of the target, said once",
    target: { zone: "nuva" },
    instances: [instanceOf("orders", { zone: "nuva" }), instanceOf("ledger")],
    faults: [{ code: "cloud-zone", path: target("zone"), suggestion: "nova", allowed: '"nova"' }],
  },
  {
    why: "an instance's own zone",
    instances: zoned({ zone: "cellar" }),
    faults: [{ path: ["instances", "orders", "zone"], message: /not available now/ }],
  },
  {
    why: "Nova's way of naming a host is no zone",
    instances: zoned({ zone: "nova:host1" }),
    faults: [{ path: ["instances", "orders", "zone"], suggestion: undefined }],
  },
  {
    why: "Cinder's zones are not Nova's",
    instances: zoned({ volume: { bytes: gib, zone: "nova" } }),
    faults: [{ path: ["instances", "orders", "volume", "zone"], message: /Cinder/, allowed: '"ceph-a"' }],
  },
  {
    why: "unknown volume type",
    instances: zoned({ volume: { bytes: gib, type: "cephs" } }),
    faults: [{ code: "cloud-volume-type", path: ["instances", "orders", "volume", "type"], suggestion: "ceph" }],
  },
  { why: "a cloud that does not tell its zones", target: { zone: "moon" }, catalogue: { zones: undefined } },
  {
    why: "the target's words are nobody's when each new instance has its own",
    target: { zone: "moon" },
    instances: [instanceOf("orders"), instanceOf("ledger", { zone: "nova" })],
    existing: ["orders"],
  },
  { why: "the target's words, with nothing new", target: { zone: "moon", volumeType: "gone" }, existing: ["orders"] },
  { why: "what is there does not move", instances: zoned({ zone: "moon" }), existing: ["orders"] },
  { why: "nor does an adopted volume", instances: zoned({ volume: { bytes: gib, adopt: "v", type: "gone" } }) },
];

const flavor = (name: string) => zoned({ flavor: { name } });
const flavorPath = ["instances", "orders", "flavor"];
const flavors: readonly Case[] = [
  {
    why: "unknown, with the nearest",
    instances: flavor("m1.smal"),
    faults: [{ code: "cloud-flavor", path: flavorPath, received: '"m1.smal"', suggestion: "m1.small" }],
  },
  {
    why: "unknown also where the instance is there: it would be made anew",
    instances: flavor("gone"),
    existing: ["orders"],
    faults: [{ path: flavorPath }],
  },
  {
    why: "an id instead of a name",
    instances: flavor("f-3"),
    faults: [{ path: flavorPath, message: /id: write its name/, suggestion: "m1.large" }],
  },
  {
    why: "disabled",
    instances: flavor("m1.old"),
    faults: [{ path: flavorPath, message: /disabled/, allowed: '"m1.small", "m1.large", "m1.diskless"' }],
  },
  { why: "disabled, and in use", instances: flavor("m1.old"), existing: ["orders"] },
  {
    why: "a disk smaller than the image",
    instances: flavor("m1.tiny"),
    faults: [{ path: flavorPath, message: /disk of 1 GiB is too small: image "db" needs 2 GiB/ }],
  },
  { why: "a disk of 0 is as large as the image", instances: flavor("m1.diskless") },
  {
    why: "less memory than the image wants",
    catalogue: images({ minRamMiB: 513 }),
    faults: [
      { path: flavorPath, message: /memory of 512 MiB is too small: image "db" needs 513 MiB/, allowed: '"m1.large"' },
    ],
  },
  {
    why: "nothing is said about an image that has a fault of its own",
    instances: flavor("m1.tiny"),
    catalogue: images({ status: "killed" }),
    faults: [{ path: imagePath }],
  },
];

testCases({ imageCases, places, flavors });
