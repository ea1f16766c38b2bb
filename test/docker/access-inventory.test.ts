import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { GuestError } from "../../access/guest.ts";
import { openInventory } from "../../access/index.ts";
import type { RealObject } from "../../access/inventory.ts";
import { imageName, recipeOf } from "../../images/index.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { docker, eventually, type Made, makeGuest, postgresql, removeAll, stackId } from "./access-fixture.ts";

const inventory = openInventory("docker");
let made: Made;
let network: string;
const strangers = { container: `access-${randomUUID()}`, volume: `access-${randomUUID()}` };

before(async () => {
  const labels = { "coffer.stack": stackId, "coffer.role": "network" };
  network = (await docker.createNetwork({ Name: `access-${randomUUID()}`, Labels: labels })).id;
  made = await makeGuest(postgresql);
});
after(async () => {
  await docker.getContainer(strangers.container).remove({ force: true });
  await docker.getVolume(strangers.volume).remove();
  await removeAll();
});

async function found(kind: RealObject["kind"], name?: string): Promise<RealObject | undefined> {
  return (await inventory.list(stackId)).find((o) => o.kind === kind && (name === undefined || o.name === name));
}

test("list: what bears the stack's id, with its marks", async () => {
  const marks = { stack: stackId, instance: made.uuid, instanceName: "orders", urnHash: "0123456789abcdef" };
  const server = await found("server");
  assert.deepEqual(
    { ...server, createdAt: "" },
    {
      kind: "server",
      id: made.container.id,
      name: made.name,
      role: "server",
      ...marks,
      running: true,
      image: imageName(recipeOf("postgresql", "15")),
      limits: {},
      attachedTo: [],
      createdAt: "",
    },
  );
  const volume = await found("volume");
  assert.deepEqual(
    { ...volume, createdAt: "" },
    {
      kind: "volume",
      id: made.volume,
      name: made.volume,
      role: "data",
      ...marks,
      attachedTo: [made.name],
      createdAt: "",
    },
  );
  const net = await found("network");
  assert.deepEqual([net?.id, net?.role, net?.attachedTo], [network, "network", []]);
  for (const object of [server, volume, net]) assert.ok(Date.parse(object?.createdAt ?? "") > 0, object?.kind);
  assert.deepEqual(await inventory.list(`other-${stackId}`), []);
});

test("volume: its bytes in use; undefined when there is none", async () => {
  assert.ok(((await inventory.volume(made.volume))?.sizeBytes ?? -1) >= 0);
  assert.equal(await inventory.volume(`access-${randomUUID()}`), undefined);
});

test("a volume that a server has is not deleted, running or stopped, and the server is named", async () => {
  const refusal = (error: GuestError) => {
    assert.equal(error.problem, "failed");
    assert.ok(error.message.includes(`it is attached to ${made.name}`), error.message);
    return true;
  };
  await assert.rejects(inventory.deleteVolume(made.volume), refusal);
  await inventory.stopServer(made.container.id);
  await assert.rejects(inventory.deleteVolume(made.volume), refusal);
  assert.deepEqual((await found("volume"))?.attachedTo, [made.name]);
});

test("stop is a clean end, not a kill, and stays; start brings the server back", async () => {
  const other = await makeGuest(postgresql, { restart: "always" });
  await postgresql.prepare(other.guest);
  await other.guest.service.start();
  await eventually("it answers", () => postgresql.sql(other.guest, "SELECT 1"));
  await inventory.stopServer(other.container.id);
  const stopped = await found("server", other.name);
  assert.deepEqual([stopped?.running, stopped?.exitCode], [false, 0]);
  assert.match(await other.guest.service.logs(50), postgresql.cleanEnd);
  await inventory.stopServer(other.container.id);

  await inventory.startServer(other.container.id);
  await inventory.startServer(other.container.id);
  await eventually("it answers again", () => postgresql.sql(other.guest, "SELECT 1"));
  assert.equal(lastStart("postgresql", await other.guest.service.logs(200)), "clean");

  await inventory.removeServer(other.container.id);
  assert.equal(await found("server", other.name), undefined);
  assert.deepEqual((await found("volume", other.volume))?.attachedTo, [], "the volume outlives its server");
  await inventory.removeServer(other.container.id);

  await inventory.deleteVolume(other.volume);
  assert.equal(await inventory.volume(other.volume), undefined);
  await assert.rejects(inventory.deleteVolume(other.volume), /does not exist/);
});

test("what has no mark of ours is left alone", async () => {
  const { Image } = await made.container.inspect();
  await docker.createContainer({ name: strangers.container, Image });
  await docker.createVolume({ Name: strangers.volume });
  const refusal = /has no label coffer\.stack, so it is not one of Coffer's; it is left alone/;
  await assert.rejects(inventory.removeServer(strangers.container), refusal);
  await assert.rejects(inventory.stopServer(strangers.container), refusal);
  await assert.rejects(inventory.startServer(strangers.container), refusal);
  await assert.rejects(inventory.deleteVolume(strangers.volume), refusal);
  await assert.rejects(inventory.removeNetwork("bridge"), refusal);
});

test("a network is removed; one that is gone is fine", async () => {
  await inventory.removeNetwork(network);
  assert.equal(await found("network"), undefined);
  await inventory.removeNetwork(network);
});
