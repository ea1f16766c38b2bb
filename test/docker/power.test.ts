/** The machine of an instance is stopped, started and rebooted by verbs, and what is in no state is found and removed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { InstanceDetails } from "../../operations/instance-details.ts";
import type { DeletedOrphans, OrphanTables } from "../../operations/orphans.ts";
import type { InstanceRow } from "../../operations/rows.ts";
import { type Checkout, docker, makeCheckout, objectsOf } from "../support/checkout.ts";
import { lastStart } from "../support/crash-recovery.ts";
import { engineOfName, specOf } from "../support/specs.ts";

const names = ["mariadb-a", "postgresql-a"];

describe("power", () => {
  let checkout: Checkout;
  const verb = (...args: string[]) => checkout.json<InstanceRow>([...args, "--stack", checkout.stack]);
  const container = async (name: string) => {
    const { containers } = await objectsOf(checkout.stackId());
    return docker.getContainer(containers.find((one) => one.Labels["coffer.name"] === name)?.Id ?? "");
  };

  before(async () => {
    checkout = await makeCheckout(
      specOf({ "mariadb-a": { databases: ["shop"] }, "postgresql-a": { databases: ["shop"] } }),
    );
    await checkout.ok(["up", "--stack", checkout.stack]);
  });
  after(() => checkout.cleanUp());

  for (const name of names) {
    test(`${name} is stopped and started, each once`, async () => {
      const since = Math.floor(Date.now() / 1000);
      for (const again of [false, true]) {
        const row = await verb("stop", name);
        assert.deepEqual([row.status, row.operatingStatus], ["SHUTDOWN", "STOPPED"], `again: ${again}`);
        assert.equal((await (await container(name)).inspect()).State.Running, false);
      }
      const details = await verb("show", name);
      assert.match((details as InstanceDetails).machine?.state ?? "", /^stopped/);
      for (const again of [false, true]) {
        const row = await verb("start", name);
        assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"], `again: ${again}`);
      }
      const log = (await (await container(name)).logs({ stdout: true, stderr: true, since })).toString();
      assert.equal(lastStart(engineOfName(name), log), "clean");
    });

    test(`${name} is rebooted with its database ended before`, async () => {
      const before = (await (await container(name)).inspect()).State.StartedAt;
      const since = Math.floor(Date.now() / 1000);
      const row = await verb("reboot", name);
      assert.equal(row.operatingStatus, "HEALTHY");
      assert.notEqual((await (await container(name)).inspect()).State.StartedAt, before);
      const log = (await (await container(name)).logs({ stdout: true, stderr: true, since })).toString();
      assert.equal(lastStart(engineOfName(name), log), "clean");
    });
  }

  test("an up leaves a stopped instance as it is, and does everything else", async () => {
    const [stopped = "", running = ""] = names;
    const up = () => checkout.coffer(["up", "--stack", checkout.stack]);
    const told = (stderr: string) => stderr.match(/is not looked into/g)?.length;
    const spec = (parameters: Record<string, Record<string, number>>, extra: object = {}) => {
      const one = (name: string) => ({ databases: ["shop"], parameters: parameters[name] ?? {} });
      return specOf({ [stopped]: { ...one(stopped), ...extra }, [running]: one(running) });
    };
    await verb("stop", stopped);
    const idle = await up();
    assert.deepEqual([idle.code, told(idle.stderr)], [0, 1], idle.stderr);
    assert.match(idle.stderr, new RegExp(`${stopped}: it is stopped .*coffer start ${stopped}`));
    assert.match(idle.stdout, new RegExp(`${stopped} .*SHUTDOWN +STOPPED`));

    checkout.writeSpec(spec({ [running]: { max_connections: 33 } }));
    const other = await up();
    assert.deepEqual([other.code, told(other.stderr)], [0, 1], other.stderr);

    const users = { users: { app: { all: ["shop"] } } };
    checkout.writeSpec(spec({ [stopped]: { max_connections: 44 }, [running]: { max_connections: 34 } }, users));
    for (const again of [false, true]) {
      const refused = await up();
      assert.deepEqual([refused.code, told(refused.stderr)], [1, 1], refused.stderr);
      assert.match(
        refused.stderr,
        /database-server \(parameters.max_connections .*44\); users \(.*"app".*\)$/m,
        `again: ${again}`,
      );
      assert.match(refused.stderr, new RegExp(`coffer start ${stopped}`));
    }
    assert.equal((await (await container(stopped)).inspect()).State.Running, false);
    const shown = (name: string) => checkout.json<InstanceDetails>(["show", name, "--stack", checkout.stack]);
    assert.deepEqual((await shown(running)).parameters, { max_connections: 34 });
    const { parameters, users: known } = await shown(stopped);
    assert.deepEqual([parameters, known], [{}, []], "recorded and not done");
    await verb("start", stopped);
    await checkout.ok(["up", "--stack", checkout.stack]);
    assert.deepEqual((await shown(stopped)).parameters, { max_connections: 44 });
    assert.equal((await up()).stdout.includes("no changes"), true);
  });

  test("a guest that does not answer is not cut off unasked, and force brings it back", async () => {
    const [name = ""] = names;
    await (await container(name)).pause();
    const refused = await checkout.coffer(["stop", name, "--stack", checkout.stack]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /--force/);
    assert.equal((await (await container(name)).inspect()).State.Paused, true);
    assert.equal((await verb("reboot", name, "--force")).operatingStatus, "HEALTHY");
  });

  test("what leaked is removed, and data that is in no state is kept", async () => {
    const list = () => checkout.json<OrphanTables>(["orphans", "--stack", checkout.stack]);
    assert.deepEqual(await list(), { retained: [], leaked: [] });
    const Labels = (role: string) => ({
      "coffer.stack": checkout.stackId(),
      "coffer.role": role,
      "coffer.name": "old",
    });
    const data = `${checkout.stack}-old`;
    await docker.createVolume({ Name: data, Labels: Labels("data") });
    const network = await docker.createNetwork({ Name: `${checkout.stack}-leak`, Labels: Labels("network") });
    const image = (await (await container(names[0] ?? "")).inspect()).Image;
    const HostConfig = { Mounts: [{ Type: "volume" as const, Source: data, Target: "/srv" }] };
    const leak = await docker.createContainer({ Image: image, Labels: Labels("server"), HostConfig });

    const found = await list();
    assert.deepEqual(
      found.retained.map(({ id }) => id),
      [data],
    );
    assert.deepEqual(found.leaked.map(({ id }) => id).sort(), [leak.id, network.id].sort());
    const asked = await checkout.coffer(["orphans", "--delete", "--stack", checkout.stack]);
    assert.equal(asked.code, 2, "nobody is there to be asked");
    const done = await checkout.json<DeletedOrphans>(["orphans", "--delete", "--yes", "--stack", checkout.stack]);
    assert.deepEqual(
      done.removed.map(({ removed }) => removed),
      [true, true],
    );
    assert.deepEqual([done.leaked, done.retained.map(({ attachedTo }) => attachedTo)], [[], [[]]]);
    const { containers, volumes } = await objectsOf(checkout.stackId());
    assert.deepEqual([containers.length, volumes.length], [2, 3]);
  });
});
