/**
 * One life of one real guest without a database, over SSH, in the order of the tests. What a guest of a stack shows as well is in
 * day2-guests.ts. The cloud is the one that the environment names.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { type Guest, type GuestAddress, GuestError, type GuestProblem } from "../../access/guest.ts";
import { makeKeyPair } from "../../access/key-pair.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { openstackGuest } from "../../access/openstack/guest.ts";
import { readHostKey } from "../../access/openstack/host-key.ts";
import { openstackInteractive } from "../../access/openstack/interactive.ts";
import { deleteServer } from "../../access/openstack/servers.ts";
import { withoutFull } from "../support/full.ts";
import { flavorId, makeOfNetwork, networkId, Undo } from "./cloud-fixture.ts";
import { problem } from "./day2-guests.ts";

const cloud = openCloud({});
const undo = new Undo();
const name = `ssh-${randomUUID().slice(0, 8)}`;
const uuid = randomUUID();
/** Milliseconds: without hardware virtualisation a guest boots for minutes when others do too. */
const bootLimit = 600_000;

/** The newest of Coffer's own images; COFFER_TEST_IMAGE names another. */
async function guestImage(): Promise<string | undefined> {
  if (process.env.COFFER_TEST_IMAGE) return process.env.COFFER_TEST_IMAGE;
  const query = { sort: "created_at:desc", status: "active" };
  const images = await cloud.list<{ id: string; coffer_recipe?: string }>("image", "/images", "images", { query });
  return images.find((image) => image.coffer_recipe)?.id;
}
const image = await guestImage();

const skip = withoutFull || (image ? false : "Glance has no guest image of Coffer's");

describe("a guest of the cloud", { skip }, () => {
  const login = makeKeyPair();
  let server: string;
  let address: GuestAddress;
  let guest: Guest;

  const act = (body: object) => cloud.call("compute", `/servers/${server}/action`, { method: "POST", body });

  before(
    async () => {
      const group = await makeOfNetwork(cloud, undo, "/security-groups", "security_group", { name });
      const rule = { direction: "ingress", protocol: "tcp", port_range_min: 22, port_range_max: 22 };
      await makeOfNetwork(cloud, undo, "/security-group-rules", "security_group_rule", {
        security_group_id: group,
        ...rule,
      });
      const port = await makeOfNetwork(cloud, undo, "/ports", "port", {
        name,
        network_id: await networkId(cloud, "private"),
        security_groups: [group],
      });
      await makeOfNetwork(cloud, undo, "/floatingips", "floatingip", {
        floating_network_id: await networkId(cloud, "public"),
        port_id: port,
      });
      const userData = `#cloud-config\nssh_authorized_keys: [${JSON.stringify(login.publicKey)}]\n`;
      const wish = {
        name,
        imageRef: image,
        flavorRef: await flavorId(cloud, "m1.small"),
        networks: [{ port }],
        metadata: { "coffer.instance": uuid },
        user_data: Buffer.from(userData).toString("base64"),
        config_drive: true,
      };
      const body = { server: wish };
      const made = await cloud.call<{ server: { id: string } }>("compute", "/servers", { method: "POST", body });
      server = made.server.id;
      undo.later("the server", () => deleteServer(cloud, server, { timeout: 120_000 }));
      const hostKey = await readHostKey(cloud, server, { timeout: bootLimit, name });
      const target = { target: "openstack", name, uuid, server, user: "coffer" };
      address = { ...target, key: login.privateKey, hostKey, reach: { by: "floating-ip" } };
      guest = openstackGuest(address);
    },
    { timeout: bootLimit + 120_000 },
  );
  after(async () => {
    await guest?.close();
    await undo.all();
  });

  /** Asks again while the guest is on its way, as the provider does. */
  async function arrived(onItsWay: readonly GuestProblem[] = ["unreachable"]): Promise<void> {
    const end = performance.now() + bootLimit;
    for (;;) {
      try {
        await guest.must(["true"]);
        return;
      } catch (error) {
        if (!(error instanceof GuestError) || !onItsWay.includes(error.problem) || performance.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  test("the first connection is to the host that the console named", async () => {
    await arrived();
    assert.equal((await guest.run(["id", "-un"])).stdout, "root\n");
  });

  test("the service says that nothing runs yet", async () => {
    const status = await guest.service.status();
    assert.equal(status.running, false);
    assert.equal(status.enabled, false);
    assert.equal(typeof (await guest.service.logs(5)), "string");
  });

  test("a program of the guest on this process's pipes, with its exit code", async () => {
    const script = 'printf %s "$A"; cat; exit 7';
    const { argv, env } = openstackInteractive(address, ["sh", "-c", script], { env: { A: "b " }, terminal: false });
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
    const printed = child.stdout.toArray();
    child.stdin.end("in");
    const [code] = await once(child, "exit");
    assert.equal(Buffer.concat(await printed).toString(), "b in");
    assert.equal(code, 7);
  });

  test("after a reboot the console still names the same key, and the same object reaches it", {
    timeout: bootLimit,
  }, async () => {
    await act({ reboot: { type: "SOFT" } });
    await assert.rejects(async () => {
      for (;;) await guest.must(["sleep", "1"]);
    }, problem("unreachable"));
    await arrived();
    assert.equal(await readHostKey(cloud, server, { timeout: bootLimit, name }), address.hostKey);
  });

  test("a server that was stopped is stopped, and one that is started again is reached", {
    timeout: bootLimit,
  }, async () => {
    await act({ "os-stop": null });
    await assert.rejects(async () => {
      for (;;) await guest.must(["sleep", "1"]).catch(unlessUnreachable);
    }, problem("stopped"));
    await assert.rejects(guest.run(["true"]), problem("stopped"));
    await act({ "os-start": null });
    await arrived(["stopped", "unreachable"]);
  });

  test("a server that was deleted is absent", async () => {
    await deleteServer(cloud, server, { timeout: 120_000 });
    await guest.close();
    await assert.rejects(guest.run(["true"]), problem("absent"));
    await assert.rejects(readHostKey(cloud, server, { timeout: 1_000 }), problem("absent"));
  });
});

/** On its way down, a guest is first unreachable and then stopped. */
function unlessUnreachable(error: unknown): void {
  if (!(error instanceof GuestError) || error.problem !== "unreachable") throw error;
}
