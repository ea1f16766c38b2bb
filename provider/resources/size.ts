/**
 * coffer:guest:Size: the flavor of a machine, changed with its data in place. The machine's own resource would confirm a
 * resize without looking; here the database has to answer on the new flavor first, or the old one comes back.
 * Inputs: guest, server (id), flavor (id), flavorName, database (the inputs of the database server that is to run on it).
 * Outputs: the inputs, `actual` (flavor id), `unconfirmed`, `settled` (the size that last served), `reachable`.
 */
import type { Guest } from "../../access/guest.ts";
import { openMachine } from "../../access/index.ts";
import type { Machine } from "../../access/machine.ts";
import { NotYet, waitFor } from "../../engines/shared/wait.ts";
import { addressOf, inGuest } from "../in-guest.ts";
import { type Context, HalfMade, type Kind } from "../kind.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";
import { type Resizing, resize } from "./resize.ts";
import { convergeServer } from "./server.ts";

const stopMs = 120_000;
const mountMs = 300_000;

export const size: Kind = {
  token: "coffer:guest:Size",
  secrets: ["guest", "database"],
  live: true,
  check: () => [],

  diff(old, inputs) {
    if (hasUnknown(inputs.flavor)) return [{ path: "flavor", kind: "update", fromInputs: true }];
    if (inputs.flavor !== old.inputs.flavor) return [{ path: "flavor", kind: "update", fromInputs: true }];
    if (inputs.flavor !== old.outputs.actual || old.outputs.unconfirmed === true) {
      return [{ path: "actual", kind: "update", fromInputs: false }];
    }
    return [];
  },

  preview: (_context, inputs) => ({ ...inputs, actual: inputs.flavor, unconfirmed: false, reachable: true }),

  async create(_context, inputs) {
    return { id: `${addressOf(inputs).uuid}/size`, outputs: { ...(await look(inputs)), settled: settledBy(inputs) } };
  },

  async read(context, _id, inputs, outputs) {
    try {
      return { ...(await look(inputs)), settled: outputs.settled };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      context.note("warning", `cannot read the flavor, the recorded one is shown: ${problem}`);
      return { ...outputs, reachable: false };
    }
  },

  async previewUpdate(context, old, inputs) {
    context.note(
      "warning",
      `changes the flavor from ${String(old.inputs.flavorName)} to ${String(inputs.flavorName)}: the database is down while its server restarts`,
    );
    return { ...old.outputs, ...inputs, actual: UNKNOWN };
  },

  async update(context, id, old, inputs) {
    const { settled } = old.outputs;
    try {
      await resize(context, resizing(context, inputs, settled as Values));
      return { ...(await look(inputs)), settled: settledBy(inputs) };
    } catch (error) {
      const seen = await look(inputs).catch(() => old.outputs);
      throw new HalfMade({ id, outputs: { ...seen, settled } }, error);
    }
  },

  async delete() {},
};

function resizing(context: Context, inputs: Values, before: Values): Resizing<Values> {
  const database = inputs.database as Values;
  const { memoryBytes, vcpus } = before;
  return {
    machine: machineIn(inputs),
    wanted: { flavor: String(inputs.flavor), flavorName: String(inputs.flavorName), database },
    before: { flavorName: String(before.flavorName), database: { ...database, memoryBytes, vcpus } },
    stop: () => inGuest(context, inputs, (guest) => guest.service.stop(stopMs)),
    serve: (on) => serve(context, inputs, on),
  };
}

/** Configured for its machine, running and answering. */
async function serve(context: Context, inputs: Values, database: Values): Promise<void> {
  await inGuest(context, inputs, mounted);
  await convergeServer(context, { ...database, guest: inputs.guest });
}

/** A guest that was just started may answer before its volume is there: after a hard stop the file system is looked over first. */
async function mounted(guest: Guest): Promise<void> {
  await waitFor(`the data volume of "${guest.name}" to be mounted`, { timeout: mountMs }, async () => {
    const { stdout } = await guest.must(["coffer-volume", "status"]);
    return (JSON.parse(stdout) as { mounted: boolean }).mounted ? undefined : new NotYet("it is not");
  });
}

function settledBy(inputs: Values): Values {
  const { memoryBytes, vcpus } = inputs.database as Values;
  return { flavorName: inputs.flavorName, memoryBytes, vcpus };
}

async function look(inputs: Values): Promise<Values> {
  const { id, unconfirmed } = await machineIn(inputs).flavor();
  return { ...inputs, actual: id, unconfirmed, reachable: true };
}

const machineIn = (inputs: Values): Machine => openMachine({ ...addressOf(inputs), server: String(inputs.server) });
