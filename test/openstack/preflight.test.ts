/**
 * The preflight on a real cloud: what it reads, in how many calls, and that it finds each kind of wrong name. Needs
 * clouds.yaml (OS_CLIENT_CONFIG_FILE) with the development cloud, whose names stand here. Everything made is deleted.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type Cloud, CloudError } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { amounts } from "../../components/openstack/preflight/catalogue.ts";
import { recipeHashOf } from "../../components/openstack/preflight/images.ts";
import { planNotes, planPreflight, readCatalogue, settle } from "../../components/openstack/preflight/index.ts";
import type { DatastoreVersion, ImageChoice, InstanceSpec, OpenstackTarget } from "../../spec/model.ts";
import { instanceOf, specOf, version } from "../unit/openstack-preflight-fixture.ts";

const cloud = openCloud({ cloud: process.env.OS_CLOUD ?? "devcloud" });
const mark = `pf-${randomBytes(4).toString("hex")}`;
const made: { service: "image" | "network"; path: string }[] = [];
const ids: Record<string, string> = {};

before(async () => {
  ids.good = await makeImage(mark, { coffer_engine: "mariadb", coffer_version: "10.11", tags: [`${mark}-t`, "b"] });
  await laterThan(ids.good);
  // The same tags, and newer: the one that is meant.
  ids.newer = await makeImage(`${mark}-newer`, {
    coffer_engine: "mariadb",
    coffer_version: "10.11",
    tags: [`${mark}-t`, "b"],
    min_disk: 3,
  });
  ids.operator = await makeImage(`in:${mark}`, { coffer_engine: "postgresql", coffer_version: "15" });
  ids.empty = (await cloud.call<{ id: string }>("image", "/images", imageRequest(`${mark}-empty`, {}))).id;
  made.push({ service: "image", path: `/images/${ids.empty}` });
  for (const key of ["twin", "otherTwin"]) {
    const body = { network: { name: `${mark}-twin` } };
    const { network } = await cloud.call<{ network: { id: string } }>("network", "/networks", { method: "POST", body });
    made.push({ service: "network", path: `/networks/${network.id}` });
    ids[key] = network.id;
  }
});

after(async () => {
  for (const { service, path } of made.reverse()) await cloud.call(service, path, { method: "DELETE" });
});

function imageRequest(name: string, properties: Record<string, unknown>) {
  return {
    method: "POST" as const,
    body: { name, disk_format: "raw", container_format: "bare", visibility: "private", ...properties },
  };
}

async function makeImage(name: string, properties: Record<string, unknown>): Promise<string> {
  const { id } = await cloud.call<{ id: string }>("image", "/images", imageRequest(name, properties));
  made.push({ service: "image", path: `/images/${id}` });
  const body = new Blob([new Uint8Array(4096)]).stream();
  await cloud.upload("image", `/images/${id}/file`, body, { contentType: "application/octet-stream", timeout: 60_000 });
  return id;
}

/** Until the cloud's clock, which Glance notes in whole seconds, has left the second in which an image was made. */
async function laterThan(id: string): Promise<void> {
  const { created_at: before } = await cloud.call<{ created_at: string }>("image", `/images/${id}`);
  for (let tries = 0; tries < 100; tries++) {
    const probe = await cloud.call<{ id: string; created_at: string }>("image", "/images", imageRequest(mark, {}));
    await cloud.call("image", `/images/${probe.id}`, { method: "DELETE" });
    if (probe.created_at > before) return;
  }
  throw new Error("100 images were made within one second of the cloud's clock");
}

const byName = (name: string, stock = false): ImageChoice => ({ by: "name", name, stock });
const store = (image: ImageChoice = byName(mark)): DatastoreVersion => ({ ...version, image });

function spec(
  target: Partial<OpenstackTarget> = {},
  instances: readonly InstanceSpec[] = [instanceOf("orders")],
  image?: ImageChoice,
) {
  return specOf(target, instances, [store(image)]);
}

/** The same cloud, whose calls are counted and those to `refused` answered 403. */
function counting(refused: RegExp = /^$/): { cloud: Cloud; calls: string[] } {
  const calls: string[] = [];
  const seen = (service: string, path: string): void => {
    calls.push(`${service} ${path}`);
    if (refused.test(path)) throw new CloudError("credentials", "not for you", { status: 403 });
  };
  const wrapped: Cloud = {
    name: cloud.name,
    region: cloud.region,
    projectId: () => cloud.projectId(),
    upload: (...words) => cloud.upload(...words),
    async call(service, path, request) {
      seen(service, path);
      return cloud.call(service, path, request);
    },
    async list(service, path, key, request) {
      seen(service, path);
      return cloud.list(service, path, key, request);
    },
  };
  return { cloud: wrapped, calls };
}

