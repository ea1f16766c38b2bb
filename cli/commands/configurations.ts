/** Commands on configuration groups. */
import type { Command, Positional } from "../command.ts";
import { present } from "../command.ts";
import { appliedWords, editOptions, editRequest, instance } from "./edit.ts";

const group: Positional = { name: "name", describe: "the configuration", required: true };
const settings = (required: boolean): Positional => ({
  name: "settings",
  describe: "KEY=VALUE, such as max_connections=200",
  required,
  rest: true,
});

const restartNotes = `A parameter that takes effect at a restart restarts the instances that have the group, or waits for \`coffer restart\`
where an instance says \`restart: hold\`. Sizes and times take units: 256M, 256MB, 10s, 5min.`;

export const create: Command = {
  name: "configuration-create",
  changes: "never asks",
  describe: "add a configuration to the spec",
  positionals: [group, settings(false)],
  options: {
    datastore: { type: "string", value: "NAME[@VERSION]", required: true, describe: "a datastore of the spec" },
    description: { type: "string", value: "TEXT", describe: "what it is for" },
    ...editOptions,
  },
  examples: ["coffer configuration-create oltp --datastore shop max_connections=200 long_query_time=500ms"],
  async run(context, args) {
    const operations = await import("../../operations/configuration-edits.ts");
    const request = editRequest(context, args, "configuration-create");
    const result = await operations.createConfiguration({
      ...request,
      datastore: args.text("datastore"),
      settings: args.list("settings"),
      ...present({ description: args.optional("description") }),
    });
    context.result({ name: request.name, ...result }, () =>
      appliedWords(context, result, `configuration "${request.name}" is made`),
    );
    return undefined;
  },
};

export const list: Command = {
  name: "configuration-list",
  describe: "configurations of the spec",
  async run(context) {
    const operations = await import("../../operations/configurations.ts");
    const rows = await operations.listConfigurations(context.request());
    const { configurationTable } = await import("../configuration-tables.ts");
    context.result(rows, () => configurationTable(rows));
    return undefined;
  },
};

export const show: Command = {
  name: "configuration-show",
  describe: "one configuration: parameters, instances",
  positionals: [group],
  async run(context, args) {
    const operations = await import("../../operations/configurations.ts");
    const row = await operations.showConfiguration({ ...context.request(), name: args.text("name") });
    const { configurationSheet } = await import("../configuration-tables.ts");
    context.result(row, () => configurationSheet(row));
    return undefined;
  },
};

export const instances: Command = {
  name: "configuration-instances",
  describe: "the instances that have a configuration",
  positionals: [group],
  async run(context, args) {
    const operations = await import("../../operations/configurations.ts");
    const row = await operations.showConfiguration({ ...context.request(), name: args.text("name") });
    context.result(row.instances, () => `${row.instances.join("\n") || "no instances"}\n`);
    return undefined;
  },
};

export const patch: Command = {
  name: "configuration-patch",
  changes: "never asks",
  describe: "set a configuration's parameters, or unset them",
  positionals: [group, settings(false)],
  options: {
    unset: { type: "each", value: "KEY", describe: "a parameter that goes back to its default" },
    ...editOptions,
  },
  notes: `It changes all instances that have the configuration. ${restartNotes}`,
  examples: ["coffer configuration-patch oltp max_connections=300 --unset long_query_time"],
  async run(context, args) {
    const operations = await import("../../operations/configuration-edits.ts");
    const request = editRequest(context, args, "configuration-patch");
    const result = await operations.patchConfigurationGroup({
      ...request,
      settings: args.list("settings"),
      unset: args.list("unset"),
    });
    context.result({ name: request.name, ...result }, () =>
      appliedWords(context, result, `configuration "${request.name}" is as the spec says now`),
    );
    return undefined;
  },
};

export const attach: Command = {
  name: "configuration-attach",
  changes: "never asks",
  describe: "give an instance a configuration",
  positionals: [instance, { name: "configuration", describe: "its configuration", required: true }],
  options: editOptions,
  notes: `It takes the place of the one that the instance has. ${restartNotes}`,
  async run(context, args) {
    const operations = await import("../../operations/configuration-edits.ts");
    const request = editRequest(context, args, "configuration-attach");
    const configuration = args.text("configuration");
    const result = await operations.attach({ ...request, configuration });
    context.result({ name: request.name, configuration, ...result }, () =>
      appliedWords(context, result, `instance "${request.name}" has configuration ${configuration}`),
    );
    return undefined;
  },
};

export const detach: Command = {
  name: "configuration-detach",
  changes: "never asks",
  describe: "take an instance's configuration away",
  positionals: [instance],
  options: editOptions,
  notes: `The parameters go back to their defaults. ${restartNotes}`,
  async run(context, args) {
    const operations = await import("../../operations/configuration-edits.ts");
    const request = editRequest(context, args, "configuration-detach");
    const result = await operations.detach(request);
    context.result({ name: request.name, configuration: null, ...result }, () =>
      appliedWords(context, result, `instance "${request.name}" has no configuration`),
    );
    return undefined;
  },
};

export const remove: Command = {
  name: "configuration-delete",
  changes: "never asks",
  describe: "remove a configuration that no instance has",
  positionals: [group],
  options: editOptions,
  async run(context, args) {
    const operations = await import("../../operations/configuration-edits.ts");
    const request = editRequest(context, args, "configuration-delete");
    const result = await operations.deleteConfiguration(request);
    context.result({ name: request.name, ...result }, () =>
      appliedWords(context, result, `removed: configuration ${request.name}`),
    );
    return undefined;
  },
};

export const defaults: Command = {
  name: "configuration-default",
  describe: "what Coffer sets by itself",
  positionals: [{ name: "of", describe: "an instance, or DATASTORE@VERSION", required: true, instance: true }],
  options: {
    memory: { type: "string", value: "SIZE", describe: "for DATASTORE@VERSION: the flavor's memory; default: 1G" },
    volume: { type: "number", value: "GIB", describe: "for DATASTORE@VERSION: the volume's size; default: 10" },
  },
  notes: `On an instance, or on one of DATASTORE@VERSION; the version of an engine needs no stack. FROM: flavor (computed from the sizes; a configuration may set it),
coffer (Coffer's own, always so). Every other parameter has the server's own default: coffer configuration-parameter-list.`,
  async run(context, args) {
    const operations = await import("../../operations/configuration-rules.ts");
    const result = await operations.defaultConfiguration({
      ...context.request(),
      of: args.text("of"),
      ...present({
        memory: args.optional("memory"),
        volume: args.optional("volume") === undefined ? undefined : args.number("volume"),
      }),
    });
    const { defaultsTable } = await import("../configuration-tables.ts");
    context.result(result, () => defaultsTable(result));
    return undefined;
  },
};
