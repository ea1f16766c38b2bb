/** The command on a stack's state as a whole. */
import type { Args, Command } from "../command.ts";
import type { Context } from "../context.ts";

export const state: Command = {
  name: "state",
  changes: "never asks",
  describe: "export or import a stack's state, sealed",
  positionals: [
    { name: "action", describe: "what to do", required: true, choices: ["export", "import"] },
    { name: "sealed-file", describe: "export makes it, import reads it", required: true },
  ],
  options: {
    "password-file": {
      type: "string",
      value: "FILE",
      describe: "the password that seals the file; without this it is asked for",
    },
  },
  notes: "The sealed file holds the state and its passphrase; import brings it into another checkout.",
  examples: ["coffer state export demo.sealed", "coffer state import demo.sealed --password-file ~/demo.password"],
  async run(context, args) {
    const { resolve } = await import("node:path");
    const shown = args.text("sealed-file");
    const exporting = args.text("action") === "export";
    const request = {
      ...context.request(),
      path: resolve(shown),
      shown,
      password: () => password(context, args, exporting),
    };
    if (exporting) {
      const result = await (await import("../../operations/state-export.ts")).exportState(request);
      context.result(result, () => `stack "${result.stack}" is in ${shown}, sealed with the password\n`);
      context.tell("Keep the file and the password apart: together they open every stored password.");
      if (!result.holdsPassphrase)
        context.tell(
          "The key of its secrets is your own (PULUMI_CONFIG_PASSPHRASE or a secrets provider): keep it too.",
        );
      return undefined;
    }
    const result = await (await import("../../operations/state-import.ts")).importState(request);
    const spec = context.shown(result.spec);
    context.result(result, () => `stack "${result.stack}" is here now; its spec is ${spec}\n`);
    if (!result.specExists)
      context.tell(
        `That file is not there: bring it, or if the spec lies elsewhere now: coffer up -f FILE --take-over`,
      );
    context.tell(
      "Work with this checkout only from now on: an apply in the old one would not know of those made here.",
    );
    return undefined;
  },
};

async function password(context: Context, args: Args, twice: boolean): Promise<string> {
  const file = args.optional("password-file");
  if (file !== undefined) return (await import("../password.ts")).passwordFromFile(file);
  return context.password(twice);
}
