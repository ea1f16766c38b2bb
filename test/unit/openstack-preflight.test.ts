/** What the preflight finds wrong in a spec on a given cloud, and what it settles. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Catalogue, CloudImage } from "../../components/openstack/preflight/catalogue.ts";
import {
  type Fault,
  flavorSizes,
  imagesToBuild,
  planNotes,
  planPreflight,
  settle,
} from "../../components/openstack/preflight/index.ts";
import type { DatastoreVersion, ImageChoice, InstanceSpec, OpenstackTarget } from "../../spec/model.ts";
import {
  catalogueOf,
  image,
  instanceOf,
  privateNetwork,
  publicNetwork,
  specOf,
  version,
} from "./openstack-preflight-fixture.ts";

interface Case {
  why: string;
  target?: Partial<OpenstackTarget>;
  instances?: readonly InstanceSpec[];
  image?: ImageChoice | null;
  catalogue?: Partial<Catalogue>;
  existing?: readonly string[];
  /** The faults, each with the fields that matter; none: the spec fits. */
  faults?: readonly { [K in keyof Fault]?: Fault[K] | RegExp }[];
}

const net = { ...privateNetwork };
const target = (...keys: (string | number)[]) => ["target", "openstack", ...keys];
const imagePath = ["datastores", "shop", "versions", "10.11", "image"];
const tags = (...words: string[]): ImageChoice => ({ by: "tags", tags: words, stock: false });
const images = (...list: readonly Partial<CloudImage>[]): Partial<Catalogue> => ({
  images: new Map([["shop@10.11", list.map((changes) => ({ ...image, ...changes }))]]),
});
const noRouter: Catalogue["routing"] = { routers: [], interfaces: [] };
const v6 = { id: "sub-6", name: "six", networkId: "net-1", cidr: "2001:db8::/64", ipVersion: 6 as const };
const zoned = (changes: Partial<InstanceSpec>) => [instanceOf("orders", changes)];
const gib = 2 ** 30;

