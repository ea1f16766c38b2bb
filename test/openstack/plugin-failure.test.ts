/**
 * What the OpenStack plugin records of an update that failed. Coffer's build: what was there before, so that the next one makes up for it.
 * The official one, and the build without additions: what was wanted, so that the next one does nothing (see plain-failure.test.ts).
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { ensureToolchain } from "../../toolchain/index.ts";
import { type CloudProxy, cloudProxy } from "../support/cloud-proxy.ts";
import { hasAdditions, type PluginProgram, pluginProgram } from "./plugin-program.ts";

const cloud = process.env.OS_CLOUD ?? "devcloud";
let proxy: CloudProxy;
let program: PluginProgram;
let own: boolean;

before(async () => {
  const steps = await ensureToolchain(["pulumi", "openstack-plugin"]);
  own = hasAdditions(steps);
  if (!own) return;
  proxy = await cloudProxy(cloud);
  process.env.OS_CLIENT_CONFIG_FILE = proxy.clouds;
  program = await pluginProgram(
    cloud,
    `
    const group = new openstack.networking.SecGroup("group", { name: mark + "-group", description: process.env.WORDS });
    const volume = new openstack.blockstorage.Volume("volume", {
      name: mark + "-volume", size: 1, metadata: { words: process.env.WORDS },
    });
    export const groupId = group.id;
    export const volumeId = volume.id;
  `,
  );
});
after(async () => {
  await program?.cleanUp();
  await proxy?.close();
});

const apply = (words: string) => program.pulumi(["up", "--yes", "--skip-preview"], { WORDS: words });

/** What the cloud has, whatever Pulumi believes. */
async function real(): Promise<unknown> {
  const { groupId, volumeId } = JSON.parse((await program.pulumi(["stack", "output", "--json"])).text) as {
    groupId: string;
    volumeId: string;
  };
  const api = openCloud({ cloud });
  const [group, volume] = await Promise.all([
    api.call<{ security_group: { description: string } }>("network", `/security-groups/${groupId}`),
    api.call<{ volume: { metadata: { words: string } } }>("volume", `/volumes/${volumeId}`),
  ]);
  return [group.security_group.description, volume.volume.metadata.words];
}

test("an update that failed is made by the next one", async (t) => {
  if (!own) return t.skip("the plugin is the official one or behaves as it");
  const made = await apply("first");
  assert.equal(made.code, 0, made.text);

  proxy.rule(async ({ method, path }, pass) => {
    const refused = /^(PUT|POST)$/.test(method) && /\/(security-groups|volumes)\/[^/]+(\/metadata)?$/.test(path);
    return refused ? { status: 400, body: "refused by the test" } : pass();
  });
  const failed = await apply("second");
  assert.notEqual(failed.code, 0, failed.text);
  assert.match(failed.text, /refused by the test/);
  assert.deepEqual(await real(), ["first", "first"]);

  proxy.rule((_request, pass) => pass());
  const again = await apply("second");
  assert.equal(again.code, 0, again.text);
  assert.deepEqual(await real(), ["second", "second"]);

  const quiet = await program.pulumi(["preview", "--expect-no-changes"], { WORDS: "second" });
  assert.equal(quiet.code, 0, quiet.text);
});