test("a spec that names only what is there has no fault, and its names become ids", async () => {
  const good = spec({ subnet: "private-subnet", zone: "nova", volumeZone: "nova", volumeType: "ceph" });
  const catalogue = await readCatalogue(cloud, good);
  assert.deepEqual(planPreflight(good, catalogue, []), []);
  assert.deepEqual(planNotes(good, catalogue, []), []);
  assert.equal(catalogue.region, "RegionOne");
  assert.equal(catalogue.project, await cloud.projectId());
  for (const amount of amounts) assert.equal(typeof catalogue.quotas.project[amount]?.limit, "number", amount);
  assert.ok(catalogue.quotas.volumeTypes.has("ceph"));

  const { flavors, networks, external, images } = settle(good, catalogue);
  assert.equal(flavors.get("m1.small")?.memoryBytes, 512 * 2 ** 20);
  assert.deepEqual([networks[0]?.name, networks[0]?.subnet?.ipVersion, external?.name], ["private", 4, "public"]);
  const image = images.get("shop@10.11");
  assert.equal(image?.id, ids.good);
  assert.match(image?.checksum ?? "", /^sha512:[0-9a-f]{128}$/);
});

test("forty instances take as many calls as one", async () => {
  const target = { zone: "nova", volumeZone: "nova", volumeType: "ceph" };
  const one = counting();
  await readCatalogue(one.cloud, spec(target));
  const forty = counting();
  const instances = Array.from({ length: 40 }, (_, index) => instanceOf(`i${index}`));
  await readCatalogue(forty.cloud, spec(target, instances));
  assert.deepEqual(forty.calls.toSorted(), one.calls.toSorted());
  assert.deepEqual(
    one.calls.toSorted(),
    [
      "compute /flavors/detail",
      "compute /limits",
      "compute /os-availability-zone",
      "image /images",
      "network /networks",
      "network /ports",
      `network /quotas/${await cloud.projectId()}/details.json`,
      "network /routers",
      "network /subnets",
      `volume /os-quota-sets/${await cloud.projectId()}`,
      "volume /os-availability-zone",
      "volume /types",
    ].toSorted(),
  );
});

test("what nobody asks for is not read", async () => {
  const { cloud: counted, calls } = counting();
  await readCatalogue(counted, spec({ reach: { by: "fixed-address" } }));
  assert.equal(calls.filter((call) => /zone|types|routers|ports/.test(call)).length, 0, calls.join("\n"));
});

const wrong: readonly {
  why: string;
  spec: () => ReturnType<typeof spec>;
  fault: { code: string; message?: RegExp; allowed?: () => RegExp; suggestion?: string };
}[] = [
  {
    why: "network",
    spec: () => spec({ networks: ["privat"] }),
    fault: { code: "cloud-network", message: /no network of this name/, suggestion: "private" },
  },
  {
    why: "two networks of one name",
    spec: () => spec({ networks: [`${mark}-twin`] }),
    fault: { code: "cloud-network", message: /2 networks/, allowed: () => new RegExp(`${ids.twin}|${ids.otherTwin}`) },
  },
  {
    why: "a network without subnets, by id",
    spec: () => spec({ networks: [ids.twin ?? ""], reach: { by: "fixed-address" } }),
    fault: { code: "cloud-network", message: /no subnet/ },
  },
  {
    why: "an external network for servers",
    spec: () => spec({ networks: ["public"], reach: { by: "fixed-address" } }),
    fault: { code: "cloud-network", message: /is external/ },
  },
  {
    why: "subnet",
    spec: () => spec({ subnet: "private-subnets" }),
    fault: { code: "cloud-subnet", suggestion: "private-subnet" },
  },
  {
    why: "external network",
    spec: () => spec({ external: "publics" }),
    fault: { code: "cloud-external", suggestion: "public" },
  },
  {
    why: "an external network that is none",
    spec: () => spec({ external: "private" }),
    fault: { code: "cloud-external", message: /not external/ },
  },
  {
    why: "zone",
    spec: () => spec({ zone: "nuva" }),
    fault: { code: "cloud-zone", message: /Nova/, suggestion: "nova" },
  },
  {
    why: "volume zone",
    spec: () => spec({ volumeZone: "nuva" }),
    fault: { code: "cloud-zone", message: /Cinder/, suggestion: "nova" },
  },
  {
    why: "volume type",
    spec: () => spec({ volumeType: "cheph" }),
    fault: { code: "cloud-volume-type", suggestion: "ceph" },
  },
  {
    why: "flavor",
    spec: () => spec({}, [instanceOf("orders", { flavor: { name: "m1.smal" } })]),
    fault: { code: "cloud-flavor", suggestion: "m1.small" },
  },
  {
    why: "image by name",
    spec: () => spec({}, undefined, byName(`${mark}x`)),
    fault: { code: "cloud-image", message: /of this name/, suggestion: mark },
  },
  {
    why: "image by id",
    spec: () => spec({}, undefined, { by: "id", id: crypto.randomUUID(), stock: false }),
    fault: { code: "cloud-image", message: /of this id/ },
  },
  {
    why: "an id that is none asks nothing else of Glance",
    spec: () => spec({}, undefined, { by: "id", id: "../images", stock: false }),
    fault: { code: "cloud-image", message: /of this id/ },
  },
  {
    why: "image by tags: all must be there",
    spec: () => spec({}, undefined, { by: "tags", tags: [`${mark}-t`, "c"], stock: false }),
    fault: { code: "cloud-image", message: /all of these tags/, allowed: () => new RegExp(`"${mark}-t"`) },
  },
  {
    why: "an image without a file",
    spec: () => spec({}, undefined, byName(`${mark}-empty`)),
    fault: { code: "cloud-image", message: /is "queued"/ },
  },
  {
    why: "an image of another engine, whose name looks like one of Glance's operators",
    spec: () => spec({}, undefined, byName(`in:${mark}`)),
    fault: { code: "cloud-image", message: /is for "postgresql 15"/ },
  },
];

