/** Removal in good order and by force, the data that stays, and what an interrupted run may leave. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { closeAll } from "../../access/index.ts";
import { waitFor } from "../../access/openstack/cloud-wait.ts";
import { canConnect } from "../support/clients.ts";
import { problem } from "./day2-guests.ts";
import { toRebuild } from "./day2-rebuild.ts";
import { both, type Life, ledger } from "./demo.ts";

interface Details {
  operatingStatus: string;
  machine: { id: string; state: string };
  console: readonly string[];
}

export function instancesAreRemoved(life: Life): void {
  /** Ids of the data volumes, by instance. */
  const data: Record<string, string> = {};
  const kinds = async (instance: string): Promise<string[]> =>
    (await life.stack.objects())
      .filter(({ instanceName }) => instanceName === instance)
      .map(({ kind }) => kind)
      .sort();
  /** What stays of an instance: its data, and what a rebuild kept of it. */
  const kept = (instance: string): string[] =>
    toRebuild.some(({ name }) => name === instance) ? ["snapshot", "volume"] : ["volume"];

  test("an instance that cannot be reached: show has the cloud's words and the console", async () => {
    for (const { name } of both) data[name] = (await life.stack.object(name, "data")).id;
    const guest = await life.stack.guest("orders");
    // The session that asks for it may go down with it, so the guest does it by itself.
    await guest.must(["systemd-run", "--on-active=1", "systemctl", "mask", "--runtime", "--now", "ssh.service"]);
    const { host } = await life.login(both[0]);
    await waitFor({
      what: "the guest's SSH server to be gone",
      look: () => canConnect(host, 22),
      done: (connects) => !connects,
      words: (connects) => (connects ? "it answers" : "it does not"),
      timeout: 60_000,
    });
    await closeAll();
    const shown = await life.stack.json<Details>(["show", "orders", "--stack", life.stack.stack]);
    assert.equal(shown.operatingStatus, "UNREACHABLE");
    assert.match(shown.machine.state, /active/i);
    assert.match(shown.console.join("\n"), /login:|coffer-host-key/);
  });

  test("delete refuses what it cannot end cleanly; force-delete removes it and keeps the volume", async () => {
    const refused = await life.stack.coffer(["delete", "orders", "--yes", "--stack", life.stack.stack]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /coffer force-delete orders/);
    assert.ok((await kinds("orders")).includes("server"));
    const words = await life.stack.does("force-delete", "orders", "--yes");
    assert.ok(words.includes(data.orders ?? "?"), words);
    assert.deepEqual(await kinds("orders"), kept("orders"));
    await life.rowsAreThere(ledger);
  });

  test("delete keeps the volume", async () => {
    const guest = await life.stack.guest("ledger");
    const words = await life.stack.does("delete", "ledger", "--yes");
    assert.ok(words.includes(data.ledger ?? "?"), words);
    assert.deepEqual(await kinds("ledger"), kept("ledger"));
    await closeAll();
    await assert.rejects(guest.run(["true"]), problem("absent"));
  });

  test("orphans tells what is retained from what is leaked, and deletes only that", async () => {
    const stackId = life.stack.stackId();
    const description = `coffer stack=${stackId} urn=0123456789abcdef role=security-group instance=${crypto.randomUUID()} name=lost`;
    const body = { security_group: { name: "coffer-test-lost", description } };
    type Made = { security_group: { id: string } };
    const lost = await life.stack.cloud.call<Made>("network", "/security-groups", { method: "POST", body });
    const table = await life.stack.json<{ retained: { id: string }[]; leaked: { id: string }[] }>([
      "orphans",
      "--stack",
      life.stack.stack,
    ]);
    assert.deepEqual(
      table.leaked.map(({ id }) => id),
      [lost.security_group.id],
    );
    const retained = table.retained.map(({ id }) => id);
    for (const id of Object.values(data)) assert.ok(retained.includes(id), id);
    await life.stack.does("orphans", "--delete", "--yes");
    const left = await life.stack.objects();
    assert.deepEqual(left.map(({ kind }) => kind).sort(), both.flatMap(({ name }) => kept(name)).sort());
  });

  test("create --adopt brings rows and users of both back, in new servers", async () => {
    for (const { name, engine, version, database, owner } of both) {
      const datastore = ["--datastore", engine, "--datastore-version", version];
      const settings = ["--size", "2", ...datastore, "--databases", database, "--users", owner];
      await life.stack.does("create", name, "m1.small", ...settings, "--adopt", data[name] ?? "", "--edit-only");
    }
    life.stack.edit((spec) => {
      for (const { name } of both) spec.setIn(["instances", name, "access"], { public: true });
    });
    await life.stack.does("up");
    life.forgetLogins();
    for (const one of both) {
      assert.equal((await life.stack.object(one.name, "data")).id, data[one.name]);
      await life.rowsAreThere(one);
    }
  });

  test("destroy removes everything but the data", async () => {
    await life.stack.does("destroy", "--yes");
    const left = (await life.stack.objects()).filter(({ kind }) => kind !== "snapshot");
    assert.deepEqual(left.map(({ id }) => id).sort(), Object.values(data).sort());
  });
}
