/** Commands on the administrator of an instance. */
import type { Command } from "../command.ts";
import { appliedWords, editOptions, editRequest, editWords, instance } from "./edit.ts";

export const rootEnable: Command = {
  name: "root-enable",
  changes: "never asks",
  describe: "make an administrator and print its password",
  positionals: [instance],
  options: editOptions,
  notes:
    "It is called root; one that is there gets another password. It may do everything in the server, and is no superuser:\n" +
    "docs/security.md. Everybody who knows its password can read and change all data of the instance; root-show remembers that there was one.",
  examples: ["coffer root-enable orders"],
  async run(context, args) {
    const operations = await import("../../operations/root.ts");
    const request = editRequest(context, args, "root-enable");
    const result = await operations.rootEnable(request);
    const { sheet } = await import("../output.ts");
    context.result({ name: request.name, ...result }, () =>
      result.password === undefined
        ? editWords(context, result)
        : sheet([
            ["instance", request.name],
            ["user", result.user],
            ["password", result.password],
          ]),
    );
    return undefined;
  },
};

export const rootDisable: Command = {
  name: "root-disable",
  changes: "never asks",
  describe: "drop the administrator; what it made stays",
  positionals: [instance],
  options: editOptions,
  async run(context, args) {
    const operations = await import("../../operations/root.ts");
    const request = editRequest(context, args, "root-disable");
    const result = await operations.rootDisable(request);
    context.result({ name: request.name, ...result }, () =>
      appliedWords(context, result, `instance "${request.name}" has no administrator any more`),
    );
    return undefined;
  },
};

export const rootShow: Command = {
  name: "root-show",
  describe: "whether there is, or ever was, an administrator",
  positionals: [instance],
  async run(context, args) {
    const operations = await import("../../operations/root.ts");
    const row = await operations.rootShow({ ...context.request(), instance: args.text("name") });
    const { sheet } = await import("../output.ts");
    const words = row.enabled && !row.managed ? "yes, made by hand" : row.enabled ? "yes" : "no";
    const ever = row.since === null ? "yes" : `yes, first on ${row.since}`;
    context.result(row, () =>
      sheet([
        ["instance", row.instance],
        ["enabled", words],
        ["ever enabled", row.everEnabled ? ever : "no"],
      ]),
    );
    return undefined;
  },
};
