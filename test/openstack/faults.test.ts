/**
 * What others do to a stack that runs, in the cloud and in its guests: what Coffer sees of it, what it says, and what the
 * next `up` puts right. One stack with both engines; each fault is undone by Coffer or by the test that made it.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { closeAll, openGuest } from "../../access/index.ts";
import { getServer, waitForServer } from "../../access/openstack/servers.ts";
import type { Result } from "../support/checkout.ts";
import { canConnect, withClient } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import { both, type DemoInstance, Life, ledger, orders } from "./demo.ts";
import { resizesFail } from "./faults-sizes.ts";
import { powerIsCut } from "./power-cut.ts";
import { setVolumeStatus, toldByApplies, withoutAdmin } from "./strangers.ts";

const life = new Life();

interface Details {
  operatingStatus: string;
  problem?: string;
}

const up = (): Promise<Result> => life.stack.coffer(["up", "--stack", life.stack.stack]);
const idOf = async (one: DemoInstance, role: string): Promise<string> => (await life.stack.object(one.name, role)).id;
const show = (one: DemoInstance): Promise<Details> =>
  life.stack.json<Details>(["show", one.name, "--stack", life.stack.stack]);

async function serves(...instances: readonly DemoInstance[]): Promise<void> {
  for (const one of instances) {
    const row = await life.stack.row(one.name);
    assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"], one.name);
    await life.rowsAreThere(one);
  }
}

async function nothingToDo(): Promise<void> {
  const preview = await life.stack.coffer(["preview", "--stack", life.stack.stack, "--detailed-exitcode"]);
  assert.equal(preview.code, 0, preview.stdout + preview.stderr);
}

describe("faults around a stack that runs", { skip: withoutFull }, () => {
  before(async () => {
    await life.begin();
    await life.stack.does("up");
    for (const one of both) {
      await withClient(one.engine, await life.login(one), async (query) => {
        await query("CREATE TABLE item (id int PRIMARY KEY)");
        await query("INSERT INTO item VALUES (1), (2)");
      });
    }
  });
  after(async () => {
    await closeAll();
    await life.end();
  });

  test("a network that is cut: list and show are bounded and say so; an up waits and goes on", async () => {
    const { host } = await life.login(orders);
    const drop = ["OUTPUT", "-d", host, "-j", "DROP"];
    execFileSync("iptables", ["-I", ...drop]);
    let restored = false;
    const restore = () => {
      if (!restored) execFileSync("iptables", ["-D", ...drop]);
      restored = true;
    };
    try {
      const { operatingStatus, problem } = await show(orders);
      assert.equal(operatingStatus, "UNREACHABLE");
      assert.match(problem ?? "", /no TCP connection within|did not answer within/);
      life.stack.edit((spec) => spec.setIn(["instances", "orders", "parameters", "long_query_time"], 3));
      const before = toldByApplies(life.stack).length;
      const waiting = up();
      await until("the apply to begin", () =>
        toldByApplies(life.stack)
          .slice(before)
          .some((line) => /begin update \S+orders-/.test(line)),
      );
      restore();
      const done = await waiting;
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /cannot read the true state/);
    } finally {
      restore();
    }
    assert.equal(await life.value(orders, "SELECT @@global.long_query_time AS v"), "3");
    await nothingToDo();
  });

  test("a guest without SSH: an up that has to change it fails in bounded time and names it", async () => {
    const guest = await life.stack.guest(ledger.name);
    const { host } = await life.login(ledger);
    // By the guest itself, and undone by it: nobody else could. Longer than an up waits for a guest.
    const units = "ssh.service ssh.socket";
    const away = `sleep 1; systemctl mask --runtime --now ${units}; sleep 330; systemctl unmask --runtime ${units}; systemctl start ssh.service`;
    await guest.must(["systemd-run", "--unit=coffer-test-away", "sh", "-c", away]);
    await until("the guest to be away", async () => !(await canConnect(host, 22)));
    await closeAll();
    life.stack.edit((spec) => spec.setIn(["instances", "ledger", "parameters", "log_min_duration_statement"], 700));
    const failed = await up();
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /waited 300 s until the guest of "ledger" answers/);
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    await serves(ledger);
  });

  test("another host key: a hard error, and nothing is executed in the guest", async () => {
    const address = (await life.stack.addresses())[ledger.name];
    assert.ok(address);
    const guest = await life.stack.guest(ledger.name);
    const key = "/etc/ssh/ssh_host_ed25519_key";
    const swap = `cp -a ${key} /root/key && cp -a ${key}.pub /root/key.pub && rm ${key} && ssh-keygen -q -t ed25519 -N '' -f ${key}`;
    await guest.must(["sh", "-c", `${swap} && systemctl restart ssh`]);
    const hostKey = (await guest.must(["cat", `${key}.pub`])).stdout.trim().split(" ").slice(0, 2).join(" ");
    await closeAll();
    const refused = await up();
    const { operatingStatus, problem } = await show(ledger);
    await closeAll();
    const other = await openGuest({ ...address, hostKey });
    const logins = "journalctl --unit ssh --since -10min --output cat | grep -c 'Accepted publickey' || true";
    const accepted = Number((await other.must(["sh", "-c", logins])).stdout);
    await other.must(["sh", "-c", `mv /root/key ${key} && mv /root/key.pub ${key}.pub && systemctl restart ssh`]);
    await closeAll();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /another SSH host key/);
    assert.match(
      refused.stderr,
      /coffer rebuild ledger/,
      "it does not say what to do when the key was changed on purpose",
    );
    assert.equal(operatingStatus, "UNREACHABLE");
    assert.match(problem ?? "", /another SSH host key/);
    const since = Number((await (await life.stack.guest(ledger.name)).must(["sh", "-c", logins])).stdout);
    // This test's own two logins come after.
    assert.ok(accepted >= 1 && since - accepted <= 2, `${accepted} logins before, ${since} after`);
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    await serves(ledger);
  });

  test("a floating IP and a rule that are gone come back; a rule that somebody added is left alone", async () => {
    const { cloud } = life.stack;
    const group = await idOf(ledger, "security-group");
    const gone = (await life.stack.objects()).find(
      ({ instanceName, role, name }) => instanceName === ledger.name && role === "rule" && name.includes("5432"),
    );
    assert.ok(gone);
    const body = { security_group_rule: { security_group_id: group, direction: "ingress", protocol: "icmp" } };
    type Made = { security_group_rule: { id: string } };
    const foreign = await cloud.call<Made>("network", "/security-group-rules", { method: "POST", body });
    await cloud.call("network", `/security-group-rules/${gone.id}`, { method: "DELETE" });
    await cloud.call("network", `/floatingips/${await idOf(orders, "floating-ip")}`, { method: "DELETE" });
    const { operatingStatus, problem } = await show(orders);
    life.forgetLogins();
    assert.equal(operatingStatus, "UNREACHABLE");
    // Nova may still tell of the address for a while.
    assert.match(problem ?? "", /no floating IP|did not answer/);
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, /floating-ip of instance "orders" is gone/);
    await serves(orders, ledger);
    assert.equal((await life.stack.row("orders")).address, (await life.stack.object("orders", "floating-ip")).name);
    const left = `/security-group-rules/${foreign.security_group_rule.id}`;
    await cloud.call("network", left);
    await nothingToDo();
    await cloud.call("network", left, { method: "DELETE" });
  });

  test("a port that is out of its group, and a floating IP that is off its server, are put right", async () => {
    const { cloud } = life.stack;
    const [port, address] = [`/ports/${await idOf(ledger, "port")}`, await idOf(orders, "floating-ip")];
    const group = await idOf(ledger, "security-group");
    const groups = async () =>
      (await cloud.call<{ port: { security_groups: string[] } }>("network", port)).port.security_groups;
    assert.deepEqual(await groups(), [group]);
    await cloud.call("network", port, { method: "PUT", body: { port: { security_groups: [] } } });
    const off = { method: "PUT", body: { floatingip: { port_id: null } } } as const;
    await cloud.call("network", `/floatingips/${address}`, off);
    life.forgetLogins();
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, /took the security group off the port of instance "ledger"/);
    assert.match(done.stderr, /took the floating IP \S+ off the server of instance "orders"/);
    assert.deepEqual(await groups(), [group]);
    assert.equal(await idOf(orders, "floating-ip"), address, "it is another address now");
    await serves(orders, ledger);
    await nothingToDo();
  });

  test("a volume that an administrator set to error is no reason to touch anything", {
    skip: withoutAdmin,
  }, async () => {
    const id = await idOf(ledger, "data");
    await setVolumeStatus(id, "error");
    const during = await up();
    await setVolumeStatus(id, "in-use");
    assert.equal(during.code, 0, during.stderr);
    await serves(ledger);
    await nothingToDo();
  });

  test("a machine that somebody stopped, and one that somebody reboots", async () => {
    const { cloud } = life.stack;
    const [stopped, rebooted] = await Promise.all([idOf(ledger, "server"), idOf(orders, "server")]);
    const act = (id: string, body: object) => cloud.call("compute", `/servers/${id}/action`, { method: "POST", body });
    await Promise.all([act(stopped, { "os-stop": null }), act(rebooted, { reboot: { type: "SOFT" } })]);
    await waitForServer(cloud, stopped, { wanted: "SHUTOFF", done: (s) => s.status === "SHUTOFF", timeout: 240_000 });
    const row = await life.stack.row("ledger");
    assert.deepEqual([row.status, row.operatingStatus], ["SHUTDOWN", "STOPPED"]);
    const left = await untilOk(up);
    assert.equal(left.code, 0, left.stderr);
    assert.equal(left.stderr.match(/is not looked into/g)?.length, 1, left.stderr);
    assert.match(left.stderr, /ledger: it is stopped .*coffer start ledger/);
    life.stack.edit((spec) => spec.setIn(["instances", "ledger", "parameters", "log_min_duration_statement"], 800));
    const refused = await up();
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /"ledger" is stopped.*log_min_duration_statement \S+ -> 800/);
    assert.equal((await getServer(cloud, stopped))?.status, "SHUTOFF", "up started a machine");
    await life.stack.does("start", "ledger");
    const done = await untilOk(up);
    assert.equal(done.code, 0, done.stderr);
    await serves(orders, ledger);
  });

  resizesFail(life);

  powerIsCut(life);

  test("a volume that somebody detached is attached again, and the rows are there", async () => {
    const [server, volume] = [await idOf(orders, "server"), await idOf(orders, "data")];
    const path = `/servers/${server}/os-volume_attachments/${volume}`;
    await life.stack.cloud.call("compute", path, { method: "DELETE" });
    await until("the volume to be detached", async () => {
      const { volume: seen } = await life.stack.cloud.call<{ volume: { status: string } }>(
        "volume",
        `/volumes/${volume}`,
      );
      return seen.status === "available";
    });
    const row = await life.stack.row("orders");
    assert.deepEqual([row.status, row.operatingStatus], ["SHUTDOWN", "STOPPED"]);
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    await serves(orders);
  });

  test("an image that somebody deleted is missed by nobody who has a server; one that needs it brings it again", async () => {
    const images = await life.stack.cloud.list<{ id: string }>("image", "/images", "images", {
      query: { coffer_engine: orders.engine },
    });
    for (const { id } of images) await life.stack.cloud.call("image", `/images/${id}`, { method: "DELETE" });
    await nothingToDo();
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    await serves(orders);
  });

  test("a server that somebody deleted is GONE; up makes another with the same volume and address", async () => {
    const [server, volume] = [await idOf(orders, "server"), await idOf(orders, "data")];
    const { address } = await life.stack.row("orders");
    await life.stack.cloud.call("compute", `/servers/${server}`, { method: "DELETE" });
    await until("the server to be gone", async () => !(await getServer(life.stack.cloud, server)));
    const row = await life.stack.row("orders");
    assert.deepEqual([row.status, row.operatingStatus], ["ERROR", "GONE"]);
    const done = await up();
    assert.equal(done.code, 0, done.stderr);
    assert.equal(await idOf(orders, "data"), volume);
    assert.equal((await life.stack.row("orders")).address, address);
    await serves(orders, ledger);
    await nothingToDo();
  });

  test("a data volume that somebody deleted: an empty one is never put in its place", async () => {
    const { cloud, inventory } = life.stack;
    const [server, volume] = [await idOf(ledger, "server"), await idOf(ledger, "data")];
    await cloud.call("compute", `/servers/${server}`, { method: "DELETE" });
    await until("the server to be gone", async () => !(await getServer(cloud, server)));
    await inventory.deleteVolume(volume);
    const refused = await up();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /data volume \S+ of instance "ledger" is gone, and an empty one is never made/);
    const volumes = (await life.stack.objects()).filter(
      ({ role, instanceName }) => role === "data" && instanceName === "ledger",
    );
    assert.deepEqual(volumes, []);
    assert.equal((await life.stack.row("ledger")).status, "ERROR");
    await serves(orders);
  });
});

/** Bounded by the test's own limit. */
async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!(await is())) {
    if (performance.now() > deadline) throw new Error(`waited 300 s for ${what}`);
    await new Promise((again) => setTimeout(again, 200));
  }
}

/** The first that succeeds, of a few. */
async function untilOk(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const result = await run();
    if (result.code === 0 || tries === 4) return result;
  }
}
