/** A program in a container with the caller's terminal: Docker's own client knows how to hand a terminal over. */
import type { GuestAddress } from "../guest.ts";
import type { InteractiveCommand, InteractiveOptions } from "../interactive.ts";

export function dockerInteractive(
  address: GuestAddress,
  argv: readonly string[],
  { env, terminal, user = "root" }: InteractiveOptions,
): InteractiveCommand {
  // Only the names are in argv: the client takes the values from its environment.
  const names = Object.keys(env).flatMap((name) => ["--env", name]);
  const streams = terminal ? "-it" : "-i";
  return { argv: ["docker", "exec", streams, `--user=${user}`, ...names, String(address.container), ...argv], env };
}
