/** One operation on Docker: its client, its deadline, its cancellation, and the words for what went wrong. */

import type Docker from "dockerode";

export type Engine = {
  docker: Docker;
  /** For people: `unix:///var/run/docker.sock`. */
  address: string;
  /** The API version spoken, e.g. [1, 41]. */
  api: readonly [number, number];
  /** Credentials for pulling an image, by its name. */
  credentialsFor: (image: string) => { username: string; password: string; serveraddress: string } | undefined;
};

export const DEFAULT_TIMEOUT_SECONDS = 1200;

export function apiAtLeast(engine: Engine, minor: number): boolean {
  return engine.api[0] > 1 || engine.api[1] >= minor;
}

/** Something was made, but is not as it should be: it has to be recorded under its id. */
export class HalfMade extends Error {
  readonly id: string;
  constructor(id: string, reason: string) {
    super(reason);
    this.id = id;
  }
}

export class Operation {
  readonly engine: Engine;
  readonly #title: string;
  readonly #seconds: number;
  readonly #deadline: AbortSignal;
  readonly #cancelled: AbortSignal;
  readonly #secrets: string[];

  /**
   * @param title the resource, for messages: `container "web"`
   * @param seconds limit of the whole operation; 0 means the default of 20 minutes
   * @param cancelled ends waits, but never a request that changes something
   * @param secrets texts that messages must not show
   */
  constructor(engine: Engine, title: string, seconds: number, cancelled: AbortSignal, secrets: string[] = []) {
    this.engine = engine;
    this.#title = title;
    this.#seconds = seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS;
    this.#deadline = AbortSignal.timeout(this.#seconds * 1000);
    this.#cancelled = cancelled;
    this.#secrets = secrets;
  }

  /** A request that changes or reads something: bounded by the deadline, not cut off by a cancellation. */
  async request<T>(stage: string, work: () => Promise<T>): Promise<T> {
    return this.#bounded(stage, this.#deadline, work);
  }

  /** A wait: bounded by the deadline and ended by a cancellation. */
  async wait<T>(stage: string, work: () => Promise<T>): Promise<T> {
    return this.#bounded(stage, AbortSignal.any([this.#deadline, this.#cancelled]), work);
  }

  async sleep(stage: string, milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const pause = () =>
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
      });
    await this.wait(stage, pause).finally(() => clearTimeout(timer));
  }

  /** An error with the resource's name in front. */
  failure(words: string): Error {
    return new Error(`${this.#title}: ${this.#redacted(words)}`);
  }

  async #bounded<T>(stage: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let stop: () => void = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(this.failure(this.#stopped(stage)));
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    // Whoever loses the race must not end the process as an unhandled rejection.
    aborted.catch(() => {});
    if (signal.aborted) return aborted;
    const working = work();
    working.catch(() => {});
    try {
      return await Promise.race([working, aborted]);
    } catch (error) {
      throw this.#explained(stage, error);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #stopped(stage: string): string {
    return this.#cancelled.aborted
      ? `cancelled while ${stage}`
      : `gave up after ${this.#seconds} s while ${stage}; a longer limit can be set with customTimeouts`;
  }

  #explained(stage: string, error: unknown): Error {
    if (!(error instanceof Error)) return this.failure(`failed while ${stage}`);
    if (error instanceof HalfMade || error.message.startsWith(`${this.#title}: `)) return error;
    const unreachable = connectionProblem(error);
    const words = unreachable ? unreachableWords(this.engine.address, unreachable) : dockerMessage(error);
    const explained = this.failure(`${stage} failed: ${words}`);
    return Object.assign(explained, { statusCode: statusOf(error), dockerMessage: dockerMessage(error) });
  }

  #redacted(words: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, "***"), words);
  }
}

/** The HTTP status of Docker's answer, if the error is one. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** Docker's own sentence, without dockerode's frame around it. */
export function dockerMessage(error: unknown): string {
  const { json, dockerMessage: kept } = error as { json?: { message?: unknown }; dockerMessage?: unknown };
  if (typeof kept === "string") return kept;
  if (typeof json?.message === "string") return json.message.trim();
  return error instanceof Error ? error.message.trim() : String(error);
}

/** undefined instead of the error, when Docker's answer was "no such ...". */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

const CONNECTION = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "EACCES",
  "ECONNRESET",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EHOSTUNREACH",
]);

/** The system's code when Docker could not be reached at all. */
export function connectionProblem(error: unknown): string | undefined {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return statusCode === undefined && typeof code === "string" && CONNECTION.has(code) ? code : undefined;
}

export function unreachableWords(address: string, problem: string): string {
  return (
    `failed to connect to any docker daemon: ${address} does not answer (${problem}); ` +
    "start the Docker engine, or name a reachable one in DOCKER_HOST or the provider's host"
  );
}
