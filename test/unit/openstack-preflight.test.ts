/** What the preflight finds wrong in a spec on a given cloud, and what it settles. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  flavorSizes,
  imagesToBuild,
  planNotes,
  planPreflight,
  settle,
} from "../../components/openstack/preflight/index.ts";
import { gib, specFor, tags, zoned } from "./openstack-preflight-cases.ts";
import { catalogueOf, image, instanceOf, specOf, version } from "./openstack-preflight-fixture.ts";

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
  const spec = specOf({}, zoned({ flavor: { name: "m1.diskless" } }));
  const routing = { routers: [], interfaces: [{ routerId: "theirs", subnetIds: ["sub-1"] }] };
  const notes = planNotes(spec, catalogueOf({ routing, notes: ["from reading"] }), []);
  assert.equal(notes.length, 3);
  assert.match(notes.join("\n"), /from reading\n.*"private" with "public" cannot be seen.*\n.*"m1.diskless".*0 GiB/);
  assert.deepEqual(planNotes(specOf(), catalogueOf(), []), []);
});

test("the loader gets the flavors' sizes", () => {
  assert.deepEqual(flavorSizes(catalogueOf()).get("m1.large"), { vcpus: 2, memoryBytes: 2 ** 30 });
});
