/**
 * kill -9 at seeded moments of a first `up` of one instance on a cloud, then `up` again: it serves, nothing is there twice
 * and nothing is left over. A moment is a place in what the run has told so far, and a pause after it, so that it means
 * the same on a slow machine. Runs with --full: 10 rounds. COFFER_KILL_SEED runs another series.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { withClient } from "../support/clients.ts";
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { withoutFull } from "../support/full.ts";
import { kill9, type Process, treeOf } from "../support/processes.ts";
import { seeded } from "../support/random.ts";
import { nothingIsLeaked, specWith, toldByApplies } from "./strangers.ts";

const rounds = 10;
const seed = Number(process.env.COFFER_KILL_SEED ?? 7);

/** Lines that an undisturbed first up of one instance writes to its log, and what may lie between two of them. */
const linesOfAnUp = 58;
const longestPauseMs = 4_000;

/** Who is killed: everything at once, as a machine that loses power, or one part, as the kernel's OOM killer does. */
const victims: Readonly<Record<string, RegExp>> = {
  everything: /./,
  plugin: /pulumi-resource-openstack/,
  coffer: /cli\/main\.ts/,
  pulumi: /\/pulumi (up|preview|stack)/,
  provider: /provider\/main\.ts/,
};

describe("kill -9 during a first up on a cloud", { skip: withoutFull }, () => {
  const random = seeded(seed);
  for (let round = 0; round < rounds; round++) {
    // Spread over the run, so that few rounds see its early and its late part too.
    const line = Math.floor(((round + random()) / rounds) * linesOfAnUp);
    const after = Math.floor(random() * longestPauseMs);
    const victim = Object.keys(victims)[round % Object.keys(victims).length] ?? "everything";
    const name = round % 2 ? "ledger" : "orders";
    test(`round ${round} of seed ${seed}: ${victim}, ${after} ms after line ${line}, ${name}`, async () => {
      const stack = await makeCloudStack(specWith(name));
      try {
        await interrupted(stack, victim, line, after);
        await stack.does("up");
        await serves(stack, name);
        await nothingIsLeaked(stack);
        const again = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
        assert.equal(again.code, 0, `something was left to do:\n${again.stdout}${again.stderr}`);
      } finally {
        await stack.cleanUp();
      }
    });
  }
});

async function interrupted(stack: CloudStack, victim: string, line: number, after: number): Promise<void> {
  const up = stack.start(["up", "--stack", stack.stack]);
  const ended = once(up, "exit");
  while (up.exitCode === null && up.signalCode === null && toldByApplies(stack).length < line) await pause(50);
  await Promise.race([pause(after), ended]);
  const tree: readonly Process[] = up.pid ? treeOf(up.pid) : [];
  kill9(tree.filter(({ command }) => victims[victim]?.test(command)).map(({ pid }) => pid));
  await ended;
}

async function serves(stack: CloudStack, name: "orders" | "ledger"): Promise<void> {
  const row = await stack.row(name);
  assert.deepEqual([row.status, row.operatingStatus], ["ACTIVE", "HEALTHY"]);
  const [engine, user, database] =
    name === "orders" ? ["mariadb", "app", "shop"] : ["postgresql", "bookkeeper", "accounts"];
  const login = await stack.login(name, user, { port: row.port, database });
  await withClient(engine, login, async (query) => {
    await query("CREATE TABLE proof (id int)");
    await query("INSERT INTO proof VALUES (1)");
    assert.equal((await query("SELECT id FROM proof")).length, 1);
  });
}
