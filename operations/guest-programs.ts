/** `exec` and `ssh`: how to start a program in an instance's guest. Starting it is the caller's: it owns the streams. */
import { GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import { type InteractiveCommand, interactiveCommand } from "../access/interactive.ts";
import { OperationError } from "./errors.ts";
import { recordedInstance } from "./instances.ts";
import { lookMs, within } from "./machine-look.ts";
import type { OperationRequest } from "./session.ts";

export interface GuestProgramRequest extends OperationRequest {
  name: string;
  /** Default: a login shell. */
  argv?: readonly string[];
  /** An operating system user of the guest; default root. */
  user?: string;
  /** Whether the program gets the caller's terminal, or its three streams as they are. */
  terminal: boolean;
}

const shell = ["sh", "-c", 'exec "$(command -v bash || command -v sh)" -l'];

/** The guest is looked at first, so that a program's exit code is never that of a way that was closed. */
export async function guestProgram(request: GuestProgramRequest): Promise<InteractiveCommand> {
  const { name, argv = shell, user = "root", terminal } = request;
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) {
    throw new OperationError("input", `${JSON.stringify(user)} is no name of an operating system user`, {
      remedy: "such a name has small letters, digits, - and _, and begins with a letter",
    });
  }
  const { guests } = await recordedInstance(request, name);
  const address = guests[name];
  if (!address)
    throw new OperationError("failed", `the address of "${name}" is not recorded`, { remedy: "run `coffer up`" });
  try {
    const guest = await openGuest(address);
    await within(lookMs, `the guest of "${name}"`, () => guest.reach());
  } catch (error) {
    throw guestFailure(error, name, `nothing can be run in "${name}"`);
  } finally {
    await closeAll();
  }
  return interactiveCommand(address, argv, { env: {}, terminal, user });
}

/** A guest's failure as an operation's, with what to do; any other error as it is. */
export function guestFailure(error: unknown, name: string, what: string): unknown {
  if (!(error instanceof GuestError)) return error;
  return new OperationError("failed", `${what}: ${error.message}`, {
    remedy: error.problem === "stopped" ? `start it with: coffer start ${name}` : "see `coffer show` for its state",
    cause: error,
  });
}