const networks: readonly Case[] = [
  { why: "everything is there" },
  { why: "by id, which is no name", target: { networks: ["net-1"], subnet: "sub-1", external: "net-2" } },
  {
    why: "no network of that name: what there is and the nearest",
    target: { networks: ["privat"] },
    faults: [
      {
        code: "cloud-network",
        path: target("network"),
        message: /no network of this name or id/,
        received: '"privat"',
        allowed: '"private", "public"',
        suggestion: "private",
      },
    ],
  },
  {
    why: "names are compared exactly",
    target: { networks: ["Private"] },
    faults: [{ code: "cloud-network", suggestion: "private" }],
  },
  {
    why: "the place in a list",
    target: { networks: ["private", "backend"] },
    faults: [{ path: target("network", 1), received: '"backend"' }],
  },
  {
    why: "several networks of one name: their ids, and whose they are",
    catalogue: { networks: [net, { ...net, id: "net-3", projectId: "other", shared: true }, publicNetwork] },
    faults: [
      {
        message: /2 networks have this name: write the id/,
        allowed: /net-1 \(this project's\), net-3 \(of project other, shared\)/,
      },
    ],
  },
  {
    why: "an id wins over a network that somebody named like it",
    target: { networks: ["net-1"] },
    catalogue: { networks: [net, { ...net, id: "net-9", name: "net-1" }, publicNetwork] },
  },
  {
    why: "a server in a network without subnets has no address",
    target: { external: undefined, reach: { by: "fixed-address" } },
    catalogue: { networks: [{ ...net, subnets: [] }], subnets: [] },
    faults: [{ path: target("network"), message: /no subnet/ }],
  },
  {
    why: "an external network of others takes no servers",
    target: { networks: ["public"], reach: { by: "fixed-address" } },
    faults: [{ path: target("network"), message: /this network is external/ }],
  },
  {
    why: "one that is shared too does, in Nova",
    target: { networks: ["public"], reach: { by: "fixed-address" } },
    catalogue: { networks: [{ ...publicNetwork, shared: true }] },
  },
  {
    why: "security groups do nothing without port security",
    catalogue: { networks: [{ ...net, portSecurity: false }, publicNetwork] },
    faults: [{ path: target("network"), message: /everything would be open/ }],
  },
  {
    why: "a network that is switched off",
    catalogue: { networks: [{ ...net, up: false }, publicNetwork] },
    faults: [{ path: target("network"), message: /switched off/ }],
  },
  {
    why: "one network by name and by id is still one",
    target: { networks: ["private", "net-1"] },
    faults: [{ path: target("network", 1), message: /twice/ }],
  },
  {
    why: "a name that hides characters is shown with them",
    catalogue: { networks: [{ ...net, name: "a\u202eb" }, publicNetwork] },
    faults: [{ allowed: /"a\\u202eb"/ }],
  },
];

const subnets: readonly Case[] = [
  { why: "by name", target: { subnet: "private-subnet" } },
  {
    why: "unknown, with the nearest",
    target: { subnet: "private-subnets" },
    faults: [{ code: "cloud-subnet", path: target("subnet"), suggestion: "private-subnet" }],
  },
  {
    why: "of another network",
    target: { subnet: "backend" },
    catalogue: {
      subnets: [
        ...catalogueOf().subnets,
        { id: "sub-2", name: "backend", networkId: "net-7", cidr: "10.9.0.0/24", ipVersion: 4 },
      ],
    },
    faults: [{ path: target("subnet"), message: /not of the first network, "private", but of network net-7/ }],
  },
  {
    why: "two of one name in the network",
    target: { subnet: "private-subnet" },
    catalogue: {
      subnets: [
        ...catalogueOf().subnets,
        { id: "sub-2", name: "private-subnet", networkId: "net-1", cidr: "10.0.20.0/24", ipVersion: 4 },
      ],
    },
    faults: [{ path: target("subnet"), allowed: "sub-1 (10.0.10.0/24), sub-2 (10.0.20.0/24)" }],
  },
];

const external: readonly Case[] = [
  {
    why: "unknown: only external networks are offered",
    target: { external: "publik" },
    faults: [{ code: "cloud-external", path: target("external"), allowed: '"public"', suggestion: "public" }],
  },
  {
    why: "not external",
    target: { external: "private" },
    faults: [{ path: target("external"), message: /not external/, allowed: '"public"' }],
  },
  {
    why: "the plugin takes a floating IP's network by name: an id does not tell it from a namesake",
    target: { external: "net-2" },
    catalogue: { networks: [net, publicNetwork, { ...publicNetwork, id: "net-5" }] },
    faults: [{ path: target("external"), message: /by its name/, allowed: /also called so: net-5/ }],
  },
  {
    why: "a namesake does no harm where no floating IP is wanted",
    target: { external: "net-2", reach: { by: "fixed-address" } },
    catalogue: { networks: [net, publicNetwork, { ...publicNetwork, id: "net-5" }] },
  },
  {
    why: "no router connects the two",
    catalogue: { routing: noRouter },
    faults: [{ path: target("external"), message: /no router connects network "private".*there is none/ }],
  },
  {
    why: "the router leads elsewhere",
    catalogue: {
      routing: {
        routers: [{ id: "router-1", name: "router", externalNetworkId: "net-8" }],
        interfaces: [{ routerId: "router-1", subnetIds: ["sub-1"] }],
      },
    },
    faults: [{ message: /no router connects.*"router"/ }],
  },
  {
    why: "the router has another subnet of the network than the one chosen",
    target: { subnet: "sub-1" },
    catalogue: {
      routing: {
        routers: [{ id: "router-1", name: "router", externalNetworkId: "net-2" }],
        interfaces: [{ routerId: "router-1", subnetIds: ["sub-2"] }],
      },
    },
    faults: [{ path: target("external"), message: /no router/ }],
  },
  {
    why: "no floating IP is wanted, no router is needed",
    target: { reach: { by: "fixed-address" } },
    catalogue: { routing: noRouter },
  },
  {
    why: "a public instance wants one, however it is reached",
    target: { reach: { by: "fixed-address" } },
    instances: [instanceOf("orders", { access: { allow: ["10.0.0.0/8"], admin: [], public: true } })],
    catalogue: { routing: noRouter },
    faults: [{ path: target("external"), message: /no router/ }],
  },
  {
    why: "a router of another project cannot be judged",
    catalogue: { routing: { routers: [], interfaces: [{ routerId: "theirs", subnetIds: ["sub-1"] }] } },
  },
  {
    why: "nor can those on another project's network",
    catalogue: { networks: [{ ...net, projectId: "other", shared: true }, publicNetwork], routing: noRouter },
  },
  { why: "routers that may not be read are not judged", catalogue: { routing: undefined } },
  {
    why: "floating IPs are IPv4",
    catalogue: { subnets: [v6] },
    faults: [{ path: target("external"), message: /network "private" has IPv6 only/ }],
  },
  {
    why: "the chosen subnet counts, not its neighbours",
    target: { subnet: "six" },
    catalogue: { subnets: [...catalogueOf().subnets, v6] },
    faults: [{ path: target("external"), message: /subnet "six" has IPv6 only/ }],
  },
];

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

for (const [title, cases] of Object.entries({ networks, subnets, external, imageCases, places, flavors })) {
  for (const { why, faults = [], existing = [], ...rest } of cases) {
    test(`${title}: ${why}`, () => {
      const found = planPreflight(specFor(rest), catalogueOf(rest.catalogue), existing);
      assert.equal(found.length, faults.length, JSON.stringify(found, null, 1));
      for (const [index, wanted] of faults.entries()) assertLike(found[index], wanted);
    });
  }
}

function specFor({ target: changes, instances, image: choice }: Omit<Case, "why">) {
  const { image: usual, ...recipe } = version;
  const store: DatastoreVersion = choice === null ? recipe : { ...recipe, image: choice ?? usual };
  return specOf(changes, instances, [store]);
}

function assertLike(fault: Fault | undefined, wanted: { [K in keyof Fault]?: Fault[K] | RegExp }): void {
  assert.ok(fault);
  for (const [key, value] of Object.entries(wanted)) {
    const seen: unknown = fault[key as keyof Fault];
    if (value instanceof RegExp) assert.match(String(seen), value);
    else assert.deepEqual(seen, value, key);
  }
}

test("all faults at once, each with a stable code", () => {
  const spec = specOf({ networks: ["x"], external: "y", zone: "z" }, [
    instanceOf("orders", { flavor: { name: "none" } }),
    instanceOf("ledger", { volume: { bytes: gib, type: "none" } }),
  ]);
  const codes = planPreflight(spec, catalogueOf({ images: new Map() }), []).map(({ code }) => code);
  assert.deepEqual(codes, [
    "cloud-network",
    "cloud-external",
    "cloud-image",
    "cloud-zone",
    "cloud-volume-type",
    "cloud-flavor",
  ]);
});

test("a spec of another target is a bug of the caller", () => {
  const docker = { ...specOf(), target: { kind: "docker" as const, docker: { bind: [] } } };
  assert.throws(() => planPreflight(docker, catalogueOf(), []), /not for openstack/);
});

test("names become ids", () => {
  const newer = { ...image, id: "image-2", createdAt: "2026-02-01T00:00:00Z", checksum: "sha512:ab" };
  const dead = { ...image, id: "image-3", createdAt: "2026-03-01T00:00:00Z", status: "deactivated" };
  const spec = specFor({ target: { networks: ["private", "public"], subnet: "private-subnet" }, image: tags("a") });
  const facts = settle(spec, catalogueOf({ images: new Map([["shop@10.11", [image, newer, dead]]]) }));
  assert.deepEqual(facts, {
    flavors: new Map([["m1.small", { id: "f-2", vcpus: 1, memoryBytes: 512 * 2 ** 20, diskGiB: 4 }]]),
    networks: [
      { id: "net-1", name: "private", subnet: { id: "sub-1", cidr: "10.0.10.0/24", ipVersion: 4 } },
      { id: "net-2", name: "public" },
    ],
    external: { id: "net-2", name: "public" },
    images: new Map([["shop@10.11", { id: "image-2", name: "db", minDiskGiB: 2, checksum: "sha512:ab" }]]),
  });
});

test("an image that is gone is missing from the facts; a network that is gone is a bug of the caller", () => {
  assert.equal(settle(specOf(), catalogueOf({ images: new Map() })).images.size, 0);
  assert.throws(() => settle(specOf({ networks: ["x"] }), catalogueOf()), /before it passed the preflight/);
});

test("an image that can be built is named once for each recipe, and only for new instances", () => {
  const { image: _, ...recipe } = version;
  const stores = [recipe, { ...recipe, datastore: "shop2" }];
  const instances = [instanceOf("a"), instanceOf("b", { datastore: "shop2" })];
  const spec = specOf({}, instances, stores);
  const none = catalogueOf({ images: new Map() });
  assert.deepEqual(imagesToBuild(spec, none, []), [{ engine: "mariadb", version: "10.11" }]);
  assert.deepEqual(imagesToBuild(spec, none, ["a", "b"]), []);
  assert.deepEqual(imagesToBuild(spec, catalogueOf(), ["b"]), []);
});

test("what cannot be seen is noted", () => {
  const spec = specOf({}, flavor("m1.diskless"));
  const routing = { routers: [], interfaces: [{ routerId: "theirs", subnetIds: ["sub-1"] }] };
  const notes = planNotes(spec, catalogueOf({ routing, notes: ["from reading"] }), []);
  assert.equal(notes.length, 3);
  assert.match(notes.join("\n"), /from reading\n.*"private" with "public" cannot be seen.*\n.*"m1.diskless".*0 GiB/);
  assert.deepEqual(planNotes(specOf(), catalogueOf(), []), []);
});

test("the loader gets the flavors' sizes", () => {
  assert.deepEqual(flavorSizes(catalogueOf()).get("m1.large"), { vcpus: 2, memoryBytes: 2 ** 30 });
});
