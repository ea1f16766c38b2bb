/** How many sessions one connection carries at once: sshd of most images takes ten, and refuses what comes on top. */
import { GuestError } from "../guest.ts";

export class Slots {
  readonly #count: number;
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** `limit`: milliseconds that one may have to wait for its turn. */
  constructor(count: number, limit: number) {
    this.#count = count;
    this.#free = count;
    this.#limit = limit;
  }

  /** Waits for a free one; the answer gives it back, and may be called more than once. */
  async take(what: string): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(what);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
  }

  async #turn(what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const timer = setTimeout(() => {
      const at = this.#waiting.indexOf(resolve);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      const waited = `waited ${this.#limit / 1000} s for a free SSH session`;
      reject(new GuestError("timeout", `${what}: ${waited}; all ${this.#count} are in use`));
    }, this.#limit);
    await promise.finally(() => clearTimeout(timer));
  }
}
