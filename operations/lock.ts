/**
 * One apply of a stack at a time. Each contender writes a file with a name of its own first and looks at the others
 * after that, so of two that come together at least one sees the other; a file of a process proven dead is removed.
 */
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "./errors.ts";
import type { Report } from "./events.ts";
import { makeFolder, readIfThere, remove, writeWhole } from "./files.ts";
import { ownIdentity, type ProcessIdentity, stateOf } from "./processes.ts";

export interface Holder extends ProcessIdentity {
  /** What it does, for people: `up`, `delete orders`. */
  verb: string;
  /** ISO time. */
  since: string;
}

export interface Lock {
  release(): Promise<void>;
}

export interface LockRequest {
  /** The folder of lock files. */
  folder: string;
  stack: string;
  verb: string;
  /** Milliseconds to wait for another holder. */
  patience: number;
  report: Report;
  signal?: AbortSignal;
}

const retryMs = 250;

/** Takes the lock, or throws after `patience` with words that say who has it. */
export async function takeLock(request: LockRequest): Promise<Lock> {
  const { folder, stack, verb, report, signal } = request;
  await makeFolder(folder);
  const own = `${stack}.${randomUUID()}.json`;
  const identity = await ownIdentity();
  const deadline = Date.now() + request.patience;
  let told = "";
  for (;;) {
    if (signal?.aborted)
      throw new OperationError("interrupted", `interrupted while waiting for the lock of stack "${stack}"`);
    const holder: Holder = { ...identity, verb, since: new Date().toISOString() };
    await writeWhole(join(folder, own), JSON.stringify(holder));
    const other = await firstAlive(folder, stack, own);
    if (!other) return { release: () => remove(join(folder, own)) };
    // Withdrawn before waiting, or two that came together would block each other for good.
    await remove(join(folder, own));
    const who = describe(other.holder);
    if (Date.now() >= deadline) {
      const seconds = Math.round(request.patience / 1000);
      throw new OperationError("failed", `stack "${stack}" is in use: ${who}; waited ${seconds} s`, {
        remedy:
          other.state === "unknown"
            ? `if that process is gone, remove ${other.path}`
            : "wait until it has ended, then run the same command again",
      });
    }
    if (who !== told) report({ kind: "waiting", text: `stack "${stack}" is in use: ${who}; waiting for it to end` });
    told = who;
    await sleep(retryMs + Math.random() * retryMs);
  }
}

/** Who has the lock now; undefined when nobody does. */
export async function lockHolder(folder: string, stack: string): Promise<Holder | undefined> {
  return (await firstAlive(folder, stack, ""))?.holder;
}

async function firstAlive(folder: string, stack: string, own: string) {
  for (const name of await lockFiles(folder, stack)) {
    if (name === own) continue;
    const path = join(folder, name);
    const holder = parseHolder(await readIfThere(path));
    if (!holder) continue;
    const state = await stateOf(holder);
    if (state !== "dead") return { holder, state, path };
    await remove(path);
  }
  return undefined;
}

async function lockFiles(folder: string, stack: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter(
      (name) => name.startsWith(`${stack}.`) && /^[0-9a-f-]{36}\.json$/.test(name.slice(stack.length + 1)),
    );
  } catch {
    return [];
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // Files are written whole: this one is not ours, and blocks nothing.
    return undefined;
  }
}

function describe(holder: Holder): string {
  return `"coffer ${holder.verb}" (process ${holder.pid} on ${holder.host}, since ${holder.since.replace(/\.\d+Z$/, "Z")})`;
}
