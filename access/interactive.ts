/** A program of a guest with the caller's own streams or terminal, for `coffer connect`, `exec` and `ssh`. */
import { dockerInteractive } from "./docker/interactive.ts";
import type { GuestAddress } from "./guest.ts";
import { openstackInteractive } from "./openstack/interactive.ts";

export interface InteractiveOptions {
  env: Readonly<Record<string, string>>;
  /** Whether there is a terminal to give to it. */
  terminal: boolean;
  /** The operating system user in the guest; default root. */
  user?: string;
}

/** A command of this machine that starts the program. Secrets are in `env`, never in `argv`. */
export interface InteractiveCommand {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
}

type Start = (address: GuestAddress, argv: readonly string[], options: InteractiveOptions) => InteractiveCommand;

const targets: Readonly<Record<string, Start>> = { docker: dockerInteractive, openstack: openstackInteractive };

export function interactiveCommand(
  address: GuestAddress,
  argv: readonly string[],
  options: InteractiveOptions,
): InteractiveCommand {
  const start = targets[address.target];
  if (!start) throw new Error(`no target named "${address.target}"; there are: ${Object.keys(targets).join(", ")}`);
  return start(address, argv, options);
}
