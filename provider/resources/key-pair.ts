/**
 * Key pairs for SSH, each made once; nothing real stands behind them but the state.
 * coffer:index:LoginKey: what Coffer logs in to the guests of one stack with.
 * coffer:index:BootKey: the host key that a guest is given in its user-data, for its very first connection only.
 * Inputs: comment. Outputs: `comment`, `publicKey` (`ssh-ed25519 AAAA... COMMENT`), `privateKey` (OpenSSH, secret).
 */
import type { Kind } from "../kind.ts";
import { UNKNOWN, type Values } from "../values.ts";

const keyPair = (token: string): Kind => ({
  token,
  secrets: ["privateKey"],
  live: false,
  check: () => [],
  // Guests know this one only, for life.
  diff: () => [],
  preview: (_context, inputs) => ({ ...inputs, publicKey: UNKNOWN, privateKey: UNKNOWN }),
  async create(_context, inputs) {
    const comment = String(inputs.comment);
    const { makeKeyPair } = await import("../../access/key-pair.ts");
    return { id: comment, outputs: { comment, ...makeKeyPair(comment) } };
  },
  read: async (_context, _id, _inputs, outputs) => outputs,
  previewUpdate: async (_context, old) => old.outputs,
  update: async (_context, _id, old): Promise<Values> => old.outputs,
  async delete() {},
});

export const loginKey = keyPair("coffer:index:LoginKey");
export const bootKey = keyPair("coffer:index:BootKey");
