/** Parameters, databases and users, changed in the spec or behind Coffer's back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import { both, type Life } from "./demo.ts";

export function contentsAreChanged(life: Life): void {
  /** Everything that `up` says: first what it will do. */
  const up = async (): Promise<string> => {
    const { code, stdout, stderr } = await life.stack.coffer(["up", "--stack", life.stack.stack]);
    assert.equal(code, 0, stdout + stderr);
    return stdout + stderr;
  };
  const set = (kind: "live" | "restart") =>
    life.stack.edit((spec) => {
      for (const one of both) spec.setIn(["instances", one.name, "parameters", one[kind].name], one[kind].value);
    });

  test("a dynamic parameter changes in the running server", async () => {
    const pids = await Promise.all(both.map((one) => life.serverPid(one)));
    set("live");
    const words = await up();
    assert.doesNotMatch(words, /restarts/i);
    for (const one of both) assert.match(words, new RegExp(one.live.name));
    for (const one of both) {
      assert.equal(Number.parseFloat(await life.value(one, one.live.ask)), Number.parseFloat(one.live.answer));
    }
    assert.deepEqual(await Promise.all(both.map((one) => life.serverPid(one))), pids);
  });

  test("a static parameter is announced as a restart, and is in effect afterwards", async () => {
    set("restart");
    assert.match(await up(), /restart/i);
    for (const one of both) {
      assert.equal(await life.value(one, one.restart.ask), one.restart.answer);
      await life.rowsAreThere(one);
    }
  });

  test("users and databases are made, and what was dropped by hand comes back; no process shows a password", async () => {
    const guests = await Promise.all(both.map(({ name }) => life.stack.guest(name)));
    const readers = await Promise.all(both.map((one) => life.login(one, one.reader)));
    for (const [index, one] of both.entries()) await one.dropReader(guests[index] as Guest);
    life.stack.edit((spec) => {
      for (const { name, database } of both) {
        spec.addIn(["instances", name, "databases"], "archive");
        const clerk = { name: "clerk", databases: ["archive", { name: database, privileges: "read" }] };
        spec.addIn(["instances", name, "users"], clerk);
      }
    });
    await Promise.all(guests.map(watch));
    await life.stack.does("up");
    for (const [index, one] of both.entries()) {
      const clerk = await life.login(one, "clerk");
      const seen = await endWatch(guests[index] as Guest);
      assert.match(seen, /coffer-test-watch/, "the watch saw nothing");
      for (const { password } of [clerk, ...readers])
        assert.ok(!seen.includes(password), "a process showed a password");
      assert.equal((await life.ask(one, "SELECT id FROM item", "clerk")).length, 2);
      // The same password as before.
      assert.equal((await life.ask(one, "SELECT id FROM item", one.reader)).length, 2);
      await assert.rejects(life.ask(one, "INSERT INTO item VALUES (3)", one.reader), one.denied);
      await life.rowsAreThere(one);
    }
  });

  test("a database that leaves the list is refused, and nothing changes; dropped by name it is gone, as is a user who left", async () => {
    const former = await Promise.all(both.map((one) => life.login(one, "clerk")));
    assert.equal(former.length, both.length);
    const remove = (...path: readonly string[]) =>
      life.stack.edit((spec) => {
        for (const { name } of both) spec.deleteIn(["instances", name, ...path]);
      });
    remove("users", "2");
    remove("databases", "2");
    const refused = await life.stack.coffer(["up", "--stack", life.stack.stack]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /drop: \["archive"\]/);
    for (const one of both) assert.equal((await life.ask(one, "SELECT id FROM item", "clerk")).length, 2);
    life.stack.edit((spec) => {
      for (const { name } of both) spec.setIn(["instances", name, "drop"], ["archive"]);
    });
    await life.stack.does("up");
    for (const one of both)
      await assert.rejects(life.ask(one, "SELECT 1", "clerk"), /denied|authentication|pg_hba.conf rejects/i);
  });
}

/** Writes down each process's words, once. */
async function watch(guest: Guest): Promise<void> {
  const script =
    "while :; do ps axww -o args; sleep 0.5; done | awk '!seen[$0]++ { print; fflush() }' > /run/coffer-test-watch";
  await guest.must(["systemd-run", "--unit=coffer-test-watch", "--collect", "sh", "-c", script]);
}

async function endWatch(guest: Guest): Promise<string> {
  await guest.must(["systemctl", "stop", "coffer-test-watch"]);
  return (await guest.must(["cat", "/run/coffer-test-watch"])).stdout;
}
