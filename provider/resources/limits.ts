/**
 * coffer:guest:Limits: how many CPUs and how much memory a guest may use, changed while it runs. CPUs are its own where the
 * target's Pulumi plugin can change them only by replacing the machine; memory is the plugin's, which does not look again: what
 * somebody else made of it is put back here.
 * Inputs: guest, machineId, cpus, memoryBytes. Outputs: the inputs, `actual` (cpus), `actualMemory` (bytes), `most` (how many
 * CPUs there are), `reachable`. A flavor with more CPUs than there are gets all of them.
 */
import { openLimits } from "../../access/index.ts";
import type { Limits } from "../../access/machine-limits.ts";
import { inputChanges } from "../changes.ts";
import { addressOf } from "../in-guest.ts";
import type { Change, Kind } from "../kind.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

export const limits: Kind = {
  token: "coffer:guest:Limits",
  secrets: ["guest"],
  live: true,

  check: () => [],

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs);
    if (changes.length || hasUnknown({ ...inputs, guest: null })) return changes;
    const wrong = differences(inputs, old.outputs);
    return (["cpus", "memoryBytes"] as const).flatMap((path): Change[] =>
      wrong[path] === undefined ? [] : [{ path, kind: "update", fromInputs: false }],
    );
  },

  preview: (_context, inputs) => ({
    ...inputs,
    actual: UNKNOWN,
    actualMemory: UNKNOWN,
    most: UNKNOWN,
    reachable: true,
  }),

  async create(_context, inputs) {
    return { id: `${addressOf(inputs).uuid}/limits`, outputs: await apply(inputs) };
  },

  async read(context, _id, inputs, outputs) {
    try {
      return await look(inputs);
    } catch (error) {
      context.note(
        "warning",
        `cannot read the limits, the recorded ones are shown: ${error instanceof Error ? error.message : String(error)}`,
      );
      return { ...outputs, reachable: false };
    }
  },

  previewUpdate: async (_context, old, inputs) => ({
    ...old.outputs,
    ...inputs,
    actual: UNKNOWN,
    actualMemory: UNKNOWN,
    reachable: true,
  }),

  update: (_context, _id, _old, inputs) => apply(inputs),

  async delete() {},
};

/** What is to be set. Of memory, what older versions recorded says nothing. */
function differences({ cpus, memoryBytes }: Values, { actual, actualMemory, most }: Values): Limits {
  const wanted = Math.min(Number(cpus), Number(most));
  return {
    ...(actual === wanted ? {} : { cpus: wanted }),
    ...(memoryBytes === undefined || actualMemory === memoryBytes ? {} : { memoryBytes: Number(memoryBytes) }),
  };
}

async function apply(inputs: Values): Promise<Values> {
  const wrong = differences(inputs, await look(inputs));
  if (Object.keys(wrong).length) await openLimits(addressOf(inputs)).set(wrong);
  return look(inputs);
}

async function look(inputs: Values): Promise<Values> {
  const limits = openLimits(addressOf(inputs));
  const [{ cpus, memoryBytes }, most] = await Promise.all([limits.read(), limits.most()]);
  return { ...inputs, actual: cpus, actualMemory: memoryBytes, most, reachable: true };
}
