/** Commands that move the machine of an instance. */
import type { PowerVerb } from "../../operations/power-plan.ts";
import type { Command, Option } from "../command.ts";

const positionals = [{ name: "name", describe: "the instance", required: true, instance: true }];

function command(verb: PowerVerb, describe: string, more: { force?: string; notes: string }): Command {
  const options: Readonly<Record<string, Option>> =
    more.force === undefined ? {} : { force: { type: "boolean", describe: more.force } };
  return {
    name: verb,
    changes: "never asks",
    describe,
    positionals,
    options,
    notes: more.notes,
    async run(context, args) {
      const operations = await import("../../operations/power.ts");
      const name = args.text("name");
      const request = { ...context.request(), verb: `${verb} ${name}`, name, force: args.flag("force") };
      const row = await operations.power(request, verb);
      const { listTable } = await import("../tables.ts");
      context.result(row, () => listTable([row]));
      return undefined;
    },
  };
}

export const stop = command("stop", "end the database cleanly and stop the machine", {
  force: "where the guest does not answer: press the machine's power button all the same",
  notes: "It stays stopped, through applies too, until: coffer start NAME",
});

export const start = command("start", "start the machine and the database server", {
  notes: "Waits until the server answers. What runs already is left as it is.",
});

export const reboot = command("reboot", "end the database cleanly, reboot the machine", {
  force: "where the guest does not answer: cut the machine's power",
  notes: "Waits until the server answers. The database server alone: coffer restart NAME",
});
