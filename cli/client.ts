/** Runs a program with the streams of this one as its own. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

export interface StartedCommand {
  argv: readonly string[];
  /** More environment for it. */
  environment: Readonly<Record<string, string>>;
}

/** The program's exit code. Ctrl-C is the program's to handle while it runs. */
export async function startClient(
  command: StartedCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const [program = "", ...args] = command.argv;
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    const child = spawn(program, args, { stdio: "inherit", env: { ...environment, ...command.environment } });
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? (signal ? 128 + constants.signals[signal] : 1)));
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}
