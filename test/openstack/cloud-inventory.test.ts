/** Servers, volumes and the inventory against a real cloud: one life of one tiny server, in the order of the tests. */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { GuestError } from "../../access/guest.ts";
import { type RealObject, removalOrder } from "../../access/inventory.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { OpenstackInventory } from "../../access/openstack/inventory.ts";
import {
  confirmResize,
  consoleLog,
  getServer,
  rebootServer,
  rebuildServer,
  resizeServer,
  revertResize,
} from "../../access/openstack/servers.ts";
import {
  attachmentsOf,
  createSnapshot,
  detachVolume,
  extendVolume,
  GiB,
  getVolume,
  listSnapshots,
} from "../../access/openstack/volumes.ts";
import {
  flavorId,
  greeting,
  makeImage,
  makeOfNetwork,
  makeServer,
  makeVolume,
  networkId,
  prefix,
  Undo,
} from "./cloud-fixture.ts";

const cloud = openCloud({});
const inventory = new OpenstackInventory(cloud);
const undo = new Undo();
const stack = randomUUID();
const instance = randomUUID();
const limit = { timeout: 300_000 };

const hash = (role: string) => createHash("sha256").update(role).digest("hex").slice(0, 16);
const metadata = (role: string) => ({
  "coffer.stack": stack,
  "coffer.urn": hash(role),
  "coffer.role": role,
  "coffer.instance": instance,
  "coffer.name": "orders",
});
const description = (role: string) =>
  `coffer stack=${stack} urn=${hash(role)} role=${role} instance=${instance} name=orders`;

const made = { image: "", server: "", data: "", foreign: "" };

before(async () => {
  const network_id = await networkId(cloud, "private");
  const [external, image] = await Promise.all([networkId(cloud, "public"), makeImage(cloud, undo)]);
  const name = prefix;
  const group = await makeOfNetwork(cloud, undo, "/security-groups", "security_group", {
    name,
    description: description("security-group"),
  });
  await makeOfNetwork(cloud, undo, "/security-group-rules", "security_group_rule", {
    security_group_id: group,
    direction: "ingress",
    ethertype: "IPv4",
    protocol: "tcp",
    port_range_min: 5432,
    port_range_max: 5432,
    remote_ip_prefix: "10.9.0.0/16",
    description: description("rule"),
  });
  const port = await makeOfNetwork(cloud, undo, "/ports", "port", {
    network_id,
    name,
    description: description("port"),
    security_groups: [group],
  });
  await makeOfNetwork(cloud, undo, "/floatingips", "floatingip", {
    floating_network_id: external,
    port_id: port,
    description: description("floating-ip"),
  });
  made.image = image;
  made.data = await makeVolume(cloud, undo, `${prefix}-data`, metadata("data"));
  made.foreign = await makeVolume(cloud, undo, `${prefix}-foreign`, {});
  made.server = await makeServer(cloud, undo, { image, port, metadata: metadata("server") });
  const body = { volumeAttachment: { volumeId: made.data } };
  await cloud.call("compute", `/servers/${made.server}/os-volume_attachments`, { method: "POST", body });
  await waitFor({
    what: "the volume to be attached",
    look: () => attachmentsOf(cloud, made.data),
    done: (attachments) => attachments.length === 1,
    words: (attachments) => `${attachments.length} attachments`,
    ...limit,
  });
});

after(() => undo.all());

const listed = async (): Promise<Map<string, RealObject>> =>
  new Map((await inventory.list(stack)).map((object) => [object.role, object]));

test("the inventory finds all that bears the stack's marks, and nothing else", async () => {
  const objects = await listed();
  assert.deepEqual([...objects.keys()].sort(), ["data", "floating-ip", "port", "rule", "security-group", "server"]);
  for (const [role, object] of objects) {
    const marks = { instance: object.instance, instanceName: object.instanceName, urnHash: object.urnHash };
    assert.deepEqual(marks, { instance, instanceName: "orders", urnHash: hash(role) }, role);
    assert.match(object.createdAt ?? "", /^\d{4}-\d\d-\d\dT/, role);
  }
  assert.deepEqual(objects.get("data")?.attachedTo, [`${prefix}-server`]);
  assert.deepEqual(objects.get("port")?.attachedTo, [`${prefix}-server`]);
  assert.deepEqual(objects.get("security-group")?.attachedTo, [prefix]);
  assert.deepEqual(objects.get("rule")?.attachedTo, [prefix]);
  assert.deepEqual(objects.get("floating-ip")?.attachedTo, [prefix]);
  assert.equal(objects.get("rule")?.name, "ingress tcp 5432 from 10.9.0.0/16");
  assert.equal(objects.get("server")?.running, true);
  assert.equal(objects.get("data")?.sizeBytes, GiB);
});

test("an administrator sees only the objects of the project that was logged in to", async (t) => {
  const name = process.env.COFFER_TEST_ADMIN_CLOUD;
  if (!name) return t.skip("COFFER_TEST_ADMIN_CLOUD names no cloud");
  const admin = new OpenstackInventory(openCloud({ cloud: name }));
  assert.deepEqual(await admin.list(stack), []);
});

test("a server has its addresses by network", async () => {
  const { addresses = [], volumes } = (await getServer(cloud, made.server)) ?? {};
  assert.deepEqual(volumes, [made.data]);
  assert.ok(addresses.some(({ network, kind, version }) => network === "private" && kind === "fixed" && version === 4));
});

