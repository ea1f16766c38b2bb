/** Which reads of a run ask the real thing: those of a preview always, those of its update only where more than a moment passed. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { RunReads } from "../../provider/run-reads.ts";
import type { Values } from "../../provider/values.ts";
import type { CommandMessage } from "../../toolchain/attached.ts";

const gated: CommandMessage = { kind: "run", environment: {}, gated: true };
const alone: CommandMessage = { kind: "run", environment: {}, gated: false };
const decision: CommandMessage = { kind: "decision", environment: {} };
const inputs: Values = { guest: { name: "orders" }, databases: ["shop"] };
const recorded: Values = { observed: "recorded", reachable: true };

interface Read {
  urn?: string;
  inputs?: Values;
  outputs?: Values;
  /** What is really there; undefined: it is gone. Default: `observed: N`, N counting up. */
  real?: Values | null;
  /** Milliseconds that pass before it. */
  after?: number;
}

interface Case {
  why: string;
  steps: readonly (CommandMessage | Read)[];
  /** `asked` or `known`, for each read. */
  reads: readonly string[];
}

const cases: readonly Case[] = [
  { why: "without a command every read asks", steps: [{}, {}], reads: ["asked", "asked"] },
  { why: "a preview alone asks", steps: [alone, {}, {}], reads: ["asked", "asked"] },
  { why: "the update takes what its preview saw", steps: [gated, {}, decision, {}], reads: ["asked", "known"] },
  {
    why: "within the preview nothing is taken from before",
    steps: [gated, {}, {}, decision],
    reads: ["asked", "asked"],
  },
  {
    why: "a user who thinks for a minute may have changed what is there",
    steps: [gated, {}, decision, { after: 60_000 }],
    reads: ["asked", "asked"],
  },
  {
    why: "another command asks anew",
    steps: [gated, {}, decision, {}, gated, {}],
    reads: ["asked", "known", "asked"],
  },
  {
    why: "an apply after a preview that was refused asks anew",
    steps: [gated, {}, decision, alone, {}],
    reads: ["asked", "asked"],
  },
  {
    why: "other recorded outputs are another question",
    steps: [gated, {}, decision, { outputs: { observed: "other" } }],
    reads: ["asked", "asked"],
  },
  {
    why: "another resource is another question",
    steps: [gated, {}, decision, { urn: "urn:b" }],
    reads: ["asked", "asked"],
  },
  {
    why: "a guest that could not be reached may answer now",
    steps: [gated, { real: { reachable: false } }, decision, {}],
    reads: ["asked", "asked"],
  },
  {
    why: "what was gone is asked for again",
    steps: [gated, { real: null }, decision, {}],
    reads: ["asked", "asked"],
  },
];

describe("reads of a run", () => {
  for (const { why, steps, reads } of cases) {
    test(why, async () => {
      let now = 0;
      const run = new RunReads(() => now);
      const ways: string[] = [];
      let count = 0;
      let last: Values | undefined;
      for (const step of steps) {
        if ("kind" in step) {
          run.onMessage(step as CommandMessage);
          continue;
        }
        const { urn = "urn:a", outputs = recorded, real, after = 0 } = step as Read;
        now += after;
        let asked = false;
        const answer = await run.read(urn, inputs, outputs, async () => {
          asked = true;
          count += 1;
          return real === null ? undefined : (real ?? { observed: count, reachable: true });
        });
        if (!asked) assert.deepEqual(answer, last, "what was seen is given as it was seen");
        last = answer;
        ways.push(asked ? "asked" : "known");
      }
      assert.deepEqual(ways, reads);
    });
  }
});

describe("a command for some instances", () => {
  afterEach(() => {
    delete process.env.COFFER_ONLY;
  });

  const cases: { why: string; only?: string; inputs: Values; outputs: Values; asks: boolean }[] = [
    { why: "its own instance is read", only: "orders", inputs, outputs: recorded, asks: true },
    { why: "one of several is read", only: "billing orders", inputs, outputs: recorded, asks: true },
    { why: "another stands as recorded", only: "billing", inputs, outputs: recorded, asks: false },
    { why: "a name that only begins alike is another", only: "orders-2", inputs, outputs: recorded, asks: false },
    { why: "for none, all stand as recorded", only: "", inputs, outputs: recorded, asks: false },
    { why: "a command for all reads all", inputs, outputs: recorded, asks: true },
    {
      why: "one that could not be read the last time is read: it would be a pending change for ever",
      only: "billing",
      inputs,
      outputs: { reachable: false },
      asks: true,
    },
    { why: "what belongs to no guest is read", only: "billing", inputs: {}, outputs: recorded, asks: true },
  ];
  for (const { why, only, inputs: wished, outputs, asks } of cases) {
    test(why, async () => {
      if (only !== undefined) process.env.COFFER_ONLY = only;
      const seen: Values = { observed: "real", reachable: true };
      const answer = await new RunReads().read("urn:a", wished, outputs, async () => seen);
      assert.deepEqual(answer, asks ? seen : outputs);
    });
  }
});
