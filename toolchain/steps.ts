/** A step of the setup as data, and how one is carried out: find what is there, else try its sources in order. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type Cache, cacheFolders, type Origin } from "./cache.ts";
import { withLock } from "./lock.ts";

export interface Found {
  from: Origin;
  version: string;
  /** The program, folder or address that is used. */
  path: string;
}

export interface Step extends Partial<Found> {
  name: string;
  /** For people: "Pulumi CLI 3.259.0". */
  title: string;
  /** `present`: it was there already. `done`: this run made it. */
  state: "present" | "working" | "done" | "failed";
  seconds: number;
  /** The file with the output of what was run, once something was. */
  log?: string;
}

export type ToolchainEvent =
  | { kind: "step"; step: Step }
  /** Something to show while a step works: "412 of 1030 packages compiled". */
  | { kind: "progress"; name: string; title: string; text: string; seconds: number };

export interface ToolchainOptions {
  onEvent?: (event: ToolchainEvent) => void;
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
}

/** What the source of a part gets to work with. */
export interface Attempt {
  cache: Cache;
  env: NodeJS.ProcessEnv;
  log: string;
  progress: (text: string) => void;
  signal: AbortSignal | undefined;
}

export interface Part {
  name: string;
  title: string;
  /** Looks for what is there already; changes nothing. */
  find(cache: Cache, env: NodeJS.ProcessEnv): Promise<Found | undefined>;
  /** Ways to get the part, best first. One that answers undefined is not open here, and the next is tried. */
  sources: readonly ((attempt: Attempt) => Promise<Found | undefined>)[];
}

/** Seconds to wait for another process that sets up the same part: longer than the slowest build. */
const lockLimit = 1800;

/** Carries out one step. Rejects with a `ToolchainError` that says what to do. */
export async function ensurePart(part: Part, options: ToolchainOptions): Promise<Step> {
  const env = options.env ?? process.env;
  const cache = cacheFolders(env);
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const base = { name: part.name, title: part.title };
  const tell = (step: Step): Step => {
    options.onEvent?.({ kind: "step", step });
    return step;
  };
  const present = await part.find(cache, env);
  if (present !== undefined) return tell({ ...base, ...present, state: "present", seconds: elapsed() });

  const log = join(cache.logs, `${part.name}.log`);
  tell({ ...base, state: "working", seconds: elapsed(), log });
  let latest = { text: "working", shown: 0 };
  const show = (): void => {
    latest.shown = elapsed();
    options.onEvent?.({ kind: "progress", name: part.name, title: part.title, text: latest.text, seconds: elapsed() });
  };
  // A word a second is enough: downloads and compilers have thousands. Silence is broken by the tick.
  const progress = (text: string): void => {
    latest = { ...latest, text };
    if (latest.shown === 0 || elapsed() - latest.shown >= 1) show();
  };
  const tick = setInterval(show, 10_000);
  try {
    const lock = {
      purpose: `setting up ${part.title}`,
      limit: lockLimit,
      onWait: (holder: string) => progress(`waits for ${holder}`),
      signal: options.signal,
    };
    return await withLock(join(cache.locks, part.name), lock, async () => {
      const made = await part.find(cache, env);
      if (made !== undefined) return tell({ ...base, ...made, state: "present", seconds: elapsed() });
      if (existsSync(log)) renameSync(log, `${log}.old`);
      for (const source of part.sources) {
        const found = await source({ cache, env, log, progress, signal: options.signal });
        if (found !== undefined) return tell({ ...base, ...found, state: "done", seconds: elapsed(), log });
      }
      throw new Error(`${part.title}: the last source must either make the part or say why not`);
    });
  } catch (error) {
    tell({ ...base, state: "failed", seconds: elapsed(), log });
    throw error;
  } finally {
    clearInterval(tick);
  }
}
