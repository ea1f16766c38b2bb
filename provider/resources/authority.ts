/**
 * coffer:index:Authority: the certificate authority of one stack, made once; nothing real stands behind it but the state.
 * Inputs: name. Outputs: `name`, `certificate` (PEM, for clients), `privateKey` (PKCS #8 in PEM, secret).
 */
import type { Kind } from "../kind.ts";
import { UNKNOWN, type Values } from "../values.ts";

export const authority: Kind = {
  token: "coffer:index:Authority",
  secrets: ["privateKey"],
  live: false,
  check: () => [],
  // Clients trust this one; another name is no reason to make them trust another.
  diff: () => [],
  preview: (_context, inputs) => ({ ...inputs, certificate: UNKNOWN, privateKey: UNKNOWN }),
  async create(_context, inputs) {
    const name = String(inputs.name);
    const { makeAuthority } = await import("../tls/certificates.ts");
    return { id: name, outputs: { name, ...(await makeAuthority(name, new Date())) } };
  },
  read: async (_context, _id, _inputs, outputs) => outputs,
  previewUpdate: async (_context, old) => old.outputs,
  update: async (_context, _id, old): Promise<Values> => old.outputs,
  async delete() {},
};
