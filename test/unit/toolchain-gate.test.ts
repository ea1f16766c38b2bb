/** Where the update of a gated run waits: for which questions, until when, and how it ends. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CommandMessage } from "../../toolchain/attached.ts";
import { Gate } from "../../toolchain/language-host/gate.ts";

const run = (gated: boolean): CommandMessage => ({ kind: "run", environment: {}, gated });
const approval: CommandMessage = { kind: "decision", environment: {} };
const refusal: CommandMessage = { kind: "decision", environment: {}, refusal: "not like this" };

type Step = CommandMessage | "previewed" | "left" | "pass";

interface Case {
  why: string;
  steps: readonly Step[];
  /** What became of the passes: `open`, `waiting`, or the refusal. */
  passes: readonly string[];
  announced: number;
}

const cases: readonly Case[] = [
  { why: "a host that no command has spoken to stops nobody", steps: ["pass"], passes: ["open"], announced: 0 },
  {
    why: "a run that is not gated updates after its preview",
    steps: [run(false), "previewed", "pass"],
    passes: ["open"],
    announced: 0,
  },
  { why: "the preview of a gated run does not wait", steps: [run(true), "pass"], passes: ["open"], announced: 0 },
  {
    why: "its update waits, and says so",
    steps: [run(true), "pass", "previewed", "pass"],
    passes: ["open", "waiting"],
    announced: 1,
  },
  {
    why: "approved, all its questions are answered",
    steps: [run(true), "previewed", "pass", approval, "pass"],
    passes: ["open", "open"],
    announced: 2,
  },
  {
    why: "refused, none is",
    steps: [run(true), "previewed", "pass", refusal, "pass"],
    passes: ["not like this", "not like this"],
    announced: 2,
  },
  {
    why: "the first decision stands",
    steps: [run(true), "previewed", "pass", refusal, approval],
    passes: ["not like this"],
    announced: 1,
  },
  {
    why: "a command that dies while the update waits has not approved it",
    steps: [run(true), "previewed", "pass", "left"],
    passes: ["the command that previewed this update is gone, and nobody has approved it"],
    announced: 1,
  },
  {
    why: "one that died during the preview has not either",
    steps: [run(true), "left", "previewed", "pass"],
    passes: ["the command that previewed this update is gone, and nobody has approved it"],
    announced: 0,
  },
  {
    why: "one that dies after its approval has approved it",
    steps: [run(true), "previewed", "pass", approval, "left", "pass"],
    passes: ["open", "open"],
    announced: 1,
  },
  {
    why: "an approval is for one run",
    steps: [run(true), "previewed", "pass", approval, run(true), "previewed", "pass"],
    passes: ["open", "waiting"],
    announced: 2,
  },
  {
    why: "a preview alone after a gated run leaves no gate",
    steps: [run(true), "previewed", "pass", refusal, run(false), "previewed", "pass"],
    passes: ["not like this", "open"],
    announced: 1,
  },
];

describe("Gate", () => {
  for (const { why, steps, passes, announced } of cases) {
    test(why, async () => {
      let said = 0;
      const gate = new Gate(() => {
        said += 1;
      });
      const ends: Promise<string>[] = [];
      for (const step of steps) {
        if (step === "pass") ends.push(endOf(gate));
        else if (step === "previewed") gate.previewed();
        else if (step === "left") gate.onLeft();
        else gate.onMessage(step);
      }
      assert.deepEqual(await Promise.all(ends), passes);
      assert.equal(said, announced);
    });
  }
});

/** `waiting`: nothing has settled once all that is due has run. */
function endOf(gate: Gate): Promise<string> {
  const passed = gate.pass().then(
    () => "open",
    (error: Error) => error.message,
  );
  const idle = new Promise<string>((done) => setImmediate(() => setImmediate(() => done("waiting"))));
  return Promise.race([passed, idle]);
}
