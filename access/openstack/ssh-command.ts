/**
 * What is sent to a guest's login shell so that exactly the given argv runs there, as the right user. Values of the
 * environment may be secrets: they are the first line of stdin and never part of a command line.
 */
import { GuestError } from "../guest.ts";

export interface CommandOptions {
  /** Default root. */
  user?: string | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  /** Seconds after which the guest ends the process, and `killAfter` seconds later kills it; undefined: no limit. */
  seconds?: number;
  /** The process has a terminal, so what it reads would be shown: see `terminalPrelude`. */
  terminal?: boolean;
}

export interface RemoteCommand {
  /** For the login shell. */
  line: string;
  /** To be written to stdin before anything else; empty when there is nothing to say. */
  firstInput: string;
}

/** `timeout` in the guest kills a process that ignores its SIGTERM after so many seconds. */
export const killAfter = 5;

/** Bytes: Linux takes 128 KiB for one word of a command line, and the whole line is one word of the login shell. */
const lineLimit = 120_000;

/** Sets the environment from one line of stdin. `read` of a POSIX shell takes no byte beyond the line. */
const prelude = `IFS= read -r line && eval "$(printf %s "$line" | base64 -d)" && exec "$@"`;

/** Printed by `terminalPrelude` when the terminal shows nothing more: only then the line may be written. */
export const readyMark = "\u0001coffer-ready\u0001";

/** The same on a terminal, without echo and without the terminal's limit on a line. */
const terminalPrelude = [
  "saved=$(stty -g) && stty -echo -icanon",
  String.raw`printf '\001coffer-ready\001'`,
  "IFS= read -r line",
  `stty "$saved"`,
  `eval "$(printf %s "$line" | base64 -d)" && exec "$@"`,
].join(" && ");

/** Throws a GuestError when argv or the environment cannot be passed to a process at all. */
export function remoteCommand(argv: readonly string[], options: CommandOptions = {}): RemoteCommand {
  const { user = "root", env = {}, seconds, terminal = false } = options;
  if (argv.length === 0) throw new GuestError("failed", "there is no command to run");
  const words = ["sudo", "-n", "-H", "-u", user, "--"];
  const hasEnvironment = Object.keys(env).length > 0;
  if (hasEnvironment) words.push("sh", "-c", terminal ? terminalPrelude : prelude, "sh");
  if (seconds !== undefined) words.push("timeout", `--kill-after=${killAfter}`, String(seconds));
  // Not the login user's home, which others may not read. sudo passes LANG on and makes the rest anew.
  const line = `cd / && unset LC_ALL && LANG=C.UTF-8 exec ${[...words, ...argv].map(quoted).join(" ")}`;
  const size = Buffer.byteLength(line);
  if (size > lineLimit) {
    throw new GuestError(
      "failed",
      `${argv[0]}: its command line has ${size} bytes, allowed are ${lineLimit}; long content belongs on stdin`,
    );
  }
  return { line, firstInput: hasEnvironment ? `${Buffer.from(exports(env)).toString("base64")}\n` : "" };
}

/** One word of a POSIX shell, whatever it holds. */
export function quoted(word: string): string {
  if (word.includes("\0")) throw new GuestError("failed", "a word of a command cannot have a NUL byte");
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function exports(env: Readonly<Record<string, string>>): string {
  const settings = Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new GuestError("failed", `${JSON.stringify(name)} is no name for an environment variable`);
    }
    return `${name}=${quoted(value)}`;
  });
  return `export ${settings.join(" ")}`;
}
