/**
 * coffer:index:LoginKey: the key that Coffer logs in to the guests of one stack with. Made once; nothing real stands
 * behind it but the state.
 * Inputs: comment. Outputs: `comment`, `publicKey` (`ssh-ed25519 AAAA... COMMENT`), `privateKey` (OpenSSH, secret).
 */
import type { Kind } from "../kind.ts";
import { UNKNOWN, type Values } from "../values.ts";

export const loginKey: Kind = {
  token: "coffer:index:LoginKey",
  secrets: ["privateKey"],
  live: false,
  check: () => [],
  // A stack keeps its key: guests know this one only.
  diff: () => [],
  preview: (_context, inputs) => ({ ...inputs, publicKey: UNKNOWN, privateKey: UNKNOWN }),
  async create(_context, inputs) {
    const comment = String(inputs.comment);
    const { default: ssh2 } = await import("ssh2");
    const made = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    return { id: comment, outputs: { comment, publicKey: made.public, privateKey: made.private } };
  },
  read: async (_context, _id, _inputs, outputs) => outputs,
  previewUpdate: async (_context, old) => old.outputs,
  update: async (_context, _id, old): Promise<Values> => old.outputs,
  async delete() {},
};
