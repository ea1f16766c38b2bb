/**
 * Plugins of Pulumi's engine that are ours, each as one process for all runs that a command needs, started while the command still
 * prepares: the engine would start them anew for each run, once or more. They outlive a command that is killed for as long as the
 * engine does. `pulumi` by hand starts them by itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { CommandMessage, PluginMessage } from "../toolchain/attached.ts";
import type { CheckoutPlugin } from "../toolchain/checkout-plugins.ts";
import { namelessFile } from "./files.ts";

const startLimitMs = 60_000;
const answerLimitMs = 30_000;
const endLimitMs = 10_000;
/** Bytes of its words that are told. */
const wordsLimit = 4096;

/** Which one: how people call it, how the engine is told of it, and what runs it (`main` from the checkout's root). */
export interface Plugin {
  what: string;
  variable: "PULUMI_DEBUG_PROVIDERS" | "PULUMI_DEBUG_LANGUAGES";
  name: string;
  main: string;
  arguments: readonly string[];
}

interface Running {
  child: ChildProcess;
  port: number;
  /** What it wrote to stderr. */
  words: FileHandle;
}

export interface AttachedPlace {
  root: string;
  environment: Readonly<Record<string, string>>;
  scratch: string;
}

export class Attached {
  readonly #place: AttachedPlace;
  readonly #plugin: Plugin;
  #running: Promise<Running> | undefined;
  #pid: number | undefined;
  /** Where in its words the last run began. */
  #begun = 0;

  constructor(place: AttachedPlace, plugin: Plugin) {
    this.#place = place;
    this.#plugin = plugin;
  }

  /** Begins to start it, unless it was; what goes wrong is told by the first run. */
  start(): void {
    this.#running ??= this.#spawn();
    this.#running.catch(() => {});
  }

  /**
   * What makes a run attach to it, with the variables of that run. It is started anew where it has ended, or does not answer.
   * `gated`: the run previews and then waits for `decide`.
   */
  async attachment(environment: Readonly<Record<string, string>>, gated = false): Promise<Record<string, string>> {
    const message: CommandMessage = { kind: "run", environment, gated };
    const known = await this.#running?.catch(() => undefined);
    if (known && (await tell(known, message))) return this.#begin(known);
    if (known) await end(known);
    this.#running = this.#spawn();
    const running = await this.#running;
    if (await tell(running, message)) return this.#begin(running);
    throw new Error(`${this.#plugin.what} started, but did not answer within ${answerLimitMs / 1000} s`);
  }

  /** Resolves when the update of a gated run waits for `decide`; never where it does not come to that. */
  async waiting(signal: AbortSignal): Promise<void> {
    const known = await this.#running;
    if (known) await heard(known.child, "waiting", signal);
  }

  /**
   * Whether the update of the gated run may happen, with its variables; `refusal` says why not. What has ended needs no decision:
   * its run fails without it.
   */
  async decide(environment: Readonly<Record<string, string>>, refusal?: string): Promise<void> {
    const known = await this.#running?.catch(() => undefined);
    if (known) await tell(known, { kind: "decision", environment, ...(refusal === undefined ? {} : { refusal }) });
  }

  /** Its last words when it ended by itself. */
  async failure(): Promise<string | undefined> {
    const known = await this.#running?.catch(() => undefined);
    if (!known || !ended(known)) return undefined;
    return `${this.#plugin.what} ended: ${await wordsOf(known)}`;
  }

