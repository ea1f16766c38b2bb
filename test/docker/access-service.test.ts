/** The service in a container, with both real servers: clean ends, one server per volume, and coming back by itself. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { type GuestError, layout } from "../../access/guest.ts";
import { lastStart, startsOf } from "../support/crash-recovery.ts";
import {
  docker,
  type EngineFixture,
  eventually,
  type Made,
  makeGuest,
  mariadb,
  postgresql,
  removeAll,
} from "./access-fixture.ts";

after(removeAll);

const answers = (fixture: EngineFixture, made: Made) =>
  eventually(`${fixture.engine} answers`, () => fixture.sql(made.guest, "SELECT 1"));

const wholeLog = async (made: Made): Promise<string> =>
  (await made.container.logs({ stdout: true, stderr: true, follow: false })).toString();

for (const fixture of [mariadb, postgresql]) {
  const { engine } = fixture;

  test(`${engine}: a blank volume waits, unconfigured, without a server`, async () => {
    const made = await makeGuest(fixture);
    assert.deepEqual(await made.guest.service.status().then(({ running, enabled }) => ({ running, enabled })), {
      running: false,
      enabled: false,
    });
    await assert.rejects(made.guest.service.start(), (error: GuestError) => {
      assert.match(error.message, /service of orders could not start: .*was not started: .* is missing/);
      return true;
    });
    await made.guest.service.stop(10_000);
    assert.equal((await made.guest.service.status()).enabled, false);
    assert.equal(
      (await made.guest.must(["stat", "-c", "%a %U", layout.conf, layout.meta])).stdout,
      "755 root\n700 root\n",
    );
  });

  test(`${engine}: start, stop and restart by the service; every end is clean, with a client connected`, async () => {
    const made = await makeGuest(fixture);
    await fixture.prepare(made.guest);
    await made.guest.service.start();
    const status = await made.guest.service.status();
    assert.equal(status.running, true);
    assert.equal(status.enabled, true);
    const owner = (await made.guest.must(["stat", "-c", "%U", `/proc/${status.pid}`])).stdout;
    assert.equal(owner, engine === "mariadb" ? "mysql\n" : "postgres\n");
    await answers(fixture, made);

    await made.guest.service.start();
    assert.equal((await made.guest.service.status()).pid, status.pid, "starting what runs changes nothing");

    const client = await made.guest.stream(fixture.idleClient.argv, { user: fixture.idleClient.user });
    client.on("error", () => {});
    client.write(fixture.idleClient.hello);
    assert.equal(String((await once(client, "data"))[0]), fixture.idleClient.answer);

    await made.guest.service.restart();
    await answers(fixture, made);
    assert.notEqual((await made.guest.service.status()).pid, status.pid);

    await made.guest.service.stop();
    const stopped = await made.guest.service.status();
    assert.deepEqual([stopped.running, stopped.enabled, stopped.pid], [false, false, undefined]);
    await made.guest.service.stop();

    await made.guest.service.start();
    await answers(fixture, made);
    const [, ...later] = startsOf(engine, await made.guest.service.logs(10_000));
    assert.deepEqual(later, ["clean", "clean"]);
  });

  test(`${engine}: docker stop is a clean end, and the container's next start brings the server back`, async () => {
    const made = await makeGuest(fixture);
    await fixture.prepare(made.guest);
    await made.guest.service.start();
    await answers(fixture, made);
    const client = await made.guest.stream(fixture.idleClient.argv, { user: fixture.idleClient.user });
    client.on("error", () => {});
    client.write(fixture.idleClient.hello);
    await once(client, "data");

    await made.container.stop({ t: 100 });
    const { State } = await made.container.inspect();
    assert.equal(State.ExitCode, 0, "ended by itself, not killed");
    assert.match(await wholeLog(made), fixture.cleanEnd);

    await made.container.start();
    await answers(fixture, made);
    assert.equal(lastStart(engine, await wholeLog(made)), "clean");
    assert.equal((await made.guest.service.status()).enabled, true);
  });

  test(`${engine}: a killed container comes back by itself, with its rows; a disabled one stays down`, async () => {
    const made = await makeGuest(fixture, { restart: "unless-stopped" });
    await fixture.prepare(made.guest);
    await made.guest.service.start();
    await answers(fixture, made);
    await fixture.sql(made.guest, "CREATE DATABASE kept");
    const before = (await made.container.inspect()).State.StartedAt;

    const killSupervisor = ["sh", "-c", "kill -KILL $(cat /proc/1/task/1/children)"];
    const kill = () => made.guest.run(killSupervisor).catch(() => {});
    const startedAnew = (since: string) =>
      eventually("the container is started anew", async () => {
        const { State } = await made.container.inspect();
        return State.Running && State.StartedAt !== since ? State.StartedAt : undefined;
      });
    await kill();
    const second = await startedAnew(before);
    await answers(fixture, made);
    const databases =
      engine === "mariadb" ? "SHOW DATABASES LIKE 'kept'" : "SELECT datname FROM pg_database WHERE datname = 'kept'";
    assert.equal(await fixture.sql(made.guest, databases), "kept");

    await made.guest.service.stop();
    await kill();
    await startedAnew(second);
    assert.deepEqual((await eventually("the status", () => made.guest.service.status())).running, false);
  });

  test(`${engine}: a second container on the volume does not run a server; it takes over when the first ends`, async () => {
    const first = await makeGuest(fixture);
    await fixture.prepare(first.guest);
    await first.guest.service.start();
    await answers(fixture, first);

    const second = await makeGuest(fixture, { volume: first.volume });
    await eventually("the second says why", async () => {
      const log = await second.guest.service.logs(50);
      return /another server holds the lock on this volume/.test(log) ? true : undefined;
    });
    assert.equal((await second.guest.service.status()).running, false);
    await assert.rejects(second.guest.service.start(), /another server holds the lock/);
    assert.equal(await fixture.sql(first.guest, "SELECT 1"), "1", "the first is not disturbed");

    await first.container.stop({ t: 100 });
    await answers(fixture, second);
    // Each container logs for itself: the end of the one before the start of the other.
    assert.equal(lastStart(engine, (await wholeLog(first)) + (await wholeLog(second))), "clean");
  });

  test(`${engine}: a server that cannot start is tried again with pauses, and says why`, async () => {
    const made = await makeGuest(fixture);
    await fixture.prepare(made.guest);
    const conf = engine === "mariadb" ? "mariadb.cnf" : "postgresql.conf";
    const good = (await made.guest.readFile(`${layout.conf}/${conf}`)) ?? "";
    await made.guest.putFile(`${layout.conf}/${conf}`, `${good}\nno_such_parameter = 1\n`);
    await made.guest.service.start().catch(() => {});
    const log = await eventually("the fourth try is announced", async () => {
      const text = await made.guest.service.logs(1000);
      return text.includes("next try in 8 s") ? text : undefined;
    });
    assert.match(log, /no_such_parameter/);
    assert.match(log, /failed with exit code \d+\ncoffer: next try in 1 s/);
    assert.match(log, /next try in 2 s/);
    assert.match(log, /next try in 4 s/);

    await made.guest.putFile(`${layout.conf}/${conf}`, good);
    await made.guest.service.start();
    await answers(fixture, made);
  });
}

test("a stop that takes too long fails, says so, and kills nothing", async () => {
  const made = await makeGuest(postgresql);
  await postgresql.prepare(made.guest);
  await made.guest.service.start();
  await answers(postgresql, made);
  // A fast shutdown waits for the checkpointer, which is held here.
  const checkpointer = "for p in /proc/[0-9]*; do grep -q '^postgres: checkpointer' $p/cmdline && basename $p; done";
  const held = (await made.guest.run(["sh", "-c", checkpointer])).stdout.trim();
  const signal = (name: string) => made.guest.must(["sh", "-c", "kill -s $1 $2", "sh", name, held]);
  const { pid } = await made.guest.service.status();
  await signal("STOP");
  await assert.rejects(made.guest.service.stop(1_000), /could not stop: postgres did not end within 1 s .* not killed/);
  const status = await made.guest.service.status();
  assert.deepEqual([status.running, status.enabled, status.pid], [true, false, pid], "it lives, and is not wanted");
  await signal("CONT");
  await made.guest.service.stop();
  assert.match(await made.guest.service.logs(100), postgresql.cleanEnd);
});

test("what is asked before the supervisor is there waits for it, ten seconds at most", async () => {
  const { guest } = await makeGuest(postgresql);
  await guest.service.status();
  // In place of runit's own, for this test: the first two questions find no supervisor.
  const sv = `#!/bin/sh\necho >>/tmp/asked\n[ "$(wc -l </tmp/asked)" -gt 2 ] || exit 1\nexec /usr/bin/sv "$@"\n`;
  await guest.putFile("/usr/local/bin/sv", sv, { mode: 0o755 });
  const asked = async (words: string) =>
    await guest.must(["sh", "-c", `rm -f /tmp/asked; coffer-service ${words} && wc -l </tmp/asked`]);
  assert.match((await asked("status")).stdout, /"running":false.*\n3\n/);
  await guest.must(["touch", layout.enabled]);
  await asked("stop 10");
  const told = await guest.must(["sv", "status", "/run/coffer/service"]);
  assert.match(told.stdout, /^down: /);

  await guest.must(["mv", "/run/coffer/service", "/run/coffer/elsewhere"]);
  await assert.rejects(guest.service.status(), /could not status: the supervisor does not run after 10 s: /);
});

test("a try that was under way before a start is not told as its failure", async () => {
  const { guest } = await makeGuest(postgresql);
  await postgresql.prepare(guest);
  const shell = (script: string) => guest.must(["sh", "-c", script]);
  const held = [
    "#!/bin/sh",
    "while [ -e /tmp/hold ]; do touch /tmp/held; sleep 0.1; done",
    "[ ! -e /tmp/held ] || { rm /tmp/held; exit 3; }",
  ];
  await shell("mv /usr/bin/setpriv /usr/bin/setpriv.real; touch /tmp/hold");
  await guest.putFile("/usr/bin/setpriv", `${held.join("\n")}\nexec setpriv.real "$@"\n`, { mode: 0o755 });
  const first = guest.service.start();
  await shell("until [ -e /tmp/held ]; do sleep 0.1; done");
  const second = guest.service.start();
  await shell("while [ -e /run/coffer/this-try ]; do sleep 0.1; done; rm /tmp/hold");
  await Promise.all([first, second]);
  assert.match(await guest.service.logs(100), /failed with exit code 3/);
  assert.equal((await guest.service.status()).running, true);
});

test("without a volume the container refuses to run", async () => {
  const made = await makeGuest(postgresql);
  const { Image } = await made.container.inspect();
  const bare = await docker.createContainer({
    Image,
    name: `${made.name}-bare`,
    Labels: (await made.container.inspect()).Config.Labels,
  });
  await bare.start();
  const { StatusCode } = (await bare.wait()) as { StatusCode: number };
  assert.equal(StatusCode, 78);
  assert.match((await bare.logs({ stdout: true, stderr: true })).toString(), /no volume is mounted at \/srv\/coffer/);
});
