/** Runs a command of the setup, with its output in a log file and a limit on its time. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, appendFileSync, constants, mkdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ToolchainError } from "./errors.ts";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Output is appended to this file, after a line with the command. */
  log: string;
  /** Milliseconds until the command is ended. */
  limit: number;
  /** What the command is for: begins the error, for example "Installing docker.io". */
  purpose: string;
  remedy: string;
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

/** Standard output of the command. Throws `ToolchainError` when it cannot start, fails or takes too long. */
export async function run(argv: readonly [string, ...string[]], options: RunOptions): Promise<string> {
  const { log } = options;
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, `$ ${quote(argv)}\n`);
  options.signal?.throwIfAborted();
  const child = spawn(argv[0], argv.slice(1), {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  let timedOut = false;
  const end = (): void => endGroup(child);
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.limit);
  options.signal?.addEventListener("abort", end);
  const take = (stream: NodeJS.ReadableStream, keep: boolean): Promise<void> =>
    new Promise((done) => {
      const lines = createInterface({ input: stream });
      lines.on("line", (line) => {
        appendFileSync(log, `${line}\n`);
        if (keep) output += `${line}\n`;
        options.onLine?.(line);
      });
      lines.on("close", done);
    });
  try {
    const streams = Promise.all([take(child.stdout, true), take(child.stderr, false)]);
    const ended = await new Promise<string | undefined>((done) => {
      child.on("error", (error) => done(`could not start: ${error.message}`));
      child.on("exit", (code, signal) => done(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
    });
    options.signal?.throwIfAborted();
    if (ended !== undefined) {
      const how = timedOut ? `took longer than ${Math.round(options.limit / 1000)} s` : ended;
      throw new ToolchainError(`${options.purpose} failed: the command ${how}.`, {
        ran: quote(argv),
        log,
        tail: lastLines(log, 8),
        remedy: options.remedy,
      });
    }
    await streams;
    return output;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", end);
  }
}

/** SIGTERM to the command and everything it started, SIGKILL after 5 s. */
function endGroup(child: ChildProcess): void {
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), 5000);
  child.once("exit", () => clearTimeout(timer));
}

/** Signals a detached child and everything it started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** The command as it can be pasted into a shell. */
export function quote(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** The last lines of a file, without the command lines that `run` wrote; empty when there is no file. */
export function lastLines(path: string, count: number): string {
  try {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    return lines
      .slice(-count)
      .filter((line) => !line.startsWith("$ "))
      .join("\n");
  } catch {
    return "";
  }
}

/** PATH with the system's own folders, which a `su` without `-` or a cron job lacks. */
export function systemPath(env: NodeJS.ProcessEnv = process.env): string {
  return [env.PATH ?? "", "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].join(delimiter);
}

/** The absolute path of a program on PATH, or undefined. Folders named in `without` are not looked into. */
export function findProgram(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  without: readonly string[] = [],
): string | undefined {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (folder === "" || without.includes(folder)) continue;
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