  /** What it, and what it started, wrote to stderr since the last run began. */
  async words(): Promise<string> {
    const known = await this.#running?.catch(() => undefined);
    return known ? wordsOf(known, this.#begun) : "";
  }

  /** The process that was started last. */
  get pid(): number | undefined {
    return this.#pid;
  }

  async close(): Promise<void> {
    const known = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    if (known) await end(known);
  }

  async #begin({ port, words }: Running): Promise<Record<string, string>> {
    this.#begun = (await words.stat()).size;
    return { [this.#plugin.variable]: `${this.#plugin.name}:${port}` };
  }

  async #spawn(): Promise<Running> {
    const { root, environment, scratch } = this.#place;
    const { name, what, main } = this.#plugin;
    const words = await namelessFile(scratch, name);
    const args = ["--disable-warning=ExperimentalWarning", join(root, main), "--attached", ...this.#plugin.arguments];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: environment,
      stdio: ["ignore", "pipe", words.fd, "ipc"],
      detached: true,
    });
    this.#pid = child.pid;
    const running: Running = { child, port: 0, words };
    try {
      return { ...running, port: await portOf(child) };
    } catch (error) {
      const said = await wordsOf(running);
      await end(running);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${what} does not start: ${why}${said ? `: ${said}` : ""}`, { cause: error });
    }
  }
}

/** What a command has started for its runs. */
export interface Attachments {
  provider: Attached;
  languageHost: Attached;
  /** Coffer's own plugins in the place of official ones. */
  standIns: readonly Attached[];
}

export const allOf = (attached: Attachments | undefined): readonly Attached[] =>
  attached ? [attached.provider, attached.languageHost, ...attached.standIns] : [];

/** What makes a run attach to all of them. */
export async function attachmentsOf(
  attached: Attachments | undefined,
  environment: Readonly<Record<string, string>>,
  gated: boolean,
): Promise<Record<string, string>> {
  const one = await Promise.all(allOf(attached).map((plugin) => plugin.attachment(environment, gated)));
  const all: Record<string, string> = {};
  for (const [variable, value] of one.flatMap((variables) => Object.entries(variables)))
    all[variable] = all[variable] === undefined ? value : `${all[variable]},${value}`;
  return all;
}

/** Our provider. Every start of it logs in to the guests again. */
export const attachedProvider = (place: AttachedPlace): Attached =>
  new Attached(place, {
    what: 'the provider "coffer"',
    variable: "PULUMI_DEBUG_PROVIDERS",
    name: "coffer",
    main: "provider/main.ts",
    arguments: [],
  });

/** One of Coffer's own in the place of an official plugin. */
export const attachedPlugin = (place: AttachedPlace, { name, main }: CheckoutPlugin): Attached =>
  new Attached(place, {
    what: `the plugin "${name}"`,
    variable: "PULUMI_DEBUG_PROVIDERS",
    name,
    main,
    arguments: [],
  });

/** What runs the program, with the program's modules loaded before it is asked for. */
export const attachedLanguageHost = (place: AttachedPlace, modules: readonly string[]): Attached =>
  new Attached(place, {
    what: "the language host",
    variable: "PULUMI_DEBUG_LANGUAGES",
    name: "nodejs",
    main: "toolchain/language-host/main.ts",
    arguments: modules.map((module) => join(place.root, module)),
  });

const ended = ({ child }: Running): boolean => child.exitCode !== null || child.signalCode !== null;

/** False when it has ended, or does not answer. */
async function tell({ child }: Running, message: CommandMessage): Promise<boolean> {
  if (!child.connected) return false;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(answerLimitMs)]);
  const answered = heard(child, "ready", signal).then(
    () => true,
    () => false,
  );
  const left = once(child, "disconnect", { signal }).then(
    () => false,
    () => false,
  );
  // That it cannot be told is an end like another.
  child.send(message, () => {});
  const isHeard = await Promise.race([answered, left]);
  over.abort();
  return isHeard;
}

function heard(child: ChildProcess, wanted: PluginMessage, signal: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    const listener = (message: unknown) => {
      if (message === wanted) end(done);
    };
    const aborted = () => end(() => failed(signal.reason));
    const end = (settle: () => void) => {
      child.off("message", listener);
      signal.removeEventListener("abort", aborted);
      settle();
    };
    child.on("message", listener);
    signal.addEventListener("abort", aborted, { once: true });
  });
}

/** The first line that it prints. */
async function portOf(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error("it has no output");
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(startLimitMs);
  try {
    const over = once(child, "exit", { signal }).then(() => Promise.reject(new Error("it ended at once")));
    const [line] = (await Promise.race([once(lines, "line", { signal }), over])) as [string];
    over.catch(() => {});
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

async function end(running: Running): Promise<void> {
  const { child, words } = running;
  if (!ended(running) && child.pid !== undefined) {
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), endLimitMs);
    await exit;
    clearTimeout(timer);
  }
  if (child.connected) child.disconnect();
  await words.close().catch(() => {});
}

async function wordsOf({ words }: Running, from = 0): Promise<string> {
  const { size } = await words.stat();
  const length = Math.min(size - from, wordsLimit);
  const buffer = Buffer.alloc(Math.max(length, 0));
  await words.read(buffer, 0, buffer.length, size - buffer.length);
  return buffer.toString().trim();
}
