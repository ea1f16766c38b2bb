/** Commands on databases of an instance. */
import type { Command } from "../command.ts";
import { present } from "../command.ts";
import { appliedWords, editOptions, editRequest, inInstance } from "./edit.ts";

export const databaseCreate: Command = {
  name: "database-create",
  changes: "never asks",
  describe: "add databases to an instance",
  positionals: [inInstance, { name: "databases", describe: "the new databases", required: true, rest: true }],
  options: {
    charset: { type: "string", value: "NAME", describe: "their character set; default: the engine's" },
    collation: { type: "string", value: "NAME", describe: "their collation; default: the character set's" },
    owner: {
      type: "string",
      value: "USER",
      describe: "the user who owns them, with engines whose databases have owners",
    },
    ...editOptions,
  },
  examples: ["coffer database-create orders shop reports"],
  async run(context, args) {
    const operations = await import("../../operations/database-edits.ts");
    const request = editRequest(context, args, "database-create", "instance");
    const databases = args.list("databases");
    const result = await operations.createDatabases({
      ...request,
      databases,
      ...present({
        charset: args.optional("charset"),
        collation: args.optional("collation"),
        owner: args.optional("owner"),
      }),
    });
    context.result({ name: request.name, databases, ...result }, () =>
      appliedWords(context, result, `instance "${request.name}" has ${databases.map(quoted).join(", ")}`),
    );
    return undefined;
  },
};

export const databaseList: Command = {
  name: "database-list",
  describe: "the databases that the server really has",
  positionals: [inInstance],
  notes: "Those that Coffer does not manage are among them.",
  async run(context, args) {
    const operations = await import("../../operations/contents.ts");
    const rows = await operations.listDatabases({ ...context.request(), instance: args.text("instance") });
    const { databaseTable } = await import("../content-tables.ts");
    context.result(rows, () => databaseTable(rows));
    return undefined;
  },
};

export const databaseDelete: Command = {
  name: "database-delete",
  changes: "asks",
  describe: "drop a database with all its data",
  positionals: [inInstance, { name: "database", describe: "the database", required: true }],
  options: editOptions,
  notes: "The spec keeps its name under drop:, which is what allows to drop it.",
  async run(context, args) {
    const operations = await import("../../operations/database-edits.ts");
    const request = editRequest(context, args, "database-delete", "instance");
    const [{ name }, database] = [request, args.text("database")];
    const result = await operations.deleteDatabase({
      ...request,
      database,
      async approveLoss(users) {
        if (args.flag("yes")) return true;
        const lose = users.length ? ` These users lose their privileges in it: ${users.map(quoted).join(", ")}.` : "";
        const what = `This drops database "${database}" of instance "${name}": ALL DATA IN IT IS LOST.${lose}`;
        return context.confirm(what, "--yes");
      },
    });
    context.result({ name, database, ...result }, () =>
      appliedWords(context, result, `database "${database}" of instance "${name}" is dropped`),
    );
    return undefined;
  },
};

const quoted = (name: string): string => JSON.stringify(name);
