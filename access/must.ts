/** A command in a guest that has to succeed. */
import { type Guest, GuestError, type RunOptions, type RunResult } from "./guest.ts";

/** How much of what a failed command said is told: lines and characters. */
const toldLines = 5;
const toldCharacters = 1_000;

/** As `run`; another exit code than 0 is an error with the command's last words. */
export async function must(
  guest: Pick<Guest, "name" | "run">,
  argv: readonly string[],
  options?: RunOptions,
): Promise<RunResult> {
  const result = await guest.run(argv, options);
  if (result.code === 0) return result;
  const said = result.stderr.trim() || result.stdout.trim();
  const words = said.split("\n").slice(-toldLines).join("\n").slice(-toldCharacters);
  throw new GuestError("failed", `${argv[0]} in ${guest.name} failed (exit code ${result.code}): ${words}`);
}
