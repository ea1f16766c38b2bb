/** Bounded waiting: every wait has a limit and says what it waited for. */
import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  /** Milliseconds. */
  timeout: number;
  /** Milliseconds between two looks at the start, doubled up to `longest`; default 50. */
  shortest?: number;
  /** Default 1000. */
  longest?: number;
}

/** The wait ended without what was waited for. */
export class WaitTimeout extends Error {
  constructor(what: string, timeout: number, last: string | undefined) {
    super(`waited ${Math.round(timeout / 1000)} s for ${what}${last ? `; the last look said: ${last}` : ""}`);
    this.name = "WaitTimeout";
  }
}

/**
 * Calls `look` until it returns something other than a `NotYet`, and returns that. An error from `look` ends the wait at once:
 * it says that waiting longer is of no use. Throws WaitTimeout after `timeout`.
 */
export async function waitFor<T>(what: string, options: WaitOptions, look: () => Promise<T | NotYet>): Promise<T> {
  const deadline = performance.now() + options.timeout;
  const longest = options.longest ?? 1000;
  let pause = options.shortest ?? 50;
  for (;;) {
    const seen = await look();
    if (!(seen instanceof NotYet)) return seen;
    const left = deadline - performance.now();
    if (left <= 0) throw new WaitTimeout(what, options.timeout, seen.reason);
    await delay(Math.min(pause, left));
    pause = Math.min(pause * 2, longest);
  }
}

/** What `look` returns while the wait goes on, with the reason for the message when it fails. */
export class NotYet {
  readonly reason: string | undefined;
  constructor(reason?: string) {
    this.reason = reason;
  }
}
