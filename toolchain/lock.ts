/**
 * One process at a time does a step. The kernel holds the lock (flock), in a helper process that ends with ours, so that
 * a kill -9 at any moment frees it and there is no stale lock to judge.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ToolchainError } from "./errors.ts";
import { signalGroup } from "./process.ts";

export interface LockOptions {
  /** What is done under the lock, for whoever waits: "building the Pulumi CLI". */
  purpose: string;
  /** Seconds to wait for another process. */
  limit: number;
  /** Called once, with who holds the lock, when there is a wait. */
  onWait?: (holder: string) => void;
  signal?: AbortSignal;
}

export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted();
  mkdirSync(dirname(path), { recursive: true });
  // `cat` ends when our end of its stdin closes: when we release the lock, or however we die.
  const script = 'flock -n 9 || { echo wait; flock -w "$2" 9 || exit 75; }; echo held; exec cat >/dev/null';
  const helper = spawn("sh", ["-c", `exec 9>>"$1"; ${script}`, "sh", path, String(options.limit)], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const release = (): void => {
    helper.stdin.destroy();
    signalGroup(helper, "SIGKILL");
  };
  options.signal?.addEventListener("abort", release);
  try {
    await new Promise<void>((held, failed) => {
      helper.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (text.includes("wait")) options.onWait?.(holderOf(path));
        if (text.includes("held")) held();
      });
      helper.on("error", failed);
      helper.on("exit", (code) => {
        if (options.signal?.aborted) failed(options.signal.reason);
        else if (code === 75) failed(waitedTooLong(path, options.limit));
        else failed(noLock(path, code));
      });
    });
    writeFileSync(path, `process ${process.pid}, ${options.purpose}, since ${new Date().toISOString()}\n`);
    return await work();
  } finally {
    options.signal?.removeEventListener("abort", release);
    release();
  }
}

/** Who holds the lock, in words. */
export function holderOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim() || "another process";
  } catch {
    return "another process";
  }
}

function waitedTooLong(path: string, limit: number): ToolchainError {
  return new ToolchainError(`Waited ${limit} s for the lock ${path}, which is held by ${holderOf(path)}.`, {
    remedy: "wait until that process is done, or end it, and run the command again.",
  });
}

function noLock(path: string, code: number | null): ToolchainError {
  return new ToolchainError(`The lock ${path} could not be taken (flock ended with ${code ?? "a signal"}).`, {
    remedy: "check that the folder is writable and that the program flock (package util-linux) is installed.",
  });
}
