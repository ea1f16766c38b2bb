import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readConfig, unknownConfigKeys } from "../../toolchain/docker-plugin/config.ts";
import { formatCpus, formatDuration, parseDuration } from "../../toolchain/docker-plugin/container/duration.ts";
import { createBody } from "../../toolchain/docker-plugin/container/request.ts";
import { repoDigest } from "../../toolchain/docker-plugin/image/index.ts";
import { type Engine, Operation, statusOf } from "../../toolchain/docker-plugin/operation.ts";
import { hostOf, readCredentials, registryOf } from "../../toolchain/docker-plugin/registry-auth.ts";
import { functionNotServed, nameOf, resourceOf, typeOf } from "../../toolchain/docker-plugin/resources.ts";
import { step, steps } from "../../toolchain/docker-plugin/schema.ts";
import { unwrap } from "../../toolchain/docker-plugin/values.ts";

test("durations are written as Go writes them", () => {
  const table: [text: string, written: string][] = [
    ["0s", "0s"],
    ["0", "0s"],
    ["60s", "1m0s"],
    ["1m", "1m0s"],
    ["90s", "1m30s"],
    ["1500ms", "1.5s"],
    ["1.5s", "1.5s"],
    ["30s", "30s"],
    ["1h", "1h0m0s"],
    ["1h2m3.5s", "1h2m3.5s"],
    ["250ms", "250ms"],
    ["1500us", "1.5ms"],
    ["7ns", "7ns"],
  ];
  for (const [text, written] of table) assert.equal(formatDuration(parseDuration(text) ?? -1n), written, text);
  for (const bad of ["", "30", "s", "-1s", "1 s", "1d", "1s2"]) assert.equal(parseDuration(bad), undefined, bad);
});

test("every written duration reads back as itself", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 16n }), (nanoseconds) => {
      assert.equal(parseDuration(formatDuration(nanoseconds)), nanoseconds);
    }),
  );
});

test("cpus are written as the official plugin writes them, traps included", () => {
  const table: [nano: number, written: string][] = [
    [1e9, "1.0"],
    [2e9, "2.0"],
    [10e9, "10."],
    [0.05e9, "0.1"],
    [0.5e9, "0.5"],
    [1.25e9, "1.25"],
    [10.5e9, "10.5"],
  ];
  for (const [nano, written] of table) assert.equal(formatCpus(nano), written);
});

test("property paths can be taken apart again", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(9), fc.string()), { minLength: 1 }), (keys) => {
      const path = keys.reduce<string>((before, key) => step(before, key), "p");
      assert.deepEqual(steps(path), ["p", ...keys.map(String)]);
    }),
  );
});

test("secrets lose their envelope at any depth", () => {
  const secret = (value: string) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value });
  assert.deepEqual(unwrap({ a: [secret("x")], b: { c: secret("y") }, d: 1 }), { a: ["x"], b: { c: "y" }, d: 1 });
});

test("a URN gives type and name, and what is not served is refused by name", () => {
  const urn = (type: string) => `urn:pulumi:s::p::my:Comp$${type}::the::name`;
  assert.equal(typeOf(urn("docker:index/volume:Volume")), "docker:index/volume:Volume");
  assert.equal(nameOf(urn("x")), "the::name");
  assert.equal(resourceOf(urn("docker:index/volume:Volume")).schema.token, "docker:index/volume:Volume");
  assert.throws(() => resourceOf(urn("docker:index/service:Service")), /docker:index\/service:Service is not served/);
  assert.match(functionNotServed("docker:index/getNetwork:getNetwork").message, /getNetwork is not served/);
});

test("the digest of a repository is picked by the image's name", () => {
  const pick = (name: string, ...RepoDigests: string[]) => repoDigest({ RepoDigests }, name);
  assert.equal(pick("a:1"), "");
  assert.equal(pick("a:1", "b@x"), "b@x");
  assert.equal(pick("a:1", "b@x", "a@y"), "a@y");
  assert.equal(pick("c:1", "b@x", "a@y"), "b@x");
});

test("the registry of an image", () => {
  const table: [image: string, registry: string][] = [
    ["nginx", "registry-1.docker.io"],
    ["library/nginx:1", "registry-1.docker.io"],
    ["registry.example/nginx", "registry.example"],
    ["localhost/nginx", "localhost"],
    ["host:5000/a/b", "host:5000"],
    ["one/two/three", "one"],
  ];
  for (const [image, registry] of table) assert.equal(registryOf(image), registry, image);
  assert.equal(hostOf("https://registry.example/v2/"), "registry.example");
});

test("credentials come from an entry, else from its file, and a file that cannot be read is an error", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "docker-plugin-"));
  t.after(() => rm(folder, { recursive: true }));
  const auth = Buffer.from("ann:pass:word").toString("base64");
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify({ auths: { "https://two.example/v1": { auth } } }));
  const find = await readCredentials(
    [
      { address: "https://one.example", username: "u", password: "p" },
      { address: "two.example", configFile: folder },
    ],
    {},
  );
  assert.deepEqual(find("one.example/x"), { username: "u", password: "p", serveraddress: "https://one.example" });
  assert.deepEqual(find("two.example/x:1"), { username: "ann", password: "pass:word", serveraddress: "two.example" });
  assert.equal(find("nginx"), undefined);
  const missing = { address: "three.example", configFile: join(folder, "none.json") };
  await assert.rejects(readCredentials([missing], {}), /three.example: .*none.json cannot be read \(ENOENT\)/);
  const broken = { address: "four.example", configFileContent: '{"auths": "s3cr3t' };
  await assert.rejects(readCredentials([broken], {}), (error: Error) => !error.message.includes("s3cr3t"));
});

