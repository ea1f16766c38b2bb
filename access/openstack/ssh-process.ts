/** One process in a guest, from its SSH channel: its outputs and how it ended. */
import { constants } from "node:os";
import type { ClientChannel } from "ssh2";
import { GuestError } from "../guest.ts";

/** How a process ended: 128 + N for signal N, as a shell says it; undefined when the connection ended before it. */
export type ExitCode = number | undefined;

/** The most that one command may print, in bytes. */
const outputLimit = 64 << 20;

/** Calls `done` once, when all output was passed on and the channel is closed. Both outputs must be read. */
export function onEnd(channel: ClientChannel, done: (code: ExitCode) => void): void {
  let code: ExitCode;
  let waitsFor = 2;
  const ended = () => {
    waitsFor -= 1;
    if (waitsFor === 0) done(code);
  };
  // Not "exit": it comes before anybody can listen when start and end of a short command arrive together.
  channel.once("close", (status?: number | null, signal?: string) => {
    code = status === null ? signalCode(signal) : status;
    ended();
  });
  channel.stderr.once("end", ended);
}

function signalCode(signal = ""): number {
  const known: Readonly<Record<string, number>> = constants.signals;
  return 128 + (known[signal] ?? 0);
}

export interface Collected {
  code: ExitCode;
  stdout: string;
  stderr: string;
}

/** Writes all of stdin and closes it, and reads both outputs to their end. */
export async function collect(channel: ClientChannel, stdin: Buffer, what: string): Promise<Collected> {
  const { promise, resolve, reject } = Promise.withResolvers<ExitCode>();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let size = 0;
  const keep = (parts: Buffer[]) => (bytes: Buffer) => {
    size += bytes.length;
    if (size <= outputLimit) parts.push(bytes);
    else reject(new GuestError("failed", `${what}: it printed more than ${outputLimit} bytes`));
  };
  channel.on("data", keep(stdout));
  channel.stderr.on("data", keep(stderr));
  // A process that ends without reading all of its stdin is its own affair: its exit code tells.
  channel.on("error", () => {});
  onEnd(channel, resolve);
  channel.end(stdin);
  const code = await promise;
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** What sudo says when it did not start the program at all: no such user, no such program, not allowed. */
export function startFailure(code: ExitCode, stderr: string): string | undefined {
  if (code !== 1) return undefined;
  // A guest that does not know its own name makes sudo warn, and go on.
  const [first = ""] = stderr.split("\n").filter((line) => !/^sudo: unable to resolve host /.test(line));
  return first.startsWith("sudo: ") ? first : undefined;
}

/** True for a process that a signal ended, as all are when the whole guest goes down. */
export function wasKilled(code: ExitCode): boolean {
  return code !== undefined && code > 128;
}

/** Bounds a wait for the other side; an answer that does not come is an unreachable guest. */
export async function bounded<T>(work: Promise<T>, what: string, limit: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new GuestError("unreachable", `${what}: the guest did not answer within ${limit / 1000} s`));
  }, limit);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
