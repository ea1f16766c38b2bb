/** `ca` and `user-certificate`: what clients need to trust a server, and to be let in where it asks for certificates. */
import { resolve } from "node:path";
import type { Command } from "../command.ts";
import { inInstance } from "./edit.ts";
import { hostOption, user, userIn } from "./user-name.ts";

export const ca: Command = {
  name: "ca",
  describe: "the certificate of the stack's authority (PEM)",
  notes: `Clients hold a server's certificate against it; docs/tls.md says how each engine's client is told. It is no secret.`,
  examples: ["coffer ca > ca.pem"],
  async run(context) {
    const operations = await import("../../operations/authority.ts");
    const result = await operations.authorityCertificate(context.request());
    context.result(result, () => result.certificate);
    return undefined;
  },
};

export const userCertificate: Command = {
  name: "user-certificate",
  changes: "never asks",
  describe: "issue a certificate to a user (tls: mtls)",
  positionals: [inInstance, user],
  options: {
    ...hostOption,
    directory: { alias: "d", type: "string", value: "FOLDER", describe: "where the files go", default: "." },
    days: { type: "number", value: "N", describe: "how long it is good", default: 365 },
  },
  notes: `Writes client.pem (the certificate), client.key (its private key: a secret) and ca.pem into the folder. Whoever has them still needs
the user's password. A certificate cannot be called back: it ends after its days, or with its user.`,
  examples: ["coffer user-certificate orders shop --directory /etc/shop/tls --days 90"],
  async run(context, args) {
    const operations = await import("../../operations/client-certificates.ts");
    const result = await operations.userCertificate({
      ...context.request(),
      name: args.text(inInstance.name),
      ...userIn(args),
      directory: resolve(args.text("directory")),
      days: args.number("days"),
    });
    context.result(
      result,
      () => `${result.certificate} is good until ${result.expires.slice(0, 10)}; its key is beside it\n`,
    );
    return undefined;
  },
};
