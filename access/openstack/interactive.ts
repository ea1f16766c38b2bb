/** A program in a virtual machine with the caller's terminal: a small process of ours that holds one SSH session. */
import { join } from "node:path";
import type { GuestAddress } from "../guest.ts";
import type { InteractiveCommand, InteractiveOptions } from "../interactive.ts";

/** The variable that carries the session's wish; it has secrets, so it is no argument. */
export const sessionVariable = "COFFER_INTERACTIVE_SESSION";

export interface InteractiveSession {
  address: GuestAddress;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  terminal: boolean;
  /** Default root. */
  user?: string | undefined;
}

export function openstackInteractive(
  address: GuestAddress,
  argv: readonly string[],
  { env, terminal, user }: InteractiveOptions,
): InteractiveCommand {
  const session: InteractiveSession = { address, argv, env, terminal, user };
  const program = join(import.meta.dirname, "interactive-main.ts");
  return { argv: [process.execPath, program], env: { [sessionVariable]: JSON.stringify(session) } };
}
