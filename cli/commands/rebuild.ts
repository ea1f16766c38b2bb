/** `rebuild` and `force-delete`: for a machine that is outdated or broken, while its data is kept. */
import type { Command } from "../command.ts";
import { instance } from "./edit.ts";

export const rebuild: Command = {
  name: "rebuild",
  changes: "asks",
  describe: "give an instance a new system disk",
  positionals: [instance],
  notes: "The disk is made from the datastore's current image. The data is kept.",
  async run(context, args) {
    const operations = await import("../../operations/rebuild.ts");
    const name = args.text("name");
    const result = await operations.rebuild({
      ...context.request(),
      verb: `rebuild ${name}`,
      name,
      async approve({ snapshot }) {
        if (args.flag("yes")) return true;
        const lines = [
          `This makes the system disk of instance "${name}" anew: its database is down meanwhile, and what was put on that disk by hand is lost.`,
          `Its data volume and configuration are kept${snapshot ? ", and a snapshot of the volume is taken first" : ""}.`,
        ];
        return context.confirm(lines.join("\n"), "--yes");
      },
    });
    context.result(result, () => {
      if (!result.applied) return `instance "${name}" runs on the current image; there was nothing to rebuild\n`;
      const kept = result.snapshot === undefined ? "" : `kept: snapshot ${result.snapshot} of its data from before\n`;
      return `rebuilt: ${name}\n${kept}`;
    });
    return undefined;
  },
};

export const forceDelete: Command = {
  name: "force-delete",
  changes: "asks",
  describe: "remove one that is half made or unreachable",
  positionals: [instance],
  options: { all: { type: "boolean", describe: "apply other pending changes too" } },
  notes: "As delete, also for an instance in error. The data volume is always kept.",
  async run(context, args) {
    const operations = await import("../../operations/force-delete.ts");
    const name = args.text("name");
    const result = await operations.forceDelete({
      ...context.request(),
      verb: `force-delete ${name}`,
      name,
      all: args.flag("all"),
      async approve() {
        if (args.flag("yes")) return true;
        const lines = [
          `This removes the server of instance "${name}", also when its guest does not answer.`,
          "Its database is not ended cleanly then: transactions under way are lost, as in a power cut. Its data volume is kept.",
        ];
        return context.confirm(lines.join("\n"), "--yes");
      },
    });
    const { keptWords } = await import("../tables.ts");
    context.result({ name, ...result }, () => `removed: ${name}\n${keptWords(result.kept, result.datastores)}`);
    return undefined;
  },
};
