/** A process in a container as a byte stream: writes reach its stdin, reads are its stdout. */
import { Duplex } from "node:stream";
import { GuestError } from "../guest.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { asGuestError } from "./engine.ts";
import { mayBeContainersEnd, type RunningExec, startFailure } from "./exec.ts";

/** How much of stderr, and of the start of stdout, is kept for the error message, in characters. */
const keptWords = 2_000;

/**
 * Ends when the process does; a process that fails makes an error with its last words. Destroying the stream closes the
 * process's stdin and outputs, which ends programs such as socat.
 */
export class ExecStream extends Duplex {
  readonly #exec: RunningExec;
  readonly #what: string;
  readonly #mustGoOn: () => Promise<void>;
  #stderr = "";
  #beginning = "";
  #ended = false;

  /** `mustGoOn` is asked after a failure; it throws when the whole guest ended, which is then the error. */
  constructor(exec: RunningExec, what: string, mustGoOn: () => Promise<void>) {
    super();
    this.#exec = exec;
    this.#what = what;
    this.#mustGoOn = mustGoOn;
    const { connection } = exec;
    const demultiplexer = new Demultiplexer((kind, bytes) => {
      if (kind === "stderr") {
        this.#stderr = (this.#stderr + bytes.toString()).slice(-keptWords);
        return;
      }
      if (this.#beginning.length < keptWords) this.#beginning += bytes.toString("utf8", 0, keptWords);
      if (!this.push(bytes)) connection.pause();
    });
    connection.on("data", (chunk: Buffer) => demultiplexer.push(chunk));
    connection.once("error", (error: NodeJS.ErrnoException) => {
      // A process that ended with its input unread: its exit code and its last words say more.
      if (error.code === "EPIPE" || error.code === "ECONNRESET") void this.#finish();
      else this.destroy(asGuestError(error, what));
    });
    connection.once("end", () => void this.#finish());
    connection.once("close", () => void this.#finish());
  }

  /** What database drivers call on a socket; here there is none of our own. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    this.#exec.connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#exec.connection.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#exec.connection.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#exec.connection.destroy();
    done(error);
  }

  async #finish(): Promise<void> {
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    try {
      const code = await this.#exec.exitCode();
      if (code === 0) {
        this.push(null);
        return;
      }
      const failure = startFailure(code, this.#beginning);
      if (mayBeContainersEnd(code, this.#stderr)) await this.#mustGoOn();
      const words = failure ?? (this.#stderr.trim() || `exit code ${code ?? "unknown"}`);
      this.destroy(new GuestError("failed", `${this.#what}: ${words}`));
    } catch (error) {
      this.destroy(asGuestError(error, this.#what));
    }
  }
}
