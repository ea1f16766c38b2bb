/**
 * An update that fails with the OpenStack plugin that users get where downloads are open: the plugin records it as done, its next update
 * sends nothing, and Coffer makes up for it. Runs with --full; what Coffer does about the record is tried without a cloud in
 * `test/unit/operations-mend-cloud.test.ts`.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { type CloudProxy, type CloudRequest, cloudProxy } from "../support/cloud-proxy.ts";
import { withoutFull } from "../support/full.ts";
import { usePlainPlugin } from "./plain.ts";
import { type PluginProgram, pluginProgram } from "./plugin-program.ts";
import { specWith } from "./strangers.ts";

const cloud = process.env.OS_CLOUD ?? "devcloud";

const changesGroup = ({ method, path }: CloudRequest): boolean =>
  method === "PUT" && /\/security-groups\/[^/]+(\/tags)?$/.test(path);

describe("an update that fails with the plain plugin", { skip: withoutFull }, () => {
  let proxy: CloudProxy;
  const refuse = () =>
    proxy.rule(async (request, pass) =>
      changesGroup(request) ? { status: 400, body: "refused by the test" } : pass(),
    );
  const allow = () => proxy.rule((_request, pass) => pass());

  before(async () => {
    await usePlainPlugin();
    proxy = await cloudProxy(cloud);
  });
  after(() => proxy?.close());

  describe("under Pulumi alone", () => {
    let program: PluginProgram;
    const apply = (words: string) => program.pulumi(["up", "--yes", "--skip-preview"], { WORDS: words });

    before(async () => {
      process.env.OS_CLIENT_CONFIG_FILE = proxy.clouds;
      program = await pluginProgram(
        cloud,
        `
        const words = process.env.WORDS;
        const group = new openstack.networking.SecGroup("group", { name: mark + "-group", description: words, tags: [words] });
        export const groupId = group.id;
      `,
      );
    });
    after(() => program?.cleanUp());

    async function real(): Promise<unknown> {
      const { groupId } = JSON.parse((await program.pulumi(["stack", "output", "--json"])).text) as { groupId: string };
      return groupOf(groupId);
    }

    test("is recorded as done: the next update sends nothing and succeeds, and tags are never set", async () => {
      const made = await apply("first");
      assert.equal(made.code, 0, made.text);
      refuse();
      const failed = await apply("second");
      assert.notEqual(failed.code, 0, failed.text);
      assert.match(failed.text, /refused by the test/);

      allow();
      const done = await apply("second");
      assert.equal(done.code, 0, done.text);
      assert.deepEqual(proxy.requests().filter(changesGroup), []);
      assert.deepEqual(await real(), { description: "first", tags: ["first"] });

      // Its read-back has found out about the description.
      const later = await apply("second");
      assert.equal(later.code, 0, later.text);
      assert.deepEqual(await real(), { description: "second", tags: ["first"] });
    });
  });

  describe("under Coffer", () => {
    let stack: CloudStack;
    const up = () => stack.coffer(["up", "--yes", "--stack", stack.stack], { OS_CLIENT_CONFIG_FILE: proxy.clouds });
    const tagsOf = async () => (await groupOf((await stack.object("orders", "security-group")).id)).tags.sort();
    const want = (...tags: readonly string[]) =>
      stack.edit((spec) => spec.setIn(["target", "openstack", "tags"], tags));

    before(async () => {
      stack = await makeCloudStack(specWith("orders"));
      want("first");
      await stack.does("up");
    });
    after(() => stack?.cleanUp());

    test("is made by the next up, which says so, and the one after finds nothing to do", async () => {
      assert.deepEqual(await tagsOf(), ["first"]);
      refuse();
      want("second", "third");
      const failed = await up();
      assert.equal(failed.code, 1, failed.stderr);
      assert.match(failed.stderr, /refused by the test/);
      assert.deepEqual(await tagsOf(), ["first"]);

      allow();
      const done = await up();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /mending: a change that failed is recorded as done at the security-group/);
      assert.deepEqual(await tagsOf(), ["second", "third"]);

      const preview = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
      assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    });
  });
});

async function groupOf(id: string): Promise<{ description: string; tags: string[] }> {
  const path = `/security-groups/${id}`;
  const { security_group: group } = await openCloud({ cloud }).call<{
    security_group: { description: string; tags: string[] };
  }>("network", path);
  return { description: group.description, tags: group.tags };
}
