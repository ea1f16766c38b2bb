/** Commands on what differs between the spec and what is really there. */
import { type DriftKind, driftKinds } from "../../operations/drift/row.ts";
import type { Command } from "../command.ts";
import { editOptions, editRequest, editWords, instance } from "./edit.ts";

export const drift: Command = {
  name: "drift",
  describe: "compare the spec, the last apply and reality",
  positionals: [{ ...instance, describe: "only this instance", required: false }],
  options: { "detailed-exitcode": { type: "boolean", describe: "exit with 3 when anything differs" } },
  notes: `Looks and changes nothing. MEND says what puts it right: up, restart or start, or "stays" where nothing does; "or adopt"
where \`coffer adopt\` can take it into the spec.`,
  async run(context, args) {
    const operations = await import("../../operations/drift/index.ts");
    const only = args.optional("name");
    const { rows } = await operations.drift({
      ...context.request(),
      ...(only === undefined ? {} : { instance: only }),
    });
    const { driftResult, driftTable } = await import("../drift-table.ts");
    context.result(driftResult(rows), () => driftTable(rows));
    return args.flag("detailed-exitcode") && rows.length ? 3 : undefined;
  },
};

export const adopt: Command = {
  name: "adopt",
  changes: "asks",
  describe: "take what is really there into the spec",
  positionals: [instance],
  options: {
    only: { type: "list", value: "KIND", choices: driftKinds, describe: "differences of these kinds only" },
    ...editOptions,
  },
  notes: `Parameters, databases, users, grants, sizes and networks. Shows what goes into the spec and asks. The apply that follows
puts right what the spec cannot say. Users made by hand keep their passwords: the spec says password: { keep: true }.`,
  examples: ["coffer adopt orders", "coffer adopt orders --only parameter user"],
  async run(context, args) {
    const operations = await import("../../operations/adopt.ts");
    const { driftResult, driftTable } = await import("../drift-table.ts");
    const request = editRequest(context, args, "adopt");
    const result = await operations.adopt({
      ...request,
      kinds: args.list("only") as readonly DriftKind[],
      async approve(adopted, left) {
        if (args.flag("yes")) return true;
        const others =
          left.length && !request.editOnly ? `\nThe apply decides about the rest:\n${driftTable(left)}` : "";
        const words = `This goes into the spec of instance "${request.name}":\n${driftTable(adopted)}${others}`;
        return context.confirm(words.trimEnd(), "--yes");
      },
    });
    const { adopted, left, ...edit } = result;
    const data = { name: request.name, ...edit, adopted: driftResult(adopted), left: driftResult(left) };
    context.result(data, () => {
      const rest = left.length ? `not adopted:\n${driftTable(left)}` : "";
      if (edit.file === undefined) return `nothing to adopt\n${rest}`;
      return `${editWords(context, { ...edit, file: edit.file })}adopted:\n${driftTable(adopted)}${rest}`;
    });
    return undefined;
  },
};
