/** Questions that take a "yes" on the terminal. */
import { createInterface } from "node:readline";
import type { Plan } from "../operations/apply.ts";
import { summarize } from "../operations/changes.ts";
import { needsConfirmation } from "../operations/confirmation.ts";
import { OperationError } from "../operations/errors.ts";

/**
 * Asks, and returns whether the answer was "yes"; an end of the input is none. Throws an `interrupted` error at Ctrl-C, and when the
 * signal is aborted.
 */
export async function askYes(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  output.write(`${question}\n`);
  const asking = createInterface({ input, output, historySize: 0, signal });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      let [answered, interrupted] = [false, false];
      asking.once("line", (line) => {
        answered = true;
        resolve(line.trim() === "yes");
      });
      asking.once("SIGINT", () => {
        interrupted = true;
        asking.close();
      });
      // Without a line: Ctrl-C, Ctrl-D, a signal.
      asking.once("close", () => {
        if (answered) return;
        output.write("\n");
        if (interrupted || signal.aborted) reject(interruption());
        else resolve(false);
      });
      asking.setPrompt('Type "yes" to go on: ');
      asking.prompt();
    });
  } finally {
    asking.close();
  }
}

const interruption = () =>
  new OperationError("interrupted", "interrupted at the question", { remedy: "nothing was changed" });

/** Returns the question about a plan that stands above it on the screen; undefined where the plan goes on by itself. */
export function planQuestion({ stack, changes }: Pick<Plan, "stack" | "changes">): string | undefined {
  const lines = needsConfirmation(changes);
  if (!lines) return undefined;
  return [`stack "${stack}": ${summarize(changes)}`, ...lines.map((line) => `  ! ${line}`)].join("\n");
}
