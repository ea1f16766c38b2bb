/**
 * The processes that the language host starts: programs, policy packs, component providers, npm. Each has a process
 * group of its own, so that stopping one also stops what it started.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { signalGroup } from "../process.ts";

/** Milliseconds between asking a process to end and ending it; the engine gives the host itself 5 s. */
const grace = 2000;

const running = new Set<ChildProcess>();

/** Starts Node with these arguments, in the same version as the host. */
export function startNode(args: readonly string[], options: SpawnOptions): ChildProcess {
  return start(process.execPath, args, options);
}

export function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return tended(spawn(program, args, { ...options, detached: true }));
}

/** From now on it is one of those that `stop` and `stopAll` end. */
export function tended(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("close", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/** Asks the child and all it started to end (SIGINT), and ends them when they have not after the grace. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  signalGroup(child, "SIGINT");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), grace);
  await closed;
  clearTimeout(timer);
}

/** Stops everything that still runs. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}

/** How a child ended: its exit code, or words for why there is none. */
export function ending(child: ChildProcess): Promise<{ code: number } | { failure: string }> {
  return new Promise((done) => {
    child.once("error", (error) => done({ failure: `could not be started: ${error.message}` }));
    child.once("close", (code, signal) => done(code === null ? { failure: `was ended by ${signal}` } : { code }));
  });
}
