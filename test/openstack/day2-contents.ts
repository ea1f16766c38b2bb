/** Parameters, databases and users, changed in the spec or behind Coffer's back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import type { Login } from "../support/clients.ts";
import { both, type DemoInstance, type Life } from "./demo.ts";
import type { Change } from "./one-apply.ts";

function set(life: Life, kind: "live" | "restart"): void {
  life.stack.edit((spec) => {
    for (const one of both) spec.setIn(["instances", one.name, "parameters", one[kind].name], one[kind].value);
  });
}

export function dynamicParameters(life: Life): Change {
  const pids = () => Promise.all(both.map((one) => life.serverPid(one)));
  let before: Awaited<ReturnType<typeof pids>>;
  return {
    async make() {
      before = await pids();
      set(life, "live");
    },
    tests(outcome) {
      test("a dynamic parameter changes in the running server", async () => {
        const { said } = outcome();
        for (const one of both) {
          const lines = said.split("\n").filter((line) => line.includes(one.live.name));
          assert.ok(lines.length > 0, said);
          assert.doesNotMatch(lines.join("\n"), /restart (?:MariaDB:|the server for)/);
          assert.equal(Number.parseFloat(await life.value(one, one.live.ask)), Number.parseFloat(one.live.answer));
        }
        assert.deepEqual(await pids(), before);
      });
    },
  };
}

export function staticParameters(life: Life): Change {
  return {
    async make() {
      set(life, "restart");
    },
    tests(outcome) {
      test("a static parameter is announced as a restart, and is in effect afterwards", async () => {
        for (const one of both) {
          assert.match(outcome().said, new RegExp(`restart (MariaDB:|the server for) .*${one.restart.name}`));
          assert.equal(await life.value(one, one.restart.ask), one.restart.answer);
          await life.rowsAreThere(one);
        }
      });
    },
  };
}

export function newUsersAndDatabases(life: Life): Change {
  let guests: readonly Guest[];
  let readers: readonly Login[];
  return {
    async make() {
      guests = await Promise.all(both.map(({ name }) => life.stack.guest(name)));
      readers = await Promise.all(both.map((one) => life.login(one, one.reader)));
      await Promise.all(both.map((one, index) => one.dropReader(guests[index] as Guest)));
      life.stack.edit((spec) => {
        for (const { name, database } of both) {
          spec.addIn(["instances", name, "databases"], "archive");
          const clerk = { name: "clerk", databases: ["archive", { name: database, privileges: "read" }] };
          spec.addIn(["instances", name, "users"], clerk);
        }
      });
      await Promise.all(guests.map(watch));
    },
    tests() {
      test("users and databases are made, and what was dropped by hand comes back; no process shows a password", async () => {
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
    },
  };
}

/** To be made last: it sees that a refused apply changes nothing. */
export function droppedDatabases(life: Life): Change {
  const clerkReads = async (one: DemoInstance) =>
    assert.equal((await life.ask(one, "SELECT id FROM item", "clerk")).length, 2);
  return {
    async make() {
      life.stack.edit((spec) => {
        for (const { name } of both)
          for (const list of ["users", "databases"]) spec.deleteIn(["instances", name, list, 2]);
      });
      const refused = await life.stack.coffer(["up", "--stack", life.stack.stack]);
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /drop: \["archive"\]/);
      for (const one of both) await clerkReads(one);
      life.stack.edit((spec) => {
        for (const { name } of both) spec.setIn(["instances", name, "drop"], ["archive"]);
      });
    },
    tests() {
      test("a database that leaves the list is refused, and nothing changes; dropped by name it is gone, as is a user who left", async () => {
        for (const one of both)
          await assert.rejects(life.ask(one, "SELECT 1", "clerk"), /denied|authentication|pg_hba.conf rejects/i);
      });
    },
  };
}

/** Writes down each word of each process, once. Without `ps`, which takes an emulated guest's time away from what is watched. */
async function watch(guest: Guest): Promise<void> {
  const look = "cat /proc/[0-9]*/cmdline 2>/dev/null";
  const script = `while :; do ${look}; sleep 0.5; done | tr '\\0' '\\n' | awk '!seen[$0]++ { print; fflush() }' > /run/coffer-test-watch`;
  await guest.must(["systemd-run", "--unit=coffer-test-watch", "--collect", "sh", "-c", script]);
}

async function endWatch(guest: Guest): Promise<string> {
  await guest.must(["systemctl", "stop", "coffer-test-watch"]);
  return (await guest.must(["cat", "/run/coffer-test-watch"])).stdout;
}
