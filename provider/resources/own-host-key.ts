/**
 * coffer:guest:OwnHostKey: the host key of its user-data, which others may have read, is taken from a guest; its own one, which
 * HostKey learnt over a connection to that, takes its place. Nothing else is done in the guest before.
 * Inputs: guest, hostKey (its own), bootKey (that of the user-data). Outputs: the inputs.
 */
import { inputChanges } from "../changes.ts";
import { turnToOwnKey } from "../host-key-turn.ts";
import { addressOf, inGuest } from "../in-guest.ts";
import { type Context, HalfMade, type Kind } from "../kind.ts";
import type { Values } from "../values.ts";

export const ownHostKey: Kind = {
  token: "coffer:guest:OwnHostKey",
  secrets: ["guest"],
  live: false,
  check: () => [],
  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs);
    if (changes.length > 0 || old.outputs.turned === true) return changes;
    return [{ path: "turned", kind: "update", fromInputs: false }];
  },
  preview: (_context, inputs) => ({ ...inputs, turned: true }),
  async create(context, inputs) {
    const id = `${addressOf(inputs).uuid}/host-key`;
    return { id, outputs: await turn(context, id, inputs) };
  },
  read: async (_context, _id, _inputs, outputs) => outputs,
  previewUpdate: async (_context, _old, inputs) => ({ ...inputs, turned: true }),
  update: (context, id, _old, inputs) => turn(context, id, inputs),
  async delete() {},
};

async function turn(context: Context, id: string, inputs: Values): Promise<Values> {
  const address = addressOf(inputs);
  try {
    context.note("info", "the guest gets a host key of its own");
    await turnToOwnKey((hostKey, act) => inGuest(context, { guest: { ...address, hostKey } as Values }, act), {
      given: String(inputs.bootKey),
      own: String(inputs.hostKey),
    });
    return { ...inputs, turned: true };
  } catch (error) {
    throw new HalfMade({ id, outputs: { ...inputs, turned: false } }, error);
  }
}
