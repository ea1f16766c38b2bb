/** What is left in a target beside the state. */
import { OperationError } from "../../operations/errors.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../failure.ts";

export const orphans: Command = {
  name: "orphans",
  changes: "asks",
  describe: "what bears the stack's marks and is in no state",
  options: {
    delete: { type: "boolean", describe: "remove what leaked; never a data volume or a snapshot" },
    all: { type: "boolean", describe: "of every stack, also of those that this checkout does not know" },
  },
  notes: "Retained is data that was kept; leaked is what should not be there.",
  async run(context, args) {
    const operations = await import("../../operations/orphans.ts");
    const tables = await import("../orphan-tables.ts");
    const all = args.flag("all");
    if (!args.flag("delete")) {
      const { datastores, ...found } = await operations.listOrphans({ ...context.request(), all });
      context.result(found, () => tables.orphanTables(found, datastores));
      return undefined;
    }
    if (all) {
      throw new OperationError("input", "--delete works on one stack: what others leaked may be in use elsewhere", {
        remedy: "name the stack with -f FILE or --stack NAME, without --all",
      });
    }
    const { datastores, ...done } = await operations.deleteOrphans({
      ...context.request(),
      verb: "orphans --delete",
      async approve({ leaked }) {
        if (args.flag("yes")) return true;
        const lines = leaked.map(({ kind, name, id }) => `  ${kind} ${name} (${id})`);
        return context.confirm(`This removes what leaked:\n${lines.join("\n")}`, "--yes");
      },
    });
    context.result(done, () => tables.removedTables(done, datastores));
    return done.removed.every(({ removed }) => removed) ? undefined : exitCodes.failed;
  },
};
