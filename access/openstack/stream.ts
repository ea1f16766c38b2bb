/** A process in a guest as a byte stream over SSH: writes reach its stdin, reads are its stdout. */
import { Duplex } from "node:stream";
import type { ClientChannel } from "ssh2";
import { GuestError } from "../guest.ts";
import { discard } from "./ssh-link.ts";
import { type ExitCode, onEnd, wasKilled } from "./ssh-process.ts";

/** How much of stderr is kept for the error message, in characters. */
const keptWords = 2_000;

/**
 * Ends when the process does; a process that fails makes an error with its last words. Destroying the stream closes the
 * process's stdin and outputs, which ends programs such as socat.
 */
export class SshStream extends Duplex {
  readonly #channel: ClientChannel;
  readonly #what: string;
  readonly #lost: (what: string) => Promise<GuestError | undefined>;
  #stderr = "";

  /** `lost` is asked after the connection or a killed process ended; it says what became of the guest. */
  constructor(channel: ClientChannel, what: string, lost: (what: string) => Promise<GuestError | undefined>) {
    super();
    this.#channel = channel;
    this.#what = what;
    this.#lost = lost;
    channel.on("data", (bytes: Buffer) => {
      if (!this.push(bytes)) channel.pause();
    });
    channel.stderr.on("data", (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString()).slice(-keptWords);
    });
    channel.on("error", () => {});
    onEnd(channel, (code) => void this.#finish(code));
  }

  /** What database drivers call on a socket; here there is none of our own. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    discard(this.#channel);
    done(error);
  }

  async #finish(code: ExitCode): Promise<void> {
    if (this.destroyed) return;
    if (code === 0) {
      this.push(null);
      return;
    }
    const loss = code === undefined || wasKilled(code) ? await this.#lost(this.#what) : undefined;
    const words = this.#stderr.trim() || `exit code ${code ?? "unknown"}`;
    this.destroy(loss ?? new GuestError("failed", `${this.#what}: ${words}`));
  }
}
