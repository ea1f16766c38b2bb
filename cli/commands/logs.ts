/** The logs of an instance's database server. */
import type { LogRow } from "../../operations/server-logs.ts";
import { type Args, type Command, present } from "../command.ts";
import type { Context } from "../context.ts";
import { table } from "../output.ts";
import { appliedWords, editOptions, editRequest, instance } from "./edit.ts";

const switchedLog = { name: "type", describe: "slow or general", required: true, choices: ["slow", "general"] };

export const logs: Command = {
  name: "logs",
  describe: "the last lines that the database server wrote",
  endless: true,
  positionals: [instance],
  options: {
    type: { alias: "t", type: "string", value: "LOG", default: "error", describe: "error, slow or general" },
    lines: { alias: "n", type: "number", default: 100, value: "N", describe: "how many" },
    follow: { type: "boolean", describe: "go on until Ctrl-C" },
  },
  examples: ["coffer logs orders --type slow --follow"],
  async run(context, args) {
    const operations = await import("../../operations/server-logs.ts");
    const { logKind } = await import("../../operations/log-edits.ts");
    await operations.logs({
      ...context.request(),
      name: args.text("name"),
      type: logKind(args.text("type")),
      lines: args.number("lines"),
      follow: args.flag("follow"),
      onLines: (lines) => context.print(lines.map((line) => `${line}\n`).join("")),
    });
    return undefined;
  },
};

export const logList: Command = {
  name: "log-list",
  describe: "an instance's logs: on or off, size, limit",
  positionals: [instance],
  options: {},
  async run(context, args) {
    const operations = await import("../../operations/server-logs.ts");
    const { size } = await import("../../operations/dump-bytes.ts");
    const rows = await operations.listLogs({ ...context.request(), name: args.text("name") });
    const bytes = (count: number | null): string => (count === null ? "" : size(count));
    context.result(rows, () =>
      table(
        rows,
        [
          { title: "log", value: (row: LogRow) => row.type },
          { title: "enabled", value: (row) => (row.enabled ? "yes" : "no") },
          { title: "after", value: (row) => (row.afterMs === null ? "" : `${row.afterMs} ms`) },
          { title: "size", value: (row) => bytes(row.bytes) },
          { title: "limit", value: (row) => bytes(row.limitBytes) },
          { title: "within", value: (row) => row.within ?? "" },
        ],
        "no logs",
      ),
    );
    return undefined;
  },
};

export const logEnable: Command = {
  name: "log-enable",
  changes: "never asks",
  describe: "switch a log on, without a restart",
  positionals: [instance, switchedLog],
  options: {
    after: { type: "string", value: "TIME", describe: "how long a slow statement takes at least; default: 1s" },
    ...editOptions,
  },
  examples: ["coffer log-enable orders slow --after 500ms"],
  run: (context, args) => switchLog(context, args, "enable"),
};

export const logDisable: Command = {
  name: "log-disable",
  changes: "never asks",
  describe: "switch a log off, without a restart",
  positionals: [instance, switchedLog],
  options: editOptions,
  notes: "What the log has stays.",
  examples: ["coffer log-disable orders general"],
  run: (context, args) => switchLog(context, args, "disable"),
};

async function switchLog(context: Context, args: Args, to: "enable" | "disable"): Promise<undefined> {
  const operations = await import("../../operations/log-edits.ts");
  const type = args.text("type");
  const request = { ...editRequest(context, args, `log-${to}`), type };
  const result =
    to === "enable"
      ? await operations.enableLog({ ...request, ...present({ after: args.optional("after") }) })
      : await operations.disableLog(request);
  context.result({ name: request.name, type, enabled: to === "enable", ...result }, () =>
    appliedWords(context, result, `the ${type} log of instance "${request.name}" is ${to === "enable" ? "on" : "off"}`),
  );
  return undefined;
}
