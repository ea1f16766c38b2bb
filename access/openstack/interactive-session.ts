/** One program of a guest on a pair of streams, with or without a terminal; until it ends or the connection does. */
import type { Readable, Writable } from "node:stream";
import type { ClientChannel, PseudoTtyOptions } from "ssh2";
import { GuestError } from "../guest.ts";
import type { InteractiveSession } from "./interactive.ts";
import { readyMark, remoteCommand } from "./ssh-command.ts";
import type { SshLink } from "./ssh-link.ts";
import { onEnd } from "./ssh-process.ts";

export interface Terminal {
  input: Readable & { setRawMode?(raw: boolean): unknown };
  output: Writable & { columns?: number; rows?: number };
  errors: Writable;
  /** What the terminal can show, for example `xterm-256color`. */
  kind?: string | undefined;
}

/** The program's exit code; 128 + N for signal N. Throws a GuestError when the connection was lost. */
export async function runSession(link: SshLink, session: InteractiveSession, terminal: Terminal): Promise<number> {
  const { argv, env, user } = session;
  const command = remoteCommand(argv, { user, env, terminal: session.terminal });
  const channel = await link.exec(command.line, session.terminal ? { pty: windowOf(terminal) } : {});
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  onEnd(channel, resolve);
  channel.on("error", () => {});
  const resize = () => {
    const { rows, columns } = windowOf(terminal);
    channel.setWindow(rows, columns, 0, 0);
  };
  // Nobody reads any more (a pager that was left, a pipe that ended): neither need the program go on.
  const unread = () => void channel.destroy();
  terminal.output.once("error", unread);
  channel.stderr.pipe(terminal.errors, { end: false });
  try {
    if (session.terminal) {
      terminal.input.setRawMode?.(true);
      terminal.output.on("resize", resize);
      if (command.firstInput) await readyFor(channel, command.firstInput);
    } else if (command.firstInput) {
      channel.write(command.firstInput);
    }
    channel.pipe(terminal.output, { end: false });
    terminal.input.pipe(channel);
    const code = await promise;
    if (code === undefined) throw new GuestError("unreachable", `the connection to ${link.what} was lost`);
    return code;
  } finally {
    terminal.input.unpipe(channel);
    terminal.input.pause();
    if (session.terminal) terminal.input.setRawMode?.(false);
    terminal.output.off("resize", resize);
    terminal.output.off("error", unread);
  }
}

interface Window extends PseudoTtyOptions {
  rows: number;
  columns: number;
}

function windowOf({ output, kind }: Terminal): Window & { cols: number } {
  const columns = output.columns ?? 80;
  return { rows: output.rows ?? 24, columns, cols: columns, term: kind ?? "xterm" };
}

/** Waits until the terminal there shows nothing more of what is typed, and then says the secret line. */
async function readyFor(channel: ClientChannel, line: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let seen = Buffer.alloc(0);
  const mark = Buffer.from(readyMark);
  const read = (bytes: Buffer) => {
    seen = Buffer.concat([seen, bytes]);
    const at = seen.indexOf(mark);
    if (at < 0) return;
    channel.off("data", read);
    channel.pause();
    channel.unshift(Buffer.concat([seen.subarray(0, at), seen.subarray(at + mark.length)]));
    resolve();
  };
  const closed = () => reject(new GuestError("failed", `the program could not be started: ${words(seen)}`));
  channel.on("data", read);
  channel.once("close", closed);
  await promise.finally(() => channel.off("close", closed));
  channel.write(line);
}

function words(seen: Buffer): string {
  return seen.toString().trim().slice(-500) || "it ended without a word";
}
