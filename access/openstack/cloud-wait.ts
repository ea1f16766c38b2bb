/** Waiting for something in a cloud to become what was asked for. */
import { setTimeout as pause } from "node:timers/promises";
import { CloudError } from "./cloud.ts";
import { seconds } from "./cloud-http.ts";

export interface WaitOptions {
  /** Milliseconds, from now to the state that is waited for. */
  timeout: number;
  signal?: AbortSignal;
}

export interface Wait<T> extends WaitOptions {
  /** What is waited for, as "the server X to be ACTIVE". */
  what: string;
  look(request: WaitOptions): Promise<T>;
  done(seen: T): boolean;
  /** Why it will not come any more; undefined: it may. */
  lost?(seen: T): string | undefined;
  /** What was seen, in words. */
  words(seen: T): string;
}

/** Milliseconds between two looks, growing. */
const pauses = { first: 500, longest: 3_000, growth: 1.4 };

/** Milliseconds that a service may be silent in the middle of a wait: APIs are restarted, and busy ones answer late. */
const silenceLimit = 180_000;

/** Bears a cloud that does not answer for a while, until a wait's own end (by performance.now()). */
export class Silence {
  readonly #end: number;
  readonly #limit: number;
  #since: number | undefined;

  constructor(end: number, limit: number = silenceLimit) {
    this.#end = end;
    this.#limit = limit;
  }

  /** Undefined: there was no answer, and it may be asked for again. Else throws what the asking throws. */
  async ask<T>(asking: () => Promise<T>): Promise<{ answer: T } | undefined> {
    const asked = performance.now();
    try {
      const answer = await asking();
      this.#since = undefined;
      return { answer };
    } catch (error) {
      if (!isSilence(error)) throw error;
      this.#since ??= asked;
      const now = performance.now();
      if (now > this.#end || now - this.#since > this.#limit) throw error;
      return undefined;
    }
  }
}

/** Also where it was put into other words. */
function isSilence(error: unknown): boolean {
  const cause = error instanceof CloudError || !(error instanceof Error) ? error : error.cause;
  return cause instanceof CloudError && (cause.problem === "unreachable" || cause.problem === "timeout");
}

/** Throws CloudErrors: `timeout` with what was seen last, `failed` when it is lost, those of `look` when they stay. */
export async function waitFor<T>({ what, look, done, lost, words, timeout, signal }: Wait<T>): Promise<T> {
  const deadline = performance.now() + timeout;
  const abort = signal ? { signal } : {};
  const silence = new Silence(deadline - pauses.longest);
  for (let rest: number = pauses.first; ; rest = Math.min(rest * pauses.growth, pauses.longest)) {
    const left = Math.max(1_000, deadline - performance.now());
    const asked = await silence.ask(() => look(callLimits({ timeout: left, ...abort })));
    if (asked) {
      const seen = asked.answer;
      if (done(seen)) return seen;
      const reason = lost?.(seen);
      if (reason !== undefined) throw new CloudError("failed", `waited for ${what} in vain: ${reason}`);
      if (performance.now() + rest > deadline) {
        const late = `waited ${seconds(timeout)} s for ${what}, and last saw: ${words(seen)}; it may still come to that`;
        throw new CloudError("timeout", late);
      }
    }
    await pause(rest, undefined, abort).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/** Undefined when the cloud says that there is no such thing. */
export async function unlessAbsent<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof CloudError && error.problem === "absent") return undefined;
    throw error;
  }
}

/** For one call of a long wait: a service that does not answer is not waited for to the end. */
export function callLimits({ timeout, signal }: WaitOptions): WaitOptions {
  return { timeout: Math.min(timeout, 60_000), ...(signal ? { signal } : {}) };
}
