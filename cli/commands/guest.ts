/** Commands that work in an instance's guest, or on what its databases hold. */
import type { Command } from "../command.ts";
import { present } from "../command.ts";
import type { Context } from "../context.ts";
import { instance } from "./edit.ts";
import { hostOption } from "./user-name.ts";

const osUser = { type: "string", value: "NAME", describe: "the guest's operating system user; default: root" } as const;
const database = {
  alias: "d",
  type: "string",
  value: "NAME",
  describe: "default: the instance's only database",
} as const;

export const exec: Command = {
  name: "exec",
  describe: "run a program in the instance's guest",
  positionals: [instance],
  rest: { name: "argv", describe: "the program and its arguments" },
  options: {
    user: { alias: "u", ...osUser },
    tty: { alias: "t", type: "boolean", describe: "give it this terminal" },
  },
  notes: `The program's exit code is coffer's, and so are its standard input, output and error. No shell is involved unless it is
the program.`,
  examples: ["coffer exec orders -- df -h /srv/coffer"],
  async run(context, args) {
    if (args.flag("tty")) await needTerminal(context, "leave --tty out");
    return start(context, {
      name: args.text("name"),
      argv: args.list("argv"),
      terminal: args.flag("tty"),
      ...present({ user: args.optional("user") }),
    });
  },
};

export const ssh: Command = {
  name: "ssh",
  describe: "a shell in the instance's guest",
  positionals: [instance],
  options: { user: { alias: "u", ...osUser } },
  notes: "It is on this terminal. On Docker it is a shell in the container.",
  async run(context, args) {
    const name = args.text("name");
    await needTerminal(context, `without one: coffer exec ${name} -- PROGRAM`);
    return start(context, { name, terminal: true, ...present({ user: args.optional("user") }) });
  },
};

async function needTerminal(context: Context, remedy: string): Promise<void> {
  if (context.terminal) return;
  const { OperationError } = await import("../../operations/errors.ts");
  throw new OperationError("input", "this needs a terminal, and there is none", { remedy });
}

async function start(
  context: Context,
  what: { name: string; argv?: readonly string[]; user?: string; terminal: boolean },
): Promise<number> {
  const operations = await import("../../operations/guest-programs.ts");
  const { startClient } = await import("../client.ts");
  const { argv, env } = await operations.guestProgram({ ...context.request(), ...what });
  context.progress.stop();
  return startClient({ argv, environment: env }, context.workspace.environment);
}

export const dump: Command = {
  name: "dump",
  describe: "write one database to standard output",
  positionals: [instance],
  options: { database },
  notes: "The format is that of the engine's own tools. A dump that failed ends with exit code 1, and load refuses it.",
  examples: ["coffer dump orders -d shop > shop.dump"],
  async run(context, args) {
    const { OperationError } = await import("../../operations/errors.ts");
    if (context.stdout.isTTY) {
      throw new OperationError("input", "a dump is nothing for a terminal", { remedy: "send it to a file: > FILE" });
    }
    const operations = await import("../../operations/dumps.ts");
    const name = args.text("name");
    const onBytes = await meter(context, `dump of ${name}`);
    await operations.dump({
      ...context.request(),
      name,
      output: context.stdout,
      ...present({ database: args.optional("database"), onBytes }),
    });
    context.progress.stop();
    return undefined;
  },
};

export const load: Command = {
  name: "load",
  changes: "never asks",
  describe: "load a dump into one database",
  positionals: [instance],
  options: {
    database,
    user: {
      alias: "u",
      type: "string",
      value: "NAME[@HOST]",
      describe: 'default: the first user with "all" on the database',
    },
    ...hostOption,
    replace: { type: "boolean", describe: "what the dump has takes the place of what has the same name there" },
  },
  notes: `The dump comes from standard input. It has that user's rights, and the user owns what it makes. The message of a load that
failed says what it left.`,
  examples: ["coffer load orders -d shop < shop.dump"],
  async run(context, args) {
    const { OperationError } = await import("../../operations/errors.ts");
    if (context.stdin.isTTY) {
      throw new OperationError("input", "there is no dump on standard input", { remedy: "name a file: < FILE" });
    }
    const operations = await import("../../operations/dumps.ts");
    const { tailOfFile } = await import("../input-file.ts");
    const name = args.text("name");
    const onBytes = await meter(context, `load into ${name}`);
    const result = await operations.load({
      ...context.request(),
      name,
      input: context.stdin,
      replace: args.flag("replace"),
      ...present({
        database: args.optional("database"),
        user: args.optional("user"),
        host: args.optional("host"),
        tail: tailOfFile(context.stdin),
        onBytes,
      }),
    });
    const { size } = await import("../../operations/dump-bytes.ts");
    context.result(result, () => `loaded ${size(result.bytes)} into "${result.database}" of "${name}"\n`);
    return undefined;
  },
};

/** Tells bytes and their rate while somebody looks. */
async function meter(context: Context, title: string): Promise<((bytes: number) => void) | undefined> {
  if (!context.watched) return undefined;
  const { size } = await import("../../operations/dump-bytes.ts");
  const started = performance.now();
  let told = 0;
  return (bytes) => {
    const now = performance.now();
    if (now - told < 200) return;
    told = now;
    const rate = size(bytes / Math.max(0.001, (now - started) / 1000));
    context.progress.report({ kind: "progress", id: "transfer", title, text: `${size(bytes)}, ${rate}/s` });
  };
}
