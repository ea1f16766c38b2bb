/**
 * What goes wrong in the cloud during a first `up`, one thing after the other on one stack: each ends in words, and the
 * next `up` goes on from there, until the last one ends with an instance that serves and with nothing twice or left over.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { withClient } from "../support/clients.ts";
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { type CloudProxy, type CloudRequest, cloudProxy, unavailable } from "../support/cloud-proxy.ts";
import { withoutFull } from "../support/full.ts";
import { admin, census, nothingIsLeaked, setVolumeStatus, specWith, withExhausted, withoutAdmin } from "./strangers.ts";

const hugeFlavor = `coffer-test-huge-${randomBytes(3).toString("hex")}`;

const makesServer = ({ service, method, path }: CloudRequest) =>
  service === "compute" && method === "POST" && /\/servers$/.test(path);
const makesVolume = ({ service, method, path }: CloudRequest) =>
  service !== "compute" && method === "POST" && /\/volumes$/.test(path);
const attaches = ({ method, path }: CloudRequest) => method === "POST" && /\/os-volume_attachments$/.test(path);

describe("faults of the cloud during a first up", { skip: withoutFull }, () => {
  let proxy: CloudProxy;
  let stack: CloudStack;
  const up = () => stack.coffer(["up", "--stack", stack.stack], { OS_CLIENT_CONFIG_FILE: proxy.clouds });

  before(async () => {
    proxy = await cloudProxy();
    stack = await makeCloudStack(specWith("orders"));
  });
  after(async () => {
    await stack?.cleanUp();
    await proxy?.close();
  });

  test("a flavor that no host has room for, and a volume that fails: both are told", {
    skip: withoutAdmin,
  }, async (t) => {
    const flavor = { name: hugeFlavor, ram: 900 * 1024, vcpus: 1, disk: 3 };
    const made = await admin().call<{ flavor: { id: string } }>("compute", "/flavors", {
      method: "POST",
      body: { flavor },
    });
    t.after(() => admin().call("compute", `/flavors/${made.flavor.id}`, { method: "DELETE" }));
    stack.writeSpec(specWith("orders", hugeFlavor));
    proxy.rule(async (request, pass) => {
      const answer = await pass();
      if (!makesVolume(request) || answer === undefined) return answer;
      const { volume } = JSON.parse(answer.body) as { volume: { id: string } };
      await untilAvailable(stack, volume.id);
      await setVolumeStatus(volume.id, "error");
      return answer;
    });
    const failed = await up();
    stack.writeSpec(specWith("orders"));
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /No valid host was found/);
    assert.match(failed.stderr, /volume[\s\S]*\berror\b/);
    const list = await stack.row("orders");
    assert.equal(list.status, "ERROR");
  });

  test("a quota that others use up between the preview and the apply is named", { skip: withoutAdmin }, async () => {
    proxy.rule((request, pass) => (makesServer(request) ? withExhausted(stack, "instances", pass) : pass()));
    const failed = await up();
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /quota exceeded for instances/i);
    const { counts } = await census(stack);
    assert.deepEqual([counts.server ?? 0, counts.volume], [0, 1], "what had failed before is gone");
  });

  test("an API that stays away while a server is made is told as such", async () => {
    let away = false;
    proxy.rule(async (request, pass) => {
      away ||= makesServer(request);
      return away && request.service === "compute" ? unavailable : pass();
    });
    const failed = await up();
    assert.equal(failed.code, 1, failed.stderr);
    // gophercloud's words for it, and then Coffer's own, which waited.
    assert.match(failed.stderr, /server: .*unable to handle the request.*going on \(2 of 3\)/s);
    assert.match(failed.stderr, /compute.*503/);
  });

  test("answers that are lost leave servers that nobody recorded: they are taken away again", async () => {
    let made = 0;
    proxy.rule(async (request, pass) => {
      if (!makesServer(request)) return pass();
      made += 1;
      await pass();
      return "cut";
    });
    const failed = await up();
    assert.equal(failed.code, 1, failed.stderr);
    assert.equal(made, 3, "an up tries three times");
    assert.equal((await census(stack)).counts.server, 1, "the last one is left for the next up");
  });

  test("one up goes on over a Nova that is away for a minute, a lost answer and tokens that end", async () => {
    const dead = new Set<string>();
    let awayUntil: number | undefined;
    let lost = false;
    proxy.rule(async (request, pass) => {
      if (attaches(request) && dead.size === 0) for (const { token } of proxy.requests()) dead.add(token);
      if (request.service !== "identity" && dead.has(request.token))
        return { status: 401, headers: { "content-type": "application/json" }, body: '{"error":{"code":401}}' };
      if (makesServer(request)) awayUntil ??= performance.now() + 60_000;
      if (request.service === "compute" && performance.now() < (awayUntil ?? 0)) return unavailable;
      if (makesServer(request) && !lost) {
        lost = true;
        await pass();
        return "cut";
      }
      return pass();
    });
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    assert.ok(dead.size > 0 && lost, "a fault did not come about");
    await nothingIsLeaked(stack);
    const row = await stack.row("orders");
    assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"]);
    await withClient("mariadb", await stack.login("orders", "app", { port: 3306, database: "shop" }), async (query) => {
      await query("CREATE TABLE proof (id int)");
      await query("INSERT INTO proof VALUES (1)");
    });
    const again = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
    assert.equal(again.code, 0, again.stdout + again.stderr);
  });
});

async function untilAvailable(stack: CloudStack, id: string): Promise<void> {
  await waitFor({
    what: `the volume ${id} to be available`,
    look: () => stack.cloud.call<{ volume: { status: string } }>("volume", `/volumes/${id}`),
    done: ({ volume }) => volume.status === "available",
    words: ({ volume }) => volume.status,
    timeout: 60_000,
  });
}
