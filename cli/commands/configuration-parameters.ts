/** Commands that show which parameters a configuration may set. */
import type { Command, Positional } from "../command.ts";
import { present } from "../command.ts";

const datastore: Positional = {
  name: "datastore",
  describe: "NAME or NAME@VERSION: an engine, which needs no stack, or a datastore of the spec",
  required: true,
};

export const parameterList: Command = {
  name: "configuration-parameter-list",
  describe: "the parameters of a datastore's version",
  positionals: [datastore, { name: "pattern", describe: "of names: * is anything, ? one character", required: false }],
  notes: `They are as the real server of that version describes them. CHANGES: live (in the running server), restart (in effect after a restart), owned (Coffer's own: refused in a
configuration; configuration-parameter-show says why).`,
  examples: ["coffer configuration-parameter-list shop 'innodb_*size'"],
  async run(context, args) {
    const operations = await import("../../operations/configuration-rules.ts");
    const rules = await operations.listParameters({
      ...context.request(),
      datastore: args.text("datastore"),
      ...present({ pattern: args.optional("pattern") }),
    });
    const { parameterTable } = await import("../configuration-tables.ts");
    context.result(rules, () => parameterTable(rules));
    return undefined;
  },
};

export const parameterShow: Command = {
  name: "configuration-parameter-show",
  describe: "everything about one parameter",
  positionals: [datastore, { name: "parameter", describe: "its name", required: true }],
  async run(context, args) {
    const operations = await import("../../operations/configuration-rules.ts");
    const [reference, parameter] = [args.text("datastore"), args.text("parameter")];
    const rule = await operations.showParameter({ ...context.request(), datastore: reference, parameter });
    const { parameterSheet } = await import("../configuration-tables.ts");
    context.result(rule, () => parameterSheet(rule));
    return undefined;
  },
};