test("the provider's settings: where they come from and what is refused", async () => {
  const pem = { caMaterial: "a", certMaterial: "b", keyMaterial: "c" };
  assert.equal((await readConfig({ host: "tcp://h:1" }, { DOCKER_HOST: "unix:///y" })).host, "tcp://h:1");
  assert.equal((await readConfig({}, { DOCKER_HOST: "unix:///y" })).host, "unix:///y");
  assert.deepEqual((await readConfig({ host: "tcp://h", ...pem }, {})).tls, { ca: "a", cert: "b", key: "c" });
  assert.deepEqual((await readConfig({ host: "unix:///y", registryAuth: '[{"address":"r"}]' }, {})).registries, [
    { address: "r" },
  ]);
  await assert.rejects(readConfig({ host: "ssh://me@there" }, {}), /ssh:\/\/ is not covered/);
  await assert.rejects(readConfig({ host: "unix:///y", caMaterial: "a" }, {}), /all three, or none/);
  await assert.rejects(readConfig({ host: "unix:///y", certPath: "/c", ...pem }, {}), /cannot be given together/);
  await assert.rejects(readConfig({ host: "unix:///y", registryAuth: '[{"username":"u"}]' }, {}), /needs an address/);
  await assert.rejects(readConfig({ context: "no-such-context" }, {}), /no docker context "no-such-context"/);
  assert.deepEqual(unknownConfigKeys({ host: "h", version: "5.0.0", hoost: "x" }), ["hoost"]);
});

test("inputs become Docker's create request", () => {
  const body = createBody({
    image: "i",
    memory: 64,
    memorySwap: -1,
    cpus: "1.5",
    restart: "unless-stopped",
    networkMode: "bridge",
    ports: [
      { internal: 80, external: 8080, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 80, external: 0, ip: "127.0.0.1", protocol: "tcp" },
    ],
    capabilities: { adds: ["net_admin", "ALL"], drops: ["CAP_MKNOD"] },
    volumes: [{ containerPath: "/d", volumeName: "v", hostPath: "/ignored", readOnly: true, selinuxRelabel: "z" }],
    securityOpts: ["systempaths=unconfined", "no-new-privileges"],
    devices: [{ hostPath: "/dev/a", permissions: "r" }],
    gpus: "device=0,1",
  });
  const { HostConfig: host } = body;
  assert.deepEqual(body.ExposedPorts, { "80/tcp": {} });
  assert.deepEqual(body.Volumes, { "/d": {} });
  assert.ok(!("Cmd" in body) && !("Entrypoint" in body), "unset means the image's");
  assert.deepEqual([host.Memory, host.MemorySwap, host.NanoCpus], [64 * 1024 * 1024, -1, 1.5e9]);
  assert.deepEqual(host.PortBindings, {
    "80/tcp": [
      { HostIp: "127.0.0.1", HostPort: "8080" },
      { HostIp: "127.0.0.1", HostPort: "" },
    ],
  });
  assert.deepEqual([host.CapAdd, host.CapDrop], [["ALL", "CAP_NET_ADMIN"], ["CAP_MKNOD"]]);
  assert.deepEqual(host.Binds, ["v:/d:ro,z"]);
  assert.deepEqual([host.SecurityOpt, host.MaskedPaths, host.ReadonlyPaths], [["no-new-privileges"], [], []]);
  assert.deepEqual(host.Devices, [{ PathOnHost: "/dev/a", PathInContainer: "/dev/a", CgroupPermissions: "r" }]);
  assert.deepEqual(host.DeviceRequests, [{ Capabilities: [["gpu"]], DeviceIDs: ["0", "1"] }]);
  assert.equal(host.Init, false, "unset goes out as false");
});

test("an operation names its resource, keeps Docker's words, hides secrets, and ends waits when cancelled", async () => {
  const engine = { address: "unix:///x" } as Engine;
  const cancel = new AbortController();
  const operation = new Operation(engine, 'Container "c"', 0, cancel.signal, ["hunter22"]);
  const refused = Object.assign(new Error("frame"), { statusCode: 400, json: { message: "bad env PW=hunter22" } });
  const fail = (error: Error) => operation.request("creating it", () => Promise.reject(error));
  await assert.rejects(fail(refused), (error: Error) => {
    assert.equal(error.message, 'Container "c": creating it failed: bad env PW=***');
    assert.equal(statusOf(error), 400);
    return true;
  });
  const unreachable = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
  await assert.rejects(fail(unreachable), /failed to connect to any docker daemon: unix:\/\/\/x/);
  const waiting = operation.wait("waiting for it to end", () => new Promise(() => {}));
  cancel.abort();
  await assert.rejects(waiting, /Container "c": cancelled while waiting for it to end/);
  assert.equal(await operation.request("removing it", async () => "done"), "done", "requests are seen through");
});
