/**
 * kill -9 at seeded moments of a first `up`, then `up` again: the same end as a run that nobody disturbed, nothing
 * twice, nothing left over. 5 moments, one for each victim; 20 with `./test/run --full`. COFFER_KILL_SEED runs another series.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { type Checkout, makeCheckout, objectsOf } from "../support/checkout.ts";
import { withClient } from "../support/clients.ts";
import { kill9, type Process, treeOf } from "../support/processes.ts";
import { seeded } from "../support/random.ts";
import { engineOfName, specOf } from "../support/specs.ts";

const rounds = process.env.COFFER_TEST_FULL ? 20 : 5;
const seed = Number(process.env.COFFER_KILL_SEED ?? 1099);

const instance = { databases: ["shop"], users: { app: { all: ["shop"] } }, parameters: { max_connections: 60 } };
const spec = specOf({ "mariadb-a": instance, "postgresql-b": instance });

/** Who is killed: everything at once, as a machine that loses power, or one part, as the kernel's OOM killer does. */
const victims: Readonly<Record<string, (tree: readonly Process[]) => readonly Process[]>> = {
  everything: (tree) => tree,
  coffer: (tree) => tree.filter((process) => process.command.includes("cli/main.ts")),
  pulumi: (tree) => tree.filter((process) => /\/pulumi (up|preview|stack)/.test(process.command)),
  provider: (tree) =>
    tree.filter((process) => /provider\/main\.ts|docker-plugin\/main\.ts|pulumi-resource-docker/.test(process.command)),
  program: (tree) => tree.filter((process) => /language-host\/(main|ahead)\.ts/.test(process.command)),
};

interface End {
  rows: unknown[];
  users: unknown[];
  containers: number;
  volumes: number;
  networks: number;
}

describe("kill -9 during a first up", () => {
  let undisturbedMs = 0;
  let wanted: End;

  before(async () => {
    const checkout = await makeCheckout(spec);
    try {
      const started = performance.now();
      await checkout.ok(["up", "--stack", checkout.stack]);
      undisturbedMs = performance.now() - started;
      wanted = await endOf(checkout);
    } finally {
      await checkout.cleanUp();
    }
  });

  const random = seeded(seed);
  for (let round = 0; round < rounds; round++) {
    const moment = random();
    const names = Object.keys(victims);
    const victim = names[round % names.length] ?? "everything";
    test(`round ${round} of seed ${seed}: ${victim} at ${Math.round(moment * 100)} % of the time`, async () => {
      const checkout = await makeCheckout(spec);
      try {
        const up = checkout.start(["up", "--stack", checkout.stack]);
        const ended = once(up, "exit");
        const due = new Promise<void>((now) => setTimeout(now, moment * undisturbedMs));
        await Promise.race([due, ended]);
        if (up.pid) kill9((victims[victim]?.(treeOf(up.pid)) ?? []).map((process) => process.pid));
        await ended;
        await checkout.ok(["up", "--stack", checkout.stack]);
        assert.deepEqual(await endOf(checkout), wanted);
        const again = await checkout.coffer(["preview", "--stack", checkout.stack, "--detailed-exitcode"]);
        assert.equal(again.code, 0, `something was left to do:\n${again.stdout}${again.stderr}`);
        assert.ok(!checkout.stateText().includes("pending_operations"), "the state has pending operations");
      } finally {
        await checkout.cleanUp();
      }
    });
  }
  after(() => assert.ok(undisturbedMs > 0));
});

/** What a run led to, without what is random in it; proves on the way that a user can log in and write. */
async function endOf(checkout: Checkout): Promise<End> {
  const rows = await checkout.json<{ name: string; address: string; port: number; [field: string]: unknown }[]>([
    "list",
    "--stack",
    checkout.stack,
  ]);
  for (const row of rows) {
    const login = await checkout.login(row.name, "app", "shop");
    await withClient(engineOfName(row.name), login, async (query) => {
      await query("CREATE TABLE proof (id int)");
      await query("INSERT INTO proof VALUES (1)");
      assert.equal((await query("SELECT id FROM proof")).length, 1);
    });
  }
  const users = await checkout.json<Record<string, unknown>[]>(["user-list", "--stack", checkout.stack]);
  const { containers, volumes, networks } = await objectsOf(checkout.stackId());
  return {
    rows: rows.map(({ name, status, operatingStatus, role, flavor, volume, datastore, datastoreVersion }) => ({
      name,
      status,
      operatingStatus,
      role,
      flavor,
      volume,
      datastore,
      datastoreVersion,
    })),
    users: users.map(({ instance: of, name, host, databases }) => ({ of, name, host, databases })),
    containers: containers.length,
    volumes: volumes.length,
    networks: networks.length,
  };
}