test("the console is read, whole or its end", async () => {
  const whole = await waitFor({
    what: "the guest's words on its console",
    look: () => consoleLog(cloud, made.server),
    done: (text) => text.includes(greeting.trim()),
    words: (text) => JSON.stringify(text.slice(-200)),
    ...limit,
  });
  assert.equal(await consoleLog(cloud, made.server, 1), whole.split("\n").at(-2)?.concat("\n"));
  assert.equal(await consoleLog(cloud, made.server, 1_000), whole);
});

test("a volume is found by id and by name, and is missing when it is", async () => {
  assert.equal((await inventory.volume(made.data))?.name, `${prefix}-data`);
  assert.equal((await inventory.volume(`${prefix}-data`))?.id, made.data);
  assert.equal(await inventory.volume(randomUUID()), undefined);
  assert.equal(await inventory.volume(`${prefix}-none`), undefined);
});

test("two volumes of one name are told apart by their ids", async () => {
  const [one, other] = await Promise.all([1, 2].map(() => makeVolume(cloud, undo, `${prefix}-twin`, {})));
  await assert.rejects(inventory.volume(`${prefix}-twin`), (error: GuestError) => {
    assert.match(error.message, new RegExp(`2 volumes named "${prefix}-twin"`));
    return error.message.includes(String(one)) && error.message.includes(String(other));
  });
});

test("data in use, or not ours, is never deleted", async () => {
  await assert.rejects(inventory.deleteVolume(made.data), new RegExp(`attached to ${prefix}-server`));
  await assert.rejects(inventory.deleteVolume(made.foreign), /no mark coffer\.stack.*left alone/);
  const data = (await listed()).get("data");
  assert.ok(data);
  await assert.rejects(inventory.remove(data), /data goes only by its own command/);
  assert.ok(await getVolume(cloud, made.data));
});

test("an attached volume grows, and never shrinks", async () => {
  await extendVolume(cloud, made.data, 2, limit);
  assert.equal((await getVolume(cloud, made.data))?.bytes, 2 * GiB);
  await assert.rejects(extendVolume(cloud, made.data, 1, limit), /has 2 GiB, 1 GiB are wanted/);
});

test("a snapshot of an attached volume is listed, and keeps its volume from being deleted", async () => {
  const wish = { name: `${prefix}-snapshot`, metadata: metadata("snapshot") };
  const snapshot = await createSnapshot(cloud, made.data, wish, limit);
  assert.equal(snapshot.status, "available");
  assert.deepEqual(
    (await listSnapshots(cloud, { volume: made.data })).map(({ id }) => id),
    [snapshot.id],
  );
  const seen = (await listed()).get("snapshot");
  assert.deepEqual(seen?.attachedTo, [`${prefix}-data`]);
});

test("a reboot and a rebuild end in ACTIVE", async () => {
  await rebootServer(cloud, made.server, limit);
  await rebuildServer(cloud, made.server, { image: made.image, userData: "#cloud-config\n" }, limit);
  const server = await getServer(cloud, made.server);
  assert.equal(server?.status, "ACTIVE");
  assert.deepEqual(server?.volumes, [made.data]);
});

test("a resize is taken back, and done again and confirmed", async () => {
  const [tiny, small] = await Promise.all([flavorId(cloud, "m1.tiny"), flavorId(cloud, "m1.small")]);
  await resizeServer(cloud, made.server, small, limit);
  await revertResize(cloud, made.server, limit);
  assert.equal((await getServer(cloud, made.server))?.flavor, tiny);
  await resizeServer(cloud, made.server, small, limit);
  await confirmResize(cloud, made.server, limit);
  assert.equal((await getServer(cloud, made.server))?.flavor, small);
});

test("stopping what is stopped and starting what runs is nothing", async () => {
  await inventory.stopServer(made.server);
  await inventory.stopServer(made.server);
  assert.equal((await listed()).get("server")?.running, false);
  await inventory.startServer(made.server);
  await inventory.startServer(made.server);
  assert.equal((await listed()).get("server")?.running, true);
});

test("a port that a server has is not taken from it", async () => {
  const port = (await listed()).get("port");
  assert.ok(port);
  await assert.rejects(inventory.remove(port), new RegExp(`server ${made.server} has it`));
});

test("what bears other marks than when it was listed is left alone", async () => {
  const rule = (await listed()).get("rule");
  assert.ok(rule);
  await assert.rejects(inventory.remove({ ...rule, urnHash: "0".repeat(16) }), /other marks.*left alone/);
});

test("a volume is detached, and detaching again is nothing", async () => {
  await inventory.stopServer(made.server);
  for (let times = 0; times < 2; times++) {
    await detachVolume(cloud, { server: made.server, volume: made.data }, limit);
    assert.deepEqual(await attachmentsOf(cloud, made.data), []);
  }
  await assert.rejects(inventory.deleteVolume(made.data), new RegExp(`snapshots: ${prefix}-snapshot`));
});

test("all but the data goes in the order of removal, twice without harm; then the data, asked for", async () => {
  const order = removalOrder(await inventory.list(stack));
  for (const object of order) await inventory.remove(object);
  for (const object of order) await inventory.remove(object);
  assert.deepEqual(
    (await inventory.list(stack)).map(({ role }) => role),
    ["data"],
  );
  await inventory.deleteVolume(made.data);
  assert.deepEqual(await inventory.list(stack), []);
  await assert.rejects(
    inventory.deleteVolume(made.data),
    (error) => error instanceof GuestError && error.problem === "absent",
  );
  await assert.rejects(
    inventory.startServer(made.server),
    (error) => error instanceof GuestError && error.problem === "absent",
  );
  await inventory.removeServer(made.server);
});
