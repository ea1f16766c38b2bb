/**
 * coffer:guest:HostKey: the public host key of a guest, learnt once from its console before the first connection. The
 * console is read through the target's authenticated API, which the network between here and the guest cannot forge.
 * A rebuild that keeps the image is done here too: the machine's own resource sees no difference then.
 * Inputs: target, cloud, name, server, image (the server's; another image means another root disk), rebuilt (changes with
 * each rebuild by a verb). Outputs: the inputs and `hostKey`.
 */
import { openMachine } from "../../access/index.ts";
import type { MachineAddress } from "../../access/machine.ts";
import { inputChanges } from "../changes.ts";
import type { Context, Kind } from "../kind.ts";
import { UNKNOWN, type Values } from "../values.ts";

/** From the server's creation to its key on the console: a boot, on slow hosts without hardware help too. */
const bootMs = 600_000;
const rebuildMs = 900_000;

export const hostKey: Kind = {
  token: "coffer:guest:HostKey",
  secrets: [],
  live: false,
  check: () => [],
  diff: (old, inputs) => inputChanges(old.inputs, inputs),
  preview: (_context, inputs) => ({ ...inputs, hostKey: UNKNOWN }),
  async create(context, inputs) {
    return { id: String(inputs.server), outputs: await learn(context, inputs) };
  },
  read: async (_context, _id, _inputs, outputs) => outputs,
  async previewUpdate(context, old, inputs) {
    if (rebuildsHere(old.inputs, inputs)) context.note("warning", "gives the server a new system disk");
    context.note("info", "learns the host key of the guest again, from its console");
    return { ...inputs, hostKey: UNKNOWN };
  },
  async update(context, _id, old, inputs) {
    const machine = openMachine(inputs as unknown as MachineAddress);
    if (rebuildsHere(old.inputs, inputs)) {
      await machine.rebuild(String(inputs.image), { timeout: rebuildMs, signal: context.signal });
    }
    // A rebuild leaves a stopped machine stopped, and that one never says its key.
    if ((await machine.state()).power === "stopped") {
      await machine.start({ timeout: bootMs, signal: context.signal });
    }
    return learn(context, inputs);
  },
  async delete() {},
};

/** Asked for, and not done by the machine's own resource because of another image. */
const rebuildsHere = (old: Values, inputs: Values): boolean =>
  inputs.rebuilt !== undefined &&
  inputs.rebuilt !== old.rebuilt &&
  inputs.image === old.image &&
  inputs.server === old.server;

async function learn(context: Context, inputs: Values): Promise<Values> {
  const machine = openMachine(inputs as unknown as MachineAddress);
  return { ...inputs, hostKey: await machine.hostKey({ timeout: bootMs, signal: context.signal }) };
}
