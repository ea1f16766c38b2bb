/** `ca`: the certificate of the stack's authority. */
import type { Command } from "../command.ts";

export const ca: Command = {
  name: "ca",
  describe: "the certificate of the stack's authority, for clients (PEM)",
  notes: `Clients hold a server's certificate against it; docs/tls.md says how each engine's client is told. It is no secret.`,
  examples: ["coffer ca > ca.pem"],
  async run(context) {
    const operations = await import("../../operations/authority.ts");
    const result = await operations.authorityCertificate(context.request());
    context.result(result, () => result.certificate);
    return undefined;
  },
};
