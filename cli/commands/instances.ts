/** Commands on instances. */
import { OperationError } from "../../operations/errors.ts";
import type { Command } from "../command.ts";
import { present } from "../command.ts";
import { editOptions, editWords, instance } from "./edit.ts";
import { hostOption } from "./user-name.ts";

const statusNotes = `STATUS: BUILD (its first apply has not ended, or its machine is being built), ACTIVE, RESTART_REQUIRED
(parameters wait for a restart), REBOOT and RESIZE (its machine is being moved), SHUTDOWN (stopped), ERROR (it should
serve and does not).
OPERATING STATUS, from the guest: HEALTHY (answers queries), UNHEALTHY (runs and does not answer), STOPPED, GONE
(its machine is proven not to exist), UNREACHABLE (nothing is known).`;

export const list: Command = {
  name: "list",
  describe: "instances, with their live status",
  notes: statusNotes,
  async run(context) {
    const operations = await import("../../operations/instances.ts");
    const { rows } = await operations.list(context.request());
    const { listTable } = await import("../tables.ts");
    context.result(rows, () => listTable(rows));
    return undefined;
  },
};

export const show: Command = {
  name: "show",
  describe: "everything about one instance but passwords",
  positionals: [instance],
  notes: statusNotes,
  async run(context, args) {
    const operations = await import("../../operations/instance-details.ts");
    const details = await operations.show({ ...context.request(), name: args.text("name") });
    const { showSheet } = await import("../show-sheet.ts");
    context.result(details, () => showSheet(details));
    return undefined;
  },
};

export const create: Command = {
  name: "create",
  changes: "never asks",
  describe: "add an instance to the spec and make it",
  positionals: [
    { name: "name", describe: "the new instance", required: true },
    { name: "flavor", describe: "a flavor of the spec", required: true },
  ],
  options: {
    size: { type: "number", value: "GIB", required: true, describe: "the data volume's size in GiB" },
    datastore: { type: "string", value: "NAME", required: true, describe: "a datastore of the spec" },
    "datastore-version": { type: "string", value: "VERSION", describe: "default: the datastore's own default" },
    databases: { type: "list", value: "NAME", describe: "databases to make" },
    users: {
      type: "list",
      value: "NAME[@HOST]",
      describe: "users to make, with a generated password, on these databases",
    },
    configuration: { type: "string", value: "NAME", describe: "a configuration group of the spec" },
    adopt: { type: "string", value: "VOLUME", describe: "take over the data of a kept volume" },
    ...editOptions,
  },
  examples: ["coffer create orders small --size 2 --datastore mariadb --databases shop --users app"],
  async run(context, args) {
    const operations = await import("../../operations/instance-edits.ts");
    const name = args.text("name");
    const result = await operations.createInstance({
      ...context.request(),
      verb: `create ${name}`,
      name,
      flavor: args.text("flavor"),
      size: args.number("size"),
      datastore: args.text("datastore"),
      databases: args.list("databases"),
      users: args.list("users").map((user) => userArgument(name, user)),
      editOnly: args.flag("edit-only"),
      all: args.flag("all"),
      ...present({
        datastoreVersion: args.optional("datastore-version"),
        configuration: args.optional("configuration"),
        adopt: args.optional("adopt"),
      }),
    });
    context.result(
      { name, ...result },
      () =>
        `${editWords(context, result)}instance "${name}" ${result.applied ? "is made" : "is in the spec"}; connect with: coffer connect ${name}\n`,
    );
    return undefined;
  },
};

/** `app@10.0.0.%`: the host is what follows the last @. Trove's `app:password` is refused, and not repeated. */
function userArgument(instance: string, text: string): { name: string; host?: string } {
  const at = text.lastIndexOf("@");
  const name = at > 0 ? text.slice(0, at) : text;
  if (name.includes(":")) {
    const message =
      "--users takes NAME or NAME@HOST, and no password: everybody on the machine can read a command line";
    throw new OperationError("input", message, {
      remedy: `take the : and what follows out: a password is generated (coffer user-show ${instance} NAME --password). A name with a : in it is made by coffer user-create`,
    });
  }
  return at > 0 ? { name, host: text.slice(at + 1) } : { name };
}

export const remove: Command = {
  name: "delete",
  changes: "asks",
  describe: "remove an instance; its data volume is kept",
  positionals: [instance],
  options: {
    "with-data": { type: "boolean", describe: "delete its data volume too" },
    "yes-delete-data": { type: "each", value: "NAME", describe: "confirm that this instance's data is deleted" },
    ...editOptions,
  },
  notes: "Takes it out of the spec, too.",
  async run(context, args) {
    const operations = await import("../../operations/instance-edits.ts");
    const name = args.text("name");
    const withData = args.flag("with-data");
    const result = await operations.deleteInstance({
      ...context.request(),
      verb: `delete ${name}`,
      name,
      withData,
      confirmedData: args.list("yes-delete-data"),
      editOnly: args.flag("edit-only"),
      all: args.flag("all"),
      async approve() {
        if (args.flag("yes")) return true;
        const fate = withData ? "Its data volume is DELETED, with all data in it." : "Its data volume is kept.";
        return context.confirm(`This removes the server of instance "${name}". ${fate}`, "--yes");
      },
    });
    const { keptWords, deletedWords } = await import("../tables.ts");
    context.result({ name, ...result }, () => {
      const done = result.applied ? `removed: ${name}\n` : "";
      return `${editWords(context, result)}${done}${deletedWords(result.deleted)}${keptWords(result.kept, result.datastores)}`;
    });
    return undefined;
  },
};

export const restart: Command = {
  name: "restart",
  changes: "never asks",
  describe: "restart the database server",
  positionals: [instance],
  notes: "Starts its machine when that is stopped.",
  async run(context, args) {
    const operations = await import("../../operations/restart.ts");
    const name = args.text("name");
    const row = await operations.restart({ ...context.request(), verb: `restart ${name}`, name });
    const { listTable } = await import("../tables.ts");
    context.result(row, () => listTable([row]));
    return undefined;
  },
};

export const connect: Command = {
  name: "connect",
  describe: "start the engine's own client on the instance",
  positionals: [instance],
  options: {
    user: { alias: "u", type: "string", value: "NAME[@HOST]", describe: "default: the instance's first user" },
    ...hostOption,
    database: { alias: "d", type: "string", value: "NAME", describe: "default: the user's first database" },
  },
  notes: "Standard input may be a file or a pipe with statements.",
  async run(context, args) {
    const operations = await import("../../operations/connect.ts");
    const { startClient } = await import("../client.ts");
    const command = await operations.connect({
      ...context.request(),
      name: args.text("name"),
      terminal: context.terminal,
      ...present({ user: args.optional("user"), host: args.optional("host"), database: args.optional("database") }),
    });
    context.progress.stop();
    try {
      return await startClient(command, context.workspace.environment);
    } finally {
      await command.remove();
    }
  },
};
