/**
 * An instance's life on Docker, from the first `up` to its deletion, as a user goes through it: for both engines, with
 * rows that an ordinary client writes and reads through the published port.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { type Login, type Query, withClient } from "../support/clients.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { type InstanceOptions, specOf } from "../support/specs.ts";
import { engines } from "./lifecycle-cases.ts";

/** How a preview announces one. */
const restart = /\brestart (?:MariaDB|the server)\b/;

interface ListRow {
  name: string;
  status: string;
  operatingStatus: string;
  address: string;
  port: number;
  flavor: string;
  volume: number;
  volumeUsed: number | null;
  volumeSize: number | null;
  connections: number | null;
  maxConnections: number | null;
  datastore: string;
  datastoreVersion: string;
}

const first: InstanceOptions = {
  databases: ["shop", "stats"],
  users: { app: { all: ["shop", "stats"] }, report: { read: ["shop"] } },
};

for (const [engine, its] of Object.entries(engines)) {
  describe(engine, () => {
    const name = `${engine}-orders`;
    let options = first;
    let checkout: Checkout;

    before(async () => {
      checkout = await makeCheckout(specOf({ [name]: options }));
    });
    after(() => checkout.cleanUp());

    const write = (change: Partial<InstanceOptions>) => {
      options = { ...options, ...change };
      checkout.writeSpec(specOf({ [name]: options }));
    };
    const apply = async (change: Partial<InstanceOptions>) => {
      write(change);
      await checkout.ok(["up", "--stack", checkout.stack]);
    };
    /** Applies what it has previewed. */
    const previewed = async (change: Partial<InstanceOptions>) => {
      write(change);
      const preview = await checkout.coffer(["preview", "--stack", checkout.stack, "--detailed-exitcode"]);
      await apply({});
      return preview;
    };
    const login = (user: string, database: string): Promise<Login> => checkout.login(name, user, database);
    const as = async <T>(user: string, database: string, act: (query: Query) => Promise<T>): Promise<T> =>
      withClient(engine, await login(user, database), act);
    const rows = () => as("app", "shop", (query) => query("SELECT id FROM item ORDER BY id"));
    const value = async (sql: string) =>
      as("app", "shop", async (query) => String(Object.values((await query(sql))[0] ?? {})[0]));
    const containerId = async () => {
      const { containers } = await objectsOf(checkout.stackId());
      assert.equal(containers.length, 1);
      return containers[0]?.Id ?? "";
    };
    const processStart = async () => (await docker.getContainer(await containerId()).inspect()).State.StartedAt;

    test("the first up makes it, and an ordinary client writes and reads rows", async () => {
      await checkout.ok(["up", "--stack", checkout.stack]);
      const [row] = await checkout.json<ListRow[]>(["list", "--stack", checkout.stack]);
      assert.deepEqual(
        [row?.name, row?.status, row?.operatingStatus, row?.address, row?.flavor, row?.volume],
        [name, "ACTIVE", "HEALTHY", "127.0.0.1", "small", 1],
      );
      assert.equal(row?.volumeSize, 1024 ** 3);
      assert.ok((row.volumeUsed ?? 0) > 1024 ** 2 && (row.volumeUsed ?? 0) < row.volumeSize, JSON.stringify(row));
      assert.ok(
        (row.connections ?? -1) >= 0 && (row.connections ?? 0) < (row.maxConnections ?? 0),
        JSON.stringify(row),
      );
      await as("app", "shop", async (query) => {
        await query("CREATE TABLE item (id int PRIMARY KEY)");
        await query("INSERT INTO item VALUES (1), (2)");
      });
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }]);
    });

    test("a reader reads tables made after its grant, and cannot write", async () => {
      assert.deepEqual(await as("report", "shop", (query) => query("SELECT id FROM item ORDER BY id")), [
        { id: 1 },
        { id: 2 },
      ]);
      await assert.rejects(
        as("report", "shop", (query) => query("INSERT INTO item VALUES (3)")),
        its.denied,
      );
      await assert.rejects(
        as("report", "stats", (query) => query("SELECT 1")),
        /denied/i,
      );
    });

    test("metrics has the readings of the running server", async () => {
      const { stdout } = await checkout.ok(["metrics", "--stack", checkout.stack]);
      const labels = `stack="${checkout.stack}",instance="${name}"`;
      const value = (metric: string) =>
        Number(stdout.split(`coffer_instance_${metric}{${labels}} `)[1]?.split("\n")[0]);
      assert.equal(value("up"), 1);
      assert.equal(value("volume_size_bytes"), 1024 ** 3);
      assert.ok(value("volume_used_bytes") > 1024 ** 2);
      assert.ok(value("connections") >= 0 && value("connections") < value("connections_max"), stdout);
      assert.ok(value("uptime_seconds") >= 0);
    });

    test("user-list names users with host and databases", async () => {
      const users = await checkout.json<{ instance: string; name: string; host: string; databases: string[] }[]>([
        "user-list",
        "--stack",
        checkout.stack,
      ]);
      const short = users.map((user) => [user.instance, user.name, user.host, user.databases.toSorted()]);
      assert.deepEqual(short, [
        [name, "app", "%", ["shop", "stats"]],
        [name, "report", "%", ["shop"]],
      ]);
    });

    test("no password is in clear in state, logs, container or command line", async () => {
      const { password } = await login("app", "shop");
      assert.equal(password.length, 36);
      assert.ok(!checkout.stateText().includes(password), "the state has the password in clear");
      const container = docker.getContainer(await containerId());
      assert.ok(!JSON.stringify(await container.inspect()).includes(password), "docker inspect shows the password");
      const log = (await container.logs({ stdout: true, stderr: true })).toString();
      assert.ok(!log.includes(password), "the server's log shows the password");
    });

    test("a second up changes nothing", async () => {
      const preview = await previewed({});
      assert.equal(preview.code, 0, preview.stdout + preview.stderr);
    });

    test("a dynamic parameter changes in the running server, and nothing else does", async () => {
      const started = await processStart();
      const preview = await previewed({ parameters: { [its.live.name]: its.live.value } });
      assert.equal(preview.code, 3);
      assert.match(preview.stdout + preview.stderr, new RegExp(its.live.name));
      assert.doesNotMatch(preview.stdout + preview.stderr, restart);
      assert.equal(Number.parseFloat(await value(its.live.ask)), Number.parseFloat(its.live.answer));
      assert.equal(await processStart(), started);
    });

    test("a static parameter is announced as a restart, and is in effect afterwards", async () => {
      const container = await containerId();
      const preview = await previewed({ parameters: { ...options.parameters, [its.restart.name]: its.restart.value } });
      assert.match(preview.stdout + preview.stderr, restart);
      assert.equal(await value(its.restart.ask), its.restart.answer);
      assert.equal(await containerId(), container);
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }]);
    });

    test("a grant widens and narrows in place", async () => {
      await apply({ users: { ...first.users, report: { all: ["shop"], read: ["stats"] } } });
      await as("report", "shop", (query) => query("INSERT INTO item VALUES (3)"));
      await apply({ users: { ...first.users, report: { read: ["shop"] } } });
      await assert.rejects(
        as("report", "shop", (query) => query("INSERT INTO item VALUES (4)")),
        its.denied,
      );
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }, { id: 3 }]);
    });

    test("another flavor changes memory and CPU of the same container", async () => {
      const container = await containerId();
      const preview = await previewed({ flavor: "bigger" });
      assert.equal(preview.code, 3);
      assert.equal(await containerId(), container);
      const { HostConfig } = await docker.getContainer(container).inspect();
      assert.equal(HostConfig.Memory, 768 * 1024 * 1024);
      assert.equal(HostConfig.NanoCpus, 1.5e9);
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }, { id: 3 }]);
    });

    test("a user dropped by hand comes back with its password and grants", async () => {
      const before = await login("app", "shop");
      await runIn(await containerId(), its.dropApp);
      await assert.rejects(withClient(engine, before, (query) => query("SELECT 1")));
      await apply({});
      assert.deepEqual(await withClient(engine, before, (query) => query("SELECT id FROM item ORDER BY id")), [
        { id: 1 },
        { id: 2 },
        { id: 3 },
      ]);
    });

    test("a database that leaves the list is refused, and its rows stay", async () => {
      checkout.writeSpec(
        specOf({
          [name]: { ...options, databases: ["shop"], users: { app: { all: ["shop"] }, report: { read: ["shop"] } } },
        }),
      );
      const refused = await checkout.coffer(["up", "--stack", checkout.stack]);
      assert.notEqual(refused.code, 0);
      assert.match(refused.stderr, /drop: \["stats"\]/);
      await apply({});
      await as("app", "stats", (query) => query("SELECT 1"));
    });

    test("a container stopped by Docker shuts down cleanly, and restart brings the rows back", async () => {
      const container = docker.getContainer(await containerId());
      const since = Math.floor(Date.now() / 1000);
      await container.stop();
      const [stopped] = await checkout.json<ListRow[]>(["list", "--stack", checkout.stack]);
      assert.notEqual(stopped?.operatingStatus, "HEALTHY");
      await checkout.ok(["restart", name, "--stack", checkout.stack]);
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }, { id: 3 }]);
      const log = (await container.logs({ stdout: true, stderr: true, since })).toString();
      assert.equal(lastStart(engine, log), "clean");
    });

    test("watch tells of an instance that stops and comes back, and Ctrl-C is its proper end", {
      timeout: 600_000,
    }, async () => {
      const container = docker.getContainer(await containerId());
      const watching = checkout.startReadable(["watch", "-o", "json", "--interval", "1", "--stack", checkout.stack]);
      const ended = once(watching, "exit");
      const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
      const until = async (status: string) => {
        for (;;) {
          const { value, done } = await lines.next();
          assert.ok(!done, `watch ended before ${status}`);
          const change = JSON.parse(value) as { name: string; status: string; previousStatus: string | null };
          assert.equal(change.name, name);
          if (change.status === status) return change.previousStatus;
        }
      };
      try {
        assert.equal(await until("ACTIVE"), null);
        await container.stop();
        await until("SHUTDOWN");
        await checkout.ok(["start", name, "--stack", checkout.stack]);
        await until("ACTIVE");
      } finally {
        if (watching.pid !== undefined) process.kill(-watching.pid, "SIGINT");
      }
      assert.deepEqual(await ended, [0, null]);
    });

    test("a container removed by hand is made again on the same volume", async () => {
      const lost = await containerId();
      await docker.getContainer(lost).remove({ force: true });
      await apply({});
      assert.notEqual(await containerId(), lost);
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }, { id: 3 }]);
      const again = await checkout.coffer(["preview", "--stack", checkout.stack, "--detailed-exitcode"]);
      assert.equal(again.code, 0, again.stdout + again.stderr);
    });

    test("another published port replaces the container: refused, unless the instance is named; the rows stay", async () => {
      const [before, port] = [await containerId(), await freePort()];
      checkout.writeSpec(specOf({ [name]: { ...options, extra: `ports: { sql: ${port} }` } }));
      const refused = await checkout.coffer(["up", "--stack", checkout.stack]);
      assert.equal(refused.code, 2, refused.stderr);
      assert.match(refused.stderr, new RegExp(`--allow-replace ${name}`));
      assert.equal(await containerId(), before);
      await checkout.ok(["up", "--stack", checkout.stack, "--allow-replace", name]);
      assert.notEqual(await containerId(), before);
      assert.equal((await login("app", "shop")).port, port);
      assert.deepEqual(await rows(), [{ id: 1 }, { id: 2 }, { id: 3 }]);
    });

    test("delete keeps the volume, and create --adopt brings its rows back", async () => {
      const before = await login("app", "shop");
      const volume = (await objectsOf(checkout.stackId())).volumes[0]?.Name ?? "";
      const deleted = await checkout.ok(["delete", name, "--yes", "--stack", checkout.stack]);
      assert.match(deleted.stdout + deleted.stderr, new RegExp(volume));
      const left = await objectsOf(checkout.stackId());
      assert.deepEqual([left.containers.length, left.volumes.map((v) => v.Name)], [0, [volume]]);
      const create = [
        "create",
        name,
        "bigger",
        "--size",
        "1",
        "--datastore",
        engine,
        "--adopt",
        volume,
        "--stack",
        checkout.stack,
      ];
      await checkout.ok(create);
      const row = (await checkout.json<ListRow[]>(["list", "--stack", checkout.stack]))[0];
      const now = { ...before, port: row?.port ?? 0 };
      assert.deepEqual(await withClient(engine, now, (query) => query("SELECT id FROM item ORDER BY id")), [
        { id: 1 },
        { id: 2 },
        { id: 3 },
      ]);
    });

    test("delete --with-data destroys only with the name given", async () => {
      const unnamed = await checkout.coffer(["delete", name, "--with-data", "--yes", "--stack", checkout.stack]);
      assert.equal(unnamed.code, 2);
      assert.equal((await objectsOf(checkout.stackId())).volumes.length, 1);
      await checkout.ok(["delete", name, "--with-data", "--yes", "--yes-delete-data", name, "--stack", checkout.stack]);
      assert.deepEqual((await objectsOf(checkout.stackId())).volumes, []);
    });
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

async function runIn(container: string, argv: readonly string[]): Promise<void> {
  const exec = await docker.getContainer(container).exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true });
  let printed = "";
  stream.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await new Promise((end) => stream.on("end", end));
  const { ExitCode } = await exec.inspect();
  assert.equal(ExitCode, 0, `${argv.join(" ")}: ${printed}`);
}
