/**
 * coffer:guest:Limits: how many CPUs a guest may use, changed while it runs. It stands beside the machine's own
 * resource where the target's Pulumi plugin can change that only by replacing the machine.
 * Inputs: guest, cpus. Outputs: the inputs, `actual`, `reachable`.
 */
import { type CpuLimit, openCpuLimit } from "../../access/index.ts";
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
    if (!changes.length && !hasUnknown(inputs.cpus) && old.outputs.actual !== inputs.cpus) {
      changes.push({ path: "cpus", kind: "update", fromInputs: false });
    }
    return changes;
  },

  preview: (_context, inputs) => ({ ...inputs, actual: UNKNOWN, reachable: true }),

  async create(_context, inputs) {
    return { id: `${addressOf(inputs).uuid}/limits`, outputs: await apply(inputs) };
  },

  async read(context, _id, inputs, outputs) {
    try {
      return { ...inputs, actual: await limitOf(inputs).read(), reachable: true };
    } catch (error) {
      context.note("warning", `cannot read the CPU limit, the recorded one is shown: ${error instanceof Error ? error.message : String(error)}`);
      return { ...outputs, reachable: false };
    }
  },

  previewUpdate: async (_context, _old, inputs) => ({ ...inputs, actual: inputs.cpus, reachable: true }),

  update: (_context, _id, _old, inputs) => apply(inputs),

  async delete() {},
};

const limitOf = (inputs: Values): CpuLimit => openCpuLimit(addressOf(inputs));

async function apply(inputs: Values): Promise<Values> {
  const limit = limitOf(inputs);
  const wanted = Number(inputs.cpus);
  if ((await limit.read()) !== wanted) await limit.set(wanted);
  return { ...inputs, actual: await limit.read(), reachable: true };
}
