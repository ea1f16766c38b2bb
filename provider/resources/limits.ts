/**
 * coffer:guest:Limits: how many CPUs a guest may use, changed while it runs. It stands beside the machine's own
 * resource where the target's Pulumi plugin can change that only by replacing the machine.
 * Inputs: guest, machineId, cpus. Outputs: the inputs, `actual`, `most` (how many CPUs there are), `reachable`.
 * A flavor with more CPUs than there are gets all of them.
 */
import { openCpuLimit } from "../../access/index.ts";
import { inputChanges } from "../changes.ts";
import { addressOf } from "../in-guest.ts";
import type { Kind } from "../kind.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

export const limits: Kind = {
  token: "coffer:guest:Limits",
  secrets: ["guest"],
  live: true,

  check: () => [],

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs);
    if (
      !changes.length &&
      !hasUnknown(inputs.cpus) &&
      old.outputs.actual !== Math.min(Number(inputs.cpus), Number(old.outputs.most))
    ) {
      changes.push({ path: "cpus", kind: "update", fromInputs: false });
    }
    return changes;
  },

  preview: (_context, inputs) => ({ ...inputs, actual: UNKNOWN, most: UNKNOWN, reachable: true }),

  async create(_context, inputs) {
    return { id: `${addressOf(inputs).uuid}/limits`, outputs: await apply(inputs) };
  },

  async read(context, _id, inputs, outputs) {
    try {
      return await look(inputs);
    } catch (error) {
      context.note(
        "warning",
        `cannot read the CPU limit, the recorded one is shown: ${error instanceof Error ? error.message : String(error)}`,
      );
      return { ...outputs, reachable: false };
    }
  },

  previewUpdate: async (_context, old, inputs) => ({ ...old.outputs, ...inputs, actual: UNKNOWN, reachable: true }),

  update: (_context, _id, _old, inputs) => apply(inputs),

  async delete() {},
};

async function apply(inputs: Values): Promise<Values> {
  const before = await look(inputs);
  const wanted = Math.min(Number(inputs.cpus), Number(before.most));
  if (before.actual === wanted) return before;
  await openCpuLimit(addressOf(inputs)).set(wanted);
  return look(inputs);
}

async function look(inputs: Values): Promise<Values> {
  const limit = openCpuLimit(addressOf(inputs));
  const [actual, most] = await Promise.all([limit.read(), limit.most()]);
  return { ...inputs, actual, most, reachable: true };
}
