/**
 * Our provider as one process for all runs of Pulumi's engine that a command needs, started while the command still prepares:
 * the engine would start it anew twice for each run, and every one would log in to the guests again. It outlives a command that is
 * killed for as long as the engine does. `pulumi` by hand starts the provider by itself (Pulumi.yaml).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { namelessFile } from "./files.ts";

const startLimitMs = 60_000;
const endLimitMs = 10_000;

/** What the provider reads from its own environment, of all that a single run may set. */
const ownVariables = ["COFFER_FORCE"] as const;

interface Running {
  child: ChildProcess;
  port: number;
  /** What it wrote to stderr. */
  words: FileHandle;
  own: string;
}

export interface ProviderPlace {
  root: string;
  environment: Readonly<Record<string, string>>;
  scratch: string;
}

export class Provider {
  readonly #place: ProviderPlace;
  #running: Promise<Running> | undefined;
  #pid: number | undefined;

  constructor(place: ProviderPlace) {
    this.#place = place;
  }

  /** Begins to start it, unless it was; what goes wrong is told by the first run. */
  start(): void {
    this.#running ??= this.#spawn({});
    this.#running.catch(() => {});
  }

  /** What makes a run attach to it. It is started anew where it has ended, or where the run wants another environment. */
  async attachment(environment: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const known = await this.#running?.catch(() => undefined);
    const usable = known && known.child.exitCode === null && known.child.signalCode === null;
    if (!usable || known.own !== ownOf(environment)) {
      if (known) await end(known);
      this.#running = this.#spawn(environment);
    }
    const { port } = (await this.#running) ?? {};
    return { PULUMI_DEBUG_PROVIDERS: `coffer:${port}` };
  }

  /** Its last words when it ended by itself. */
  async failure(): Promise<string | undefined> {
    const known = await this.#running?.catch(() => undefined);
    if (!known || (known.child.exitCode === null && known.child.signalCode === null)) return undefined;
    return wordsOf(known);
  }

  /** The process that was started last, to be told from those of other runs. */
  get pid(): number | undefined {
    return this.#pid;
  }

  async close(): Promise<void> {
    const known = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    if (known) await end(known);
  }

  async #spawn(more: Readonly<Record<string, string>>): Promise<Running> {
    const { root, environment, scratch } = this.#place;
    const words = await namelessFile(scratch, "provider");
    const args = ["--disable-warning=ExperimentalWarning", join(root, "provider", "main.ts"), "--attached"];
    const own = Object.fromEntries(ownVariables.flatMap((name) => (more[name] ? [[name, more[name]]] : [])));
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...environment, ...own },
      stdio: ["pipe", "pipe", words.fd],
      detached: true,
    });
    this.#pid = child.pid;
    const running: Running = { child, port: 0, words, own: ownOf(more) };
    try {
      return { ...running, port: await portOf(child) };
    } catch (error) {
      const said = await wordsOf(running);
      await end(running);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the provider "coffer" does not start: ${why}${said ? `: ${said}` : ""}`, { cause: error });
    }
  }
}

const ownOf = (environment: Readonly<Record<string, string>>): string =>
  ownVariables.map((name) => environment[name] ?? "").join("\n");

/** The first line that it prints. */
async function portOf(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error("it has no output");
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(startLimitMs);
  try {
    const ended = once(child, "exit", { signal }).then(() => Promise.reject(new Error("it ended at once")));
    const [line] = (await Promise.race([once(lines, "line", { signal }), ended])) as [string];
    ended.catch(() => {});
    const port = Number(line);
    if (!Number.isInteger(port)) throw new Error(`it printed ${JSON.stringify(line.slice(0, 80))}, expected a port`);
    return port;
  } catch (error) {
    if (signal.aborted) throw new Error(`it printed no port within ${startLimitMs / 1000} s`, { cause: error });
    throw error;
  } finally {
    lines.close();
    // Nothing else is said there, and nobody waits for it.
    child.stdout.destroy();
  }
}

async function end({ child, words }: Running): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), endLimitMs);
    await exit;
    clearTimeout(timer);
  }
  child.stdin?.destroy();
  await words.close().catch(() => {});
}

async function wordsOf({ words }: Running): Promise<string> {
  const { size } = await words.stat();
  const buffer = Buffer.alloc(Math.min(size, 4096));
  await words.read(buffer, 0, buffer.length, size - buffer.length);
  return buffer.toString().trim();
}
