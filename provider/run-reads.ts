/**
 * Which reads of a run ask the real thing. Two kinds need not:
 * - The update of a gated run reads what its own preview read a moment ago. An update observes again before it acts anyway.
 * - A command that may change only some instances (`COFFER_ONLY="NAME ..."`) takes the others as they are recorded: what else
 *   waits in the spec is still seen, and nobody waits for guests that the command does not concern.
 */
import type { CommandMessage } from "../toolchain/attached.ts";
import type { Values } from "./values.ts";

/** Milliseconds. A user may think for longer than that between preview and update. */
const freshMs = 30_000;

interface Seen {
  /** Of what the preview had asked with. */
  question: string;
  answer: Values;
  at: number;
}

export class RunReads {
  readonly #seen = new Map<string, Seen>();
  readonly #now: () => number;
  #phase: "ungated" | "preview" | "update" = "ungated";

  /** `now`: a clock in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  onMessage({ kind, ...message }: CommandMessage): void {
    if (kind === "decision") {
      this.#phase = this.#phase === "preview" ? "update" : "ungated";
      return;
    }
    this.#seen.clear();
    this.#phase = "gated" in message && message.gated ? "preview" : "ungated";
  }

  /** The outputs of a resource; `ask` reads the real thing, and gives undefined when that is gone. */
  async read(
    urn: string,
    inputs: Values,
    outputs: Values,
    ask: () => Promise<Values | undefined>,
  ): Promise<Values | undefined> {
    if (isForeign(inputs, outputs)) return outputs;
    const question = JSON.stringify([inputs, outputs]);
    const seen = this.#seen.get(urn);
    if (this.#phase === "update" && seen?.question === question && this.#now() - seen.at < freshMs) return seen.answer;
    const answer = await ask();
    // What could not be seen may be seen now.
    if (this.#phase === "preview" && answer && answer.reachable !== false)
      this.#seen.set(urn, { question, answer, at: this.#now() });
    return answer;
  }
}

/** A part of an instance that the command does not concern. One that could not be read the last time is asked all the same. */
function isForeign({ guest }: Values, outputs: Values): boolean {
  const only = process.env.COFFER_ONLY;
  if (only === undefined || outputs.reachable === false) return false;
  if (guest === null || typeof guest !== "object" || Array.isArray(guest)) return false;
  const { name } = guest as Values;
  return typeof name === "string" && !only.split(" ").includes(name);
}
