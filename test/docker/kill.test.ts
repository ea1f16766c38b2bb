/**
 * kill -9 in named phases of a first `up`, then `up` again: the end is that of a run that nobody disturbed, nothing is there twice and nothing is
 * left over. One instance of each engine is killed its way through all phases; with `./test/run --full` each victim
 * also meets each phase on a stack of its own.
 */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type Checkout, makeCheckout, objectsOf } from "../support/checkout.ts";
import { withClient } from "../support/clients.ts";
import { withoutFull } from "../support/full.ts";
import {
  type ApplyPhase,
  beforeChanges,
  type Kill,
  killLines,
  phasesOf,
  runAndKill,
  tooLate,
  untilInTime,
  victims,
} from "../support/kill-rounds.ts";
import { engineOfName, specOf } from "../support/specs.ts";

type VictimName = keyof typeof victims;
type PhaseName = keyof typeof beforeChanges | ApplyPhase;
/** `coffer@users`: who, and in which phase. */
type KillName = `${VictimName}@${PhaseName}`;

/** Runs one after the other on one stack. In a run, a provider or program that is gone is survived, and the next is killed too. */
const series: Readonly<Record<string, readonly (readonly KillName[])[]>> = {
  "mariadb-a": [
    ["everything@toolchain"],
    ["program@preview"],
    ["plugin@machine", "pulumi@data"],
    ["provider@start", "everything@users"],
  ],
  "postgresql-a": [
    ["pulumi@stack"],
    ["coffer@preview"],
    ["everything@machine"],
    ["pulumi@start"],
    ["program@start", "coffer@users"],
  ],
};

/** The plugin is done with when the server is there; before a preview only these run; at the end nobody waits for the others. */
const matrix: Readonly<Record<PhaseName, readonly VictimName[]>> = {
  toolchain: ["everything", "coffer"],
  stack: ["everything", "coffer", "pulumi"],
  preview: ["everything", "coffer", "pulumi", "provider", "program", "plugin"],
  machine: ["everything", "coffer", "pulumi", "program", "plugin"],
  data: ["everything", "coffer", "pulumi", "provider", "program"],
  start: ["everything", "coffer", "pulumi", "provider", "program"],
  users: ["everything", "coffer", "pulumi", "provider", "program"],
  end: ["everything", "coffer"],
};

describe("kill -9 during a first up", () => {
  for (const [instance, runs] of Object.entries(series))
    test(`${instance}: killed in every phase, one after the other: ${runs.flat().join(", ")}`, (t) =>
      endsAsUndisturbed(t, instance, runs));
  const rounds = Object.entries(matrix).flatMap(([phase, who]) => who.map((one) => `${one}@${phase}` as KillName));
  for (const [index, kill] of rounds.entries()) {
    const instance = index % 2 ? "postgresql-a" : "mariadb-a";
    test(`${instance}: ${kill}`, { skip: withoutFull }, (t) => endsAsUndisturbed(t, instance, [[kill]]));
  }
});

async function endsAsUndisturbed(
  t: TestContext,
  instance: string,
  runs: readonly (readonly KillName[])[],
): Promise<void> {
  const options = { databases: ["shop"], users: { app: { all: ["shop"] } }, parameters: { max_connections: 60 } };
  await untilInTime(
    async () => {
      const checkout = await makeCheckout(specOf({ [instance]: options }));
      try {
        for (const names of runs) {
          const kills = names.map((name) => killOf(instance, name));
          const run = await runAndKill(checkout, ["up", "--stack", checkout.stack], kills);
          for (const line of killLines(run)) t.diagnostic(line);
          const late = tooLate(kills, run);
          if (late !== undefined) return late;
        }
        await checkout.ok(["up", "--stack", checkout.stack]);
        await isWhole(checkout, instance);
        return undefined;
      } finally {
        await checkout.cleanUp();
      }
    },
    (text) => t.diagnostic(text),
  );
}

function killOf(instance: string, name: KillName): Kill {
  const [victim, phase] = name.split("@") as [VictimName, PhaseName];
  return { victim: victims[victim], phase: { ...beforeChanges, ...phasesOf(instance) }[phase] };
}

/** One of everything, as the spec says; a user can log in and write; nothing is left to do. */
async function isWhole(checkout: Checkout, instance: string): Promise<void> {
  const list = await checkout.json<Record<string, unknown>[]>(["list", "--stack", checkout.stack]);
  assert.deepEqual(
    list.map(({ name, status, operatingStatus, role, flavor, volume }) => [
      name,
      status,
      operatingStatus,
      role,
      flavor,
      volume,
    ]),
    [[instance, "ACTIVE", "HEALTHY", "single", "small", 1]],
  );
  const users = await checkout.json<Record<string, unknown>[]>(["user-list", "--stack", checkout.stack]);
  assert.deepEqual(
    users.map(({ name, databases }) => [name, databases]),
    [["app", ["shop"]]],
  );
  await withClient(engineOfName(instance), await checkout.login(instance, "app", "shop"), async (query) => {
    await query("CREATE TABLE proof (id int)");
    await query("INSERT INTO proof VALUES (1)");
    assert.equal((await query("SELECT id FROM proof")).length, 1);
  });
  const { containers, volumes, networks } = await objectsOf(checkout.stackId());
  assert.deepEqual([containers.length, volumes.length, networks.length], [1, 1, 1], "containers, volumes, networks");
  const again = await checkout.coffer(["preview", "--stack", checkout.stack, "--detailed-exitcode"]);
  assert.equal(again.code, 0, `something was left to do:\n${again.stdout}${again.stderr}`);
  assert.ok(!checkout.stateText().includes("pending_operations"), "the state has pending operations");
}
