/**
 * A cloud that closes the console log: what a spec that needs it is told, and an instance whose first host key is in its
 * user-data and dies over the first connection, at its birth and at a rebuild.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { parseDocument } from "yaml";
import { AnotherHostKey } from "../../access/guest.ts";
import { closeAll, openGuest } from "../../access/index.ts";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { withClient } from "../support/clients.ts";
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { type CloudProxy, cloudProxy } from "../support/cloud-proxy.ts";
import { withoutFull } from "../support/full.ts";
import { kill9, treeOf } from "../support/processes.ts";
import { specWith } from "./strangers.ts";

/** Milliseconds: without hardware help a guest boots for minutes. */
const limit = 15 * 60_000;
const forbidden = {
  status: 403,
  headers: { "content-type": "application/json" },
  body: '{"forbidden":{"code":403,"message":"Policy doesn\'t allow os_compute_api:os-console-output to be performed."}}',
};

function closedSpec(): string {
  const spec = parseDocument(specWith("orders"));
  spec.setIn(["target", "openstack", "hostKey"], "user-data");
  return spec.toString();
}

interface Recorded {
  type: string;
  outputs?: { publicKey?: string; hostKey?: string };
}

describe("a closed console", { skip: withoutFull }, () => {
  let proxy: CloudProxy;
  let stack: CloudStack;
  const closed = () => ({ OS_CLIENT_CONFIG_FILE: proxy.clouds });
  const up = () => stack.coffer(["up", "--stack", stack.stack], closed());

  const recorded = (type: string): Recorded["outputs"] => {
    const state = JSON.parse(stack.stateText() || "{}") as { checkpoint?: { latest?: { resources?: Recorded[] } } };
    return state.checkpoint?.latest?.resources?.find((one) => one.type === type)?.outputs;
  };
  /** That the key of the user-data is not what answers, and the pinned one is. */
  const givenKeyIsDead = async () => {
    const address = (await stack.addresses()).orders;
    const given = recorded("coffer:index:BootKey")?.publicKey;
    assert.ok(address && given);
    assert.ok(!given.startsWith(address.hostKey));
    await assert.rejects((await openGuest({ ...address, hostKey: given })).run(["true"]), AnotherHostKey);
    const { stdout } = await (await openGuest(address)).must(["cat", "/var/lib/cloud/instance/user-data.txt"]);
    assert.ok(stdout.includes(given.split(" ")[1] ?? "?"), "it is not the one that the user-data has");
  };
  const query = async (...sql: string[]) =>
    withClient("mariadb", await stack.login("orders", "app", { port: 3306, database: "shop" }), async (ask) => {
      let rows: unknown[] = [];
      for (const one of sql) rows = await ask(one);
      return rows;
    });

  before(async () => {
    proxy = await cloudProxy();
    proxy.rule(async ({ body }, pass) => (body.includes("os-getConsoleOutput") ? forbidden : pass()));
    stack = await makeCloudStack(specWith("orders"));
  });
  after(async () => {
    await closeAll();
    await stack?.cleanUp();
    await proxy?.close();
  });

  test("a spec that needs the console is told what to write instead", { timeout: limit }, async () => {
    const failed = await up();
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /does not let its console be read[\s\S]*hostKey: user-data under target\.openstack/);
    const removed = await stack.coffer(["force-delete", "orders", "--yes", "--stack", stack.stack], closed());
    assert.equal(removed.code, 0, removed.stderr);
  });

  test("killed while the given key is replaced, the next up ends with an instance that serves", {
    timeout: limit,
  }, async () => {
    stack.writeSpec(closedSpec());
    const killed = stack.start(["up", "--stack", stack.stack], closed());
    const ended = once(killed, "exit");
    await waitFor({
      what: "the guest's own key to be recorded",
      look: async () => recorded("coffer:guest:HostKey")?.hostKey,
      done: (key) => key !== undefined,
      lost: () => (killed.exitCode === null ? undefined : `up ended with ${killed.exitCode}`),
      words: () => "it is not",
      timeout: limit,
    });
    kill9(treeOf(killed.pid ?? 0).map(({ pid }) => pid));
    await ended;
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    await givenKeyIsDead();
    const sql = ["CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)", "SELECT id FROM item"];
    assert.deepEqual(await query(...sql), [{ id: 1 }]);
  });

  test("a second up changes nothing; the given key's private half is in the state in no clear word", async () => {
    const preview = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"], closed());
    assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    assert.doesNotMatch(stack.stateText(), /PRIVATE KEY/);
    assert.doesNotMatch(stack.logText(), /PRIVATE KEY/);
  });

  test("a rebuild brings the given key back for one connection, and it dies again", { timeout: limit }, async () => {
    const before = (await stack.addresses()).orders?.hostKey;
    const rebuilt = await stack.coffer(["rebuild", "orders", "--yes", "--stack", stack.stack], closed(), limit);
    assert.equal(rebuilt.code, 0, rebuilt.stderr);
    assert.notEqual((await stack.addresses()).orders?.hostKey, before);
    await givenKeyIsDead();
    assert.deepEqual(await query("SELECT id FROM item"), [{ id: 1 }]);
  });
});
