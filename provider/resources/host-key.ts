/**
 * coffer:guest:HostKey: the public host key of a guest, learnt once before the first connection that does anything.
 * `way: console`: it is read from the guest's console through the target's authenticated API, which the network between
 * here and the guest cannot forge. `way: user-data`: the guest was given a host key for once (`bootKey`), and says over a
 * connection to that which one it is going to have; OwnHostKey puts it in place.
 * A rebuild that keeps the image is done here too: the machine's own resource sees no difference then.
 * Inputs: target, cloud, name, server, image (the server's; another image means another root disk), rebuilt (changes with
 * each rebuild by a verb), way, bootKey, guest (without a host key). Outputs: the inputs and `hostKey`; `way` is that of
 * the server's birth, for life, since its user-data is.
 */
import { openMachine } from "../../access/index.ts";
import type { MachineAddress } from "../../access/machine.ts";
import { inputChanges } from "../changes.ts";
import { makeOwnKey } from "../host-key-turn.ts";
import { addressOf, inGuest } from "../in-guest.ts";
import type { Context, Kind } from "../kind.ts";
import { UNKNOWN, type Values } from "../values.ts";

/** From the server's creation to its key on the console: a boot, on slow hosts without hardware help too. */
const bootMs = 600_000;
const rebuildMs = 900_000;

export const hostKey: Kind = {
  token: "coffer:guest:HostKey",
  secrets: ["guest"],
  live: false,
  check: () => [],
  diff: (old, inputs) => inputChanges(placeOf(old.inputs), placeOf(inputs)),
  preview: (_context, inputs) => ({ ...inputs, hostKey: UNKNOWN }),
  async create(context, inputs) {
    return { id: String(inputs.server), outputs: await learn(context, inputs) };
  },
  read: async (_context, _id, _inputs, outputs) => outputs,
  async previewUpdate(context, old, inputs) {
    mustStay(old, inputs);
    if (rebuildsHere(old.inputs, inputs)) context.note("warning", "gives the server a new system disk");
    context.note("info", `learns the host key of the guest again, from its ${String(inputs.way)}`);
    return { ...inputs, hostKey: UNKNOWN };
  },
  async update(context, _id, old, inputs) {
    mustStay(old, inputs);
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

/** Which guest it is; how its key is learnt was settled at its birth. */
const placeOf = ({ way: _way, bootKey: _bootKey, ...place }: Values): Values => place;

/** A server's user-data is never changed: another way has to be the one of another server. */
function mustStay(old: { inputs: Values; outputs: Values }, inputs: Values): void {
  const [was, is] = [String(old.outputs.way ?? "console"), String(inputs.way)];
  if (was === is) return;
  throw new Error(
    `the server of "${String(inputs.name)}" was made with hostKey: ${was}, and its new host key cannot be learnt by hostKey: ${is}; write hostKey: ${was} under target.openstack for this, or take the instance away (its data volume is kept) and make it anew`,
  );
}

async function learn(context: Context, inputs: Values): Promise<Values> {
  if (inputs.way === "user-data") {
    const guest = { ...addressOf(inputs), hostKey: String(inputs.bootKey) } as Values;
    return { ...inputs, hostKey: await inGuest(context, { guest }, (arrived) => makeOwnKey(arrived), bootMs) };
  }
  const machine = openMachine(inputs as unknown as MachineAddress);
  return { ...inputs, hostKey: await machine.hostKey({ timeout: bootMs, signal: context.signal }) };
}