for (const { why, spec: build, fault: wanted } of wrong) {
  test(`wrong: ${why}`, async () => {
    const bad = build();
    const faults = planPreflight(bad, await readCatalogue(cloud, bad), []);
    assert.equal(faults.length, 1, JSON.stringify(faults, null, 1));
    assert.equal(faults[0]?.code, wanted.code);
    if (wanted.message) assert.match(faults[0]?.message ?? "", wanted.message);
    if (wanted.allowed) assert.match(faults[0]?.allowed ?? "", wanted.allowed());
    assert.equal(faults[0]?.suggestion, wanted.suggestion);
  });
}

test("by tags the newest is taken; it fits on the flavors that are large enough", async () => {
  const choice: ImageChoice = { by: "tags", tags: [`${mark}-t`, "b"], stock: false };
  const tagged = spec({}, [instanceOf("orders", { flavor: { name: "m1.tiny" } })], choice);
  const catalogue = await readCatalogue(cloud, tagged);
  assert.equal(settle(tagged, catalogue).images.get("shop@10.11")?.id, ids.newer);
  const [fault, ...others] = planPreflight(tagged, catalogue, []);
  assert.deepEqual(others, []);
  assert.match(fault?.message ?? "", /disk of 2 GiB is too small: image .* needs 3 GiB/);
  assert.match(fault?.allowed ?? "", /"m1.small"/);
});

test("Coffer's own image is found by its recipe, but not used before it is whole", async () => {
  const { image: _, ...recipe } = version;
  const own = specOf({}, undefined, [recipe]);
  // Never with a file: others on this cloud would start their servers from it.
  const request = imageRequest(`${mark}-recipe`, { coffer_recipe: recipeHashOf(recipe) });
  const { id } = await cloud.call<{ id: string }>("image", "/images", request);
  made.push({ service: "image", path: `/images/${id}` });
  const catalogue = await readCatalogue(cloud, own);
  assert.ok(catalogue.images.get("shop@10.11")?.some((image) => image.id === id && image.status === "queued"));
  assert.notEqual(settle(own, catalogue).images.get("shop@10.11")?.id, id);
});

test("one instance more than the quota allows", async () => {
  const limit = (await readCatalogue(cloud, spec())).quotas.project.servers?.limit ?? 0;
  const instances = Array.from({ length: limit + 1 }, (_, index) => instanceOf(`i${index}`));
  const many = spec({ reach: { by: "fixed-address" } }, instances);
  const faults = planPreflight(many, await readCatalogue(cloud, many), []);
  const servers = faults.find(({ message }) => message.includes("Nova's quota of instances"));
  assert.ok(servers, JSON.stringify(faults));
  assert.equal(servers.received, `${limit + 1} needed by ${limit + 1} new instances`);
});

test("what the project may not see is noted and not checked", async () => {
  const { cloud: closed } = counting(/zone|types|limits|quota|routers/);
  const blind = spec({ zone: "x", volumeZone: "y", volumeType: "z" });
  const catalogue = await readCatalogue(closed, blind);
  assert.deepEqual(planPreflight(blind, catalogue, []), []);
  assert.equal(catalogue.notes.length, 7, catalogue.notes.join("\n"));
  for (const note of catalogue.notes) assert.match(note, /cannot be checked: cloud .* answers 403/);
});

test("Cinder's limits stand in for quotas that are kept to operators", async () => {
  const { cloud: closed } = counting(/os-quota-sets/);
  const { quotas, notes } = await readCatalogue(closed, spec());
  assert.deepEqual(notes, []);
  assert.equal(typeof quotas.project.gigabytes?.limit, "number");
  assert.equal(quotas.volumeTypes.size, 0);
});

test("a cloud that lists no networks is an error, as is a stop", async () => {
  const { cloud: closed } = counting(/networks/);
  await assert.rejects(readCatalogue(closed, spec()), { name: "CloudError", status: 403 });
  await assert.rejects(readCatalogue(cloud, spec(), AbortSignal.abort(new Error("stopped by the test"))), /stopped/);
});
