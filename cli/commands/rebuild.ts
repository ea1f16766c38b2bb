/** `rebuild` and `force-delete`: for a machine that is outdated or broken, while its data is kept. */
import type { Command } from "../command.ts";
import { instance } from "./edit.ts";

const yes = { alias: "y", type: "boolean", describe: "do not ask" } as const;

export const rebuild: Command = {
  name: "rebuild",
  describe: "give an instance a new system disk from its datastore's current image; its data is kept",
  positionals: [instance],
  options: { yes },
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
  describe: "as delete, for an instance that is half made, in error or unreachable; its data volume is kept",
  positionals: [instance],
  options: { yes, all: { type: "boolean", describe: "apply other pending changes too" } },
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
