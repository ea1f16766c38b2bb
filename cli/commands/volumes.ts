/** Commands on data volumes. */
import type { Command } from "../command.ts";

export const volumeList: Command = {
  name: "volume-list",
  describe: "data volumes, in use and kept",
  options: { all: { type: "boolean", describe: "of every stack, not only of this one" } },
  async run(context, args) {
    const operations = await import("../../operations/volumes.ts");
    const rows = await operations.listVolumes({ ...context.request(), all: args.flag("all") });
    const { volumeTable } = await import("../tables.ts");
    context.result(rows, () => volumeTable(rows));
    return undefined;
  },
};

export const volumeDelete: Command = {
  name: "volume-delete",
  changes: "never asks",
  describe: "delete a kept data volume and all data in it",
  positionals: [{ name: "id", describe: "the volume, as volume-list shows it", required: true }],
  options: {
    "yes-delete-data": {
      type: "string",
      value: "NAME",
      required: true,
      describe: "the instance whose data is deleted, to confirm",
    },
  },
  async run(context, args) {
    const operations = await import("../../operations/volumes.ts");
    const row = await operations.deleteVolume({
      ...context.request(),
      id: args.text("id"),
      confirmed: args.text("yes-delete-data"),
    });
    const { deletedWords } = await import("../tables.ts");
    context.result(row, () => deletedWords([row]));
    return undefined;
  },
};
