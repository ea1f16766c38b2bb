/** One process in a container: started with its streams attached, and asked for its exit code. */
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { GuestError } from "../guest.ts";
import { asGuestError, bounded } from "./engine.ts";

/** The exit code of a process that was killed. */
export const killedCode = 137;

export interface ExecRequest {
  argv: readonly string[];
  user?: string;
  env?: Record<string, string>;
  stdin: boolean;
}

export interface RunningExec {
  /** Docker's raw connection: stdin goes in as it is, the outputs come back framed. */
  connection: Duplex;
  /** Asked after the connection ended; undefined when the engine never learned it. */
  exitCode(): Promise<number | undefined>;
}

/** Starts a process. The connection is Docker's own "hijacked" one, the only kind whose stdin can be closed alone. */
export async function startExec(container: Docker.Container, request: ExecRequest, what: string): Promise<RunningExec> {
  try {
    const exec = await bounded(
      container.exec({
        Cmd: [...request.argv],
        User: request.user ?? "root",
        Env: Object.entries(request.env ?? {}).map(([name, value]) => `${name}=${value}`),
        AttachStdin: request.stdin,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
      }),
      what,
    );
    const connection: Duplex = await bounded(exec.start({ hijack: true, stdin: true, Tty: false }), what);
    return { connection, exitCode: () => exitCodeOf(exec, what) };
  } catch (error) {
    throw asGuestError(error, what);
  }
}

/** The outputs end a moment before the engine notes the exit. */
async function exitCodeOf(exec: Docker.Exec, what: string): Promise<number | undefined> {
  const attempts = 100;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const state = await bounded(exec.inspect(), what).catch((error: unknown) => {
      throw asGuestError(error, what);
    });
    if (!state.Running) return state.ExitCode ?? undefined;
    await new Promise((resolve) => setTimeout(resolve, attempt < 10 ? 5 : 100));
  }
  throw new GuestError("failed", `${what}: it closed its outputs but did not end within 10 s`);
}

/** The exit codes of a program that could not be run. The engine uses them too when it could not start the process. */
const notRunCodes: readonly (number | undefined)[] = [126, 127];

/** True when the end of a process may come from the end of its whole container. */
export function mayBeContainersEnd(code: number | undefined, stderr: string): boolean {
  return code === undefined || code === killedCode || (notRunCodes.includes(code) && stderr === "");
}

/**
 * What the engine says when it could not start the process at all. It says so on the process's stdout, after it
 * reported success, with the exit code of a program that cannot be run.
 */
export function startFailure(code: number | undefined, stdout: string): string | undefined {
  if (!notRunCodes.includes(code)) return undefined;
  return /^(unable to find (?:user|group) .*|OCI runtime exec failed: .*)/.exec(stdout)?.[1]?.trim();
}
