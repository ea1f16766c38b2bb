/** The command `coffer`. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../version.ts";
import { commands as all, groups } from "./commands/index.ts";
import { candidates, completeWord } from "./completion.ts";
import { Context } from "./context.ts";
import { exitCodes, failure } from "./failure.ts";
import { asksOverview, overview } from "./help.ts";
import type { Format } from "./output.ts";
import { type Chosen, parse } from "./parser.ts";

const workspace = { root: dirname(dirname(fileURLToPath(import.meta.url))), environment: { ...process.env } };
const interruption = new AbortController();

// A reader that has gone (`| head`) is no reason to stop in the middle of an apply, or to complain.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (stream === process.stdout) outputClosed.abort();
  });
}

/** Endless output ends when nobody reads it any more. */
const outputClosed = new AbortController();
/** The command's proper end is Ctrl-C: no words about it. */
let endless = false;

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    // The second time: at once. What Pulumi has begun it ends by itself.
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort(new Error("interrupted"));
    if (!endless) process.stderr.write("\ncoffer: interrupted; ending in order (once more: at once)\n");
  });
}

async function main(words: readonly string[]): Promise<number> {
  if (words[0] === completeWord) return complete(words.slice(1));
  let context: Context | undefined;
  try {
    const columns = process.stdout.columns || 100;
    if (asksOverview(words, all)) {
      process.stdout.write(overview(groups, columns));
      return exitCodes.done;
    }
    const chosen = await parse(words, all, version, columns);
    if (!chosen) return exitCodes.done;
    endless = chosen.command.endless ?? false;
    context = contextOf(chosen);
    return (await chosen.command.run(context, chosen.args)) ?? exitCodes.done;
  } catch (error) {
    context?.progress.stop();
    const { code, text } = failure(error, interruption.signal.aborted);
    process.stderr.write(`${text}\n`);
    return code;
  } finally {
    context?.progress.stop();
  }
}

function contextOf({ command, args }: Chosen): Context {
  const [file, stack] = [args.optional("file"), args.optional("stack")];
  const signal = command.endless ? AbortSignal.any([interruption.signal, outputClosed.signal]) : interruption.signal;
  const options = {
    output: args.text("output") as Format,
    ...(file === undefined ? {} : { file }),
    ...(stack === undefined ? {} : { stack }),
  };
  return new Context(workspace, options, signal, process);
}

/** Completion never complains: the shell is in the middle of a line. */
async function complete(words: readonly string[]): Promise<number> {
  const instances = async () => {
    try {
      const { instanceNames } = await import("../operations/names.ts");
      return await instanceNames({ workspace });
    } catch {
      return [];
    }
  };
  const found = await candidates(words, all, instances);
  process.stdout.write(found.map((name) => `${name}\n`).join(""));
  return exitCodes.done;
}

// What is still open (a connection to a guest that does not answer) must not hold the exit up; output is flushed first.
const code = await main(process.argv.slice(2));
process.exitCode = code;
if (process.stdout.writableLength) await new Promise<void>((done) => process.stdout.write("", () => done()));
process.exit(code);
