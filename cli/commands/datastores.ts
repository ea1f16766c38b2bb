/** Commands on datastores and their versions. */
import type { Command } from "../command.ts";
import { present } from "../command.ts";

export const datastoreList: Command = {
  name: "datastore-list",
  describe: "datastores and engines, with their versions",
  notes: "Needs no stack: without one it shows what Coffer serves.",
  async run(context) {
    const operations = await import("../../operations/datastores.ts");
    const rows = await operations.listDatastores(context.request());
    const { datastoreTable } = await import("../configuration-tables.ts");
    context.result(rows, () => datastoreTable(rows));
    return undefined;
  },
};

export const datastoreVersionList: Command = {
  name: "datastore-version-list",
  describe: "versions, and what they are used for",
  positionals: [{ name: "datastore", describe: "only its versions", required: false }],
  notes:
    "Needs no stack: without one it shows what Coffer serves. Versions that Coffer serves and the spec does not declare stand apart (in JSON: declared is false).",
  async run(context, args) {
    const operations = await import("../../operations/datastores.ts");
    const rows = await operations.listVersions({
      ...context.request(),
      ...present({ datastore: args.optional("datastore") }),
    });
    const { versionTables } = await import("../configuration-tables.ts");
    context.result(rows, () => versionTables(rows));
    return undefined;
  },
};
