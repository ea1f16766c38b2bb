/**
 * kill -9 in named phases of a first `up` of one instance on a cloud, then `up` again: it serves, nothing is there twice and nothing is
 * left over. Runs with --full; `test/docker/kill.test.ts` does the same in every run.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withClient } from "../support/clients.ts";
import { type CloudStack, makeCloudStack } from "../support/cloud.ts";
import { withoutFull } from "../support/full.ts";
import {
  type ApplyPhase,
  beforeChanges,
  type Kill,
  killLines,
  mountOf,
  phasesOf,
  runAndKill,
  tooLate,
  untilInTime,
  victims,
} from "../support/kill-rounds.ts";
import { nothingIsLeaked, specWith } from "./strangers.ts";

type Name = "orders" | "ledger";
/** `coffer@users`: who, and in which phase. */
type KillName = `${keyof typeof victims}@${keyof typeof beforeChanges | ApplyPhase | "mount"}`;

/** Runs one after the other on one stack. In a run, a provider or program that is gone is survived, and the next is killed too. */
const series: Readonly<Record<Name, readonly (readonly KillName[])[]>> = {
  orders: [
    ["everything@toolchain"],
    ["program@preview"],
    ["everything@machine"],
    ["provider@mount", "pulumi@data"],
    ["everything@start"],
    ["provider@users"],
  ],
  ledger: [
    ["coffer@preview"],
    ["plugin@machine"],
    ["pulumi@mount"],
    ["everything@data"],
    ["program@start", "coffer@users"],
  ],
};

describe("kill -9 during a first up on a cloud", { skip: withoutFull }, () => {
  for (const [name, runs] of Object.entries(series) as [Name, (typeof series)[Name]][])
    test(`${name}: killed in every phase, one after the other: ${runs.flat().join(", ")}`, async (t) => {
      await untilInTime(
        async () => {
          const stack = await makeCloudStack(specWith(name));
          try {
            for (const names of runs) {
              const kills = names.map((kill) => killOf(name, kill));
              const run = await runAndKill(stack, ["up", "--stack", stack.stack], kills);
              for (const line of killLines(run)) t.diagnostic(line);
              const late = tooLate(kills, run);
              if (late !== undefined) return late;
            }
            await stack.does("up");
            await serves(stack, name);
            await nothingIsLeaked(stack);
            const again = await stack.coffer(["preview", "--stack", stack.stack, "--detailed-exitcode"]);
            assert.equal(again.code, 0, `something was left to do:\n${again.stdout}${again.stderr}`);
            return undefined;
          } finally {
            await stack.cleanUp();
          }
        },
        (text) => t.diagnostic(text),
      );
    });
});

function killOf(instance: Name, name: KillName): Kill {
  const [victim, phase] = name.split("@") as [keyof typeof victims, keyof typeof beforeChanges | ApplyPhase | "mount"];
  const phases = { ...beforeChanges, ...phasesOf(instance, "port"), mount: mountOf(instance) };
  return { victim: victims[victim], phase: phases[phase] };
}

async function serves(stack: CloudStack, name: Name): Promise<void> {
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
