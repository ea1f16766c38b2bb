import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { extract } from "tar-stream";
import { type Props, UNKNOWN } from "../../toolchain/docker-plugin/values.ts";
import { docker, failureOf, IMAGE, importImage, type Kind, Plugin } from "./docker-plugin-fixture.ts";

const CONTAINER: Kind = "container:Container";
const VOLUME: Kind = "volume:Volume";
const NETWORK: Kind = "network:Network";
const REMOTE_IMAGE: Kind = "remoteImage:RemoteImage";

const run = randomBytes(4).toString("hex");
const mine = (name: string) => `docker-plugin-${run}-${name}`;
const MEBIBYTE = 1024 * 1024;

let plugin: Plugin;

before(async () => {
  await importImage();
  plugin = await Plugin.start();
});

after(async () => {
  assert.equal(await plugin.stop(), 0);
  const filters = { name: [`docker-plugin-${run}-`] };
  for (const left of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(left.Id).remove({ force: true });
  for (const left of await docker.listNetworks({ filters })) await docker.getNetwork(left.Id).remove();
  for (const left of (await docker.listVolumes({ filters })).Volumes) await docker.getVolume(left.Name).remove();
  await docker.getImage(IMAGE).remove();
});

/** Everything a database server is given. */
const server = (name: string, more: Props = {}): Props => ({
  image: IMAGE,
  name: mine(name),
  hostname: name,
  command: ["/pause"],
  entrypoints: [],
  envs: ["B=2", "A=1"],
  labels: [
    { label: "role", value: "data" },
    { label: "app", value: "x" },
  ],
  memory: 32,
  memorySwap: 32,
  cpus: "1.0",
  shmSize: 96,
  ulimits: [{ name: "nofile", soft: 1024, hard: 2048 }],
  restart: "unless-stopped",
  stopTimeout: 120,
  destroyGraceSeconds: 1,
  mustRun: false,
  logDriver: "json-file",
  logOpts: { "max-size": "1m", "max-file": "2" },
  ports: [{ internal: 5432, ip: "127.0.0.1" }],
  ...more,
});

test("a volume: created, read, imported, deleted, and deleted again", async () => {
  const inputs = {
    name: mine("volume"),
    labels: [
      { label: "b", value: "2" },
      { label: "a", value: "1" },
    ],
  };
  const made = await plugin.create(VOLUME, inputs);
  assert.equal(made.id, inputs.name);
  assert.equal(made.outputs.driver, "local");
  assert.ok(String(made.outputs.mountpoint).includes(inputs.name));
  assert.deepEqual((await plugin.diff(VOLUME, made, inputs)).changes, []);

  const refreshed = await plugin.read(VOLUME, made.id, made);
  assert.ok(refreshed);
  assert.deepEqual(refreshed.inputs, made.inputs);
  assert.deepEqual((await plugin.diff(VOLUME, refreshed, inputs)).changes, []);

  const imported = await plugin.read(VOLUME, made.id);
  assert.ok(imported);
  assert.equal(imported.inputs.name, inputs.name);
  assert.deepEqual((await plugin.diff(VOLUME, imported, inputs)).changes, []);
  const relabelled = { ...inputs, labels: [{ label: "a", value: "1" }] };
  assert.deepEqual(await plugin.diff(VOLUME, imported, relabelled), {
    changes: ["labels[1] R"],
    deleteBeforeReplace: true,
  });

  await plugin.delete(VOLUME, made);
  assert.equal(await plugin.read(VOLUME, made.id, made), undefined);
  await plugin.delete(VOLUME, made);
});

test("a network: created, read, imported, deleted, and deleted again", async () => {
  const inputs = { name: mine("network"), labels: [{ label: "a", value: "1" }] };
  const made = await plugin.create(NETWORK, inputs);
  assert.equal(made.outputs.driver, "bridge");
  assert.equal((made.outputs.ipamConfigs as Props[]).length, 1);
  for (const recorded of [made, await plugin.read(NETWORK, made.id, made), await plugin.read(NETWORK, made.id)]) {
    assert.ok(recorded);
    assert.deepEqual((await plugin.diff(NETWORK, recorded, inputs)).changes, []);
  }
  const twin = await failureOf(plugin.create(NETWORK, inputs));
  assert.match(twin.message, /Network ".*network": creating it failed: .*already exists/);
  await plugin.delete(NETWORK, made);
  assert.equal(await plugin.read(NETWORK, made.id, made), undefined);
  await plugin.delete(NETWORK, made);
});

test("an image: found where it is, kept, and a missing one named", async () => {
  const inputs = { name: IMAGE, keepLocally: true };
  const made = await plugin.create(REMOTE_IMAGE, inputs);
  assert.equal(made.id, `${made.outputs.imageId}${IMAGE}`);
  const refreshed = await plugin.read(REMOTE_IMAGE, made.id, made);
  assert.ok(refreshed);
  assert.deepEqual((await plugin.diff(REMOTE_IMAGE, refreshed, inputs)).changes, []);
  await plugin.delete(REMOTE_IMAGE, made);
  await docker.getImage(IMAGE).inspect();
  // Port 1 of this machine answers no registry, so the refusal is immediate.
  const missing = await failureOf(plugin.create(REMOTE_IMAGE, { name: "localhost:1/docker-plugin/none:1" }));
  assert.match(missing.message, /no image "localhost:1\/docker-plugin\/none:1" here and pulling it did not bring it: /);
  assert.equal(missing.initFailed, undefined);
});

test("a server's container: no difference after create and refresh, limits in place, the rest replaced", async () => {
  const network = await plugin.create(NETWORK, { name: mine("servers") });
  const volume = await plugin.create(VOLUME, { name: mine("data") });
  const inputs = server("server", {
    networksAdvanced: [{ name: mine("servers"), aliases: ["z", "a"] }],
    mounts: [{ type: "volume", target: "/data", source: mine("data") }],
  });
  const made = await plugin.create(CONTAINER, inputs);
  const seen = await docker.getContainer(made.id).inspect();
  assert.equal(seen.State.Running, true);
  assert.deepEqual(Object.keys(seen.NetworkSettings.Networks), [mine("servers")]);
  assert.deepEqual([seen.HostConfig.Memory, seen.HostConfig.MemorySwap], [32 * MEBIBYTE, 32 * MEBIBYTE]);
  const [port] = made.outputs.ports as Props[];
  assert.equal(port?.external, Number(seen.NetworkSettings.Ports["5432/tcp"]?.[0]?.HostPort));
  const [data] = made.outputs.networkDatas as Props[];
  assert.equal(data?.ipAddress, seen.NetworkSettings.Networks[mine("servers")]?.IPAddress);

  const shuffled = { ...inputs, envs: ["A=1", "B=2"], labels: [...(inputs.labels as Props[])].reverse() };
  assert.deepEqual((await plugin.diff(CONTAINER, made, shuffled)).changes, []);
  const refreshed = await plugin.read(CONTAINER, made.id, made);
  assert.ok(refreshed);
  assert.deepEqual(refreshed.inputs, made.inputs);
  assert.deepEqual((await plugin.diff(CONTAINER, refreshed, shuffled)).changes, []);

  const bigger = { ...inputs, memory: 64, memorySwap: 64, restart: "no" };
  assert.deepEqual((await plugin.diff(CONTAINER, refreshed, bigger)).changes.sort(), [
    "memory",
    "memorySwap",
    "restart",
  ]);
  const updated = await plugin.update(CONTAINER, refreshed, bigger);
  const now = await docker.getContainer(made.id).inspect();
  assert.deepEqual([now.HostConfig.Memory, now.HostConfig.RestartPolicy?.Name], [64 * MEBIBYTE, "no"]);
  assert.equal(now.State.StartedAt, seen.State.StartedAt, "an update in place restarts nothing");
  assert.deepEqual((await plugin.diff(CONTAINER, updated, bigger)).changes, []);

  const relabelled = { ...bigger, labels: [{ label: "role", value: "other" }] };
  const { changes, deleteBeforeReplace } = await plugin.diff(CONTAINER, updated, relabelled);
  assert.deepEqual([changes, deleteBeforeReplace], [["labels[0].value R", "labels[1] R"], true]);

  await docker.getContainer(made.id).stop({ t: 0 });
  const stopped = await plugin.read(CONTAINER, made.id, updated);
  assert.ok(stopped);
  assert.equal(stopped.outputs.exitCode, 137);
  assert.deepEqual((await plugin.diff(CONTAINER, stopped, bigger)).changes, [], "mustRun false: a stop is no change");

  await plugin.delete(CONTAINER, stopped);
  assert.equal(await plugin.read(CONTAINER, made.id, stopped), undefined);
  await plugin.delete(CONTAINER, stopped);
  await plugin.delete(VOLUME, volume);
  await plugin.delete(NETWORK, network);
});

test("a container that must run is started again after a refresh saw it stopped", async () => {
  // mustRun is left to its default: what the refresh saw must not be carried over as one.
  const inputs = server("must", { mustRun: null, ports: [] });
  const made = await plugin.create(CONTAINER, inputs);
  await docker.getContainer(made.id).kill();
  const stopped = await plugin.read(CONTAINER, made.id, made);
  assert.ok(stopped);
  assert.equal(stopped.outputs.mustRun, false);
  assert.deepEqual((await plugin.diff(CONTAINER, stopped, inputs)).changes, ["mustRun"]);
  await plugin.update(CONTAINER, stopped, inputs);
  assert.equal((await docker.getContainer(made.id).inspect()).State.Running, true);
  await plugin.delete(CONTAINER, made);
});

test("a container that was removed by hand is gone", async () => {
  const made = await plugin.create(CONTAINER, server("removed"));
  await docker.getContainer(made.id).remove({ force: true });
  assert.equal(await plugin.read(CONTAINER, made.id, made), undefined);
  await plugin.delete(CONTAINER, made);
});

test("only the full id is read: a name is not", async () => {
  const made = await plugin.create(CONTAINER, server("named"));
  assert.equal(await plugin.read(CONTAINER, mine("named")), undefined);
  const imported = await plugin.read(CONTAINER, made.id);
  assert.equal(imported?.inputs.hostname, "named");
  await plugin.delete(CONTAINER, made);
});

test("what was made but does not start is recorded under its id, and can be deleted by it", async () => {
  const inputs = server("half", { command: ["/no/such"] });
  const { message, initFailed } = await failureOf(plugin.create(CONTAINER, inputs));
  assert.match(message, /Container ".*half": starting it failed: .*\/no\/such/);
  assert.ok(initFailed);
  assert.deepEqual(initFailed.reasons, [message]);
  assert.equal(initFailed.outputs.image, IMAGE);
  assert.equal(initFailed.outputs.networkDatas, null);
  const seen = await docker.getContainer(initFailed.id).inspect();
  assert.equal(seen.State.Status, "created");
  await plugin.delete(CONTAINER, initFailed);
  assert.equal(await plugin.read(CONTAINER, initFailed.id, initFailed), undefined);
});

test("an update that Docker refuses is recorded as applied, with the reason", async () => {
  const inputs = server("refused");
  const made = await plugin.create(CONTAINER, inputs);
  const wanted = { ...inputs, cpuSet: "4000" };
  const { initFailed } = await failureOf(plugin.update(CONTAINER, made, wanted));
  assert.ok(initFailed);
  assert.match(initFailed.reasons.join(), /updating its limits and restart policy failed/);
  assert.deepEqual((await plugin.diff(CONTAINER, initFailed, wanted)).changes, []);
  await plugin.delete(CONTAINER, made);
});

test("a failure before anything exists records nothing, and shows no secret of the environment", async () => {
  const { message, initFailed } = await failureOf(plugin.create(CONTAINER, server("env", { envs: ["=hunter2222"] })));
  assert.equal(initFailed, undefined);
  assert.match(message, /creating it failed: .*environment variable/);
  assert.ok(!message.includes("hunter2222"), message);
});

test("a job: files are uploaded, its output collected, its end awaited", async () => {
  const made = await plugin.create(
    CONTAINER,
    server("job", {
      command: ["/say"],
      restart: "no",
      attach: true,
      logs: true,
      uploads: [{ file: "/etc/motd", content: "good day\n", permissions: "0600" }],
    }),
  );
  assert.equal(made.outputs.exitCode, 3);
  assert.deepEqual(String(made.outputs.containerLogs).split("\n").sort(), ["", "err", "out"]);
  const archive = await docker.getContainer(made.id).getArchive({ path: "/etc/motd" });
  const files = archive.pipe(extract());
  for await (const file of files) {
    assert.deepEqual([file.header.name, file.header.mode && file.header.mode & 0o777], ["motd", 0o600]);
    assert.equal(await text(file), "good day\n");
  }
  await plugin.delete(CONTAINER, made);
});

test("an upload without content leaves a container that is recorded", async () => {
  const failed = await failureOf(plugin.create(CONTAINER, server("empty", { uploads: [{ file: "/x", content: "" }] })));
  assert.match(failed.message, /upload of \/x needs exactly one of content, contentBase64 and source/);
  assert.ok(failed.initFailed);
  await plugin.delete(CONTAINER, failed.initFailed);
});

test("wait: until healthy; without a healthcheck it is an error", async () => {
  const check = { tests: ["CMD", "/ok"], interval: "1s" };
  const inputs = server("healthy", { wait: true, healthcheck: check });
  const made = await plugin.create(CONTAINER, inputs);
  assert.equal((await docker.getContainer(made.id).inspect()).State.Health?.Status, "healthy");
  const refreshed = await plugin.read(CONTAINER, made.id, made);
  assert.ok(refreshed);
  assert.deepEqual((await plugin.diff(CONTAINER, refreshed, inputs)).changes, []);
  await plugin.delete(CONTAINER, made);
  const failed = await failureOf(plugin.create(CONTAINER, server("unchecked", { wait: true })));
  assert.match(failed.message, /neither image nor program has a healthcheck/);
  assert.ok(failed.initFailed);
  await plugin.delete(CONTAINER, failed.initFailed);
});

test("what this engine's API cannot do is refused before anything is made", async () => {
  const [major = 0, minor = 0] = (await docker.version()).ApiVersion.split(".").map(Number);
  if (major > 1 || minor >= 45) return;
  const mounts = [{ type: "volume", target: "/d", source: mine("never"), volumeOptions: { noCopy: true } }];
  const { message, initFailed } = await failureOf(plugin.create(CONTAINER, server("old", { mounts })));
  assert.match(message, /volumeOptions in mounts need Docker API 1.45/);
  assert.equal(initFailed, undefined);
});

test("a preview touches nothing: what Docker will fill in is unknown", async () => {
  const planned = await plugin.create(CONTAINER, server("planned", { hostname: null }), true);
  assert.deepEqual([planned.id, planned.outputs.hostname, planned.outputs.networkDatas], ["", UNKNOWN, UNKNOWN]);
  assert.equal(planned.outputs.memory, 32);
  const found = await docker.listContainers({ all: true, filters: { name: [mine("planned")] } });
  assert.deepEqual(found, []);
});
