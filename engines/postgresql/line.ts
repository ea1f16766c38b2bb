/**
 * A process in the guest that connects to the server's socket, again and again, one connection after the other: to start a
 * process there takes longer than most of what is asked over it, and every database needs a connection of its own.
 *
 * What goes over the line: a newline from here asks for a connection; its bytes follow, both ways; when the server has ended it,
 * the line's mark is printed. The end of the input ends the process.
 */
import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";
import type { Guest } from "../../access/guest.ts";

/** `read` takes no byte behind the newline. A connection that breaks ends the process, with socat's words. */
const script = 'while read -r go; do socat -t 0 - "UNIX-CONNECT:$1" || exit 1; printf "\\n%s" "$2"; done';

export class Line {
  readonly #stream: Duplex;
  /**
   * Random, so that nothing in a database can look like it. It begins with a byte that the server never stops at: a message that
   * asks for an answer ends with a letter or a zero.
   */
  readonly #mark: Buffer;
  #call: Call | undefined;
  #over = false;
  /** Bytes that may be the beginning of the mark. */
  #held: Buffer = Buffer.alloc(0);

  private constructor(stream: Duplex, mark: Buffer) {
    this.#stream = stream;
    this.#mark = mark;
    stream.on("data", (bytes: Buffer) => this.#arrived(bytes));
    stream.on("error", (error: Error) => this.#call?.destroy(error));
    for (const end of ["end", "close"]) stream.on(end, () => this.#ended());
  }

  static async open(guest: Guest, user: string, socket: string): Promise<Line> {
    const word = randomBytes(16).toString("hex");
    const stream = await guest.stream(["sh", "-c", script, "sh", socket, word], { user });
    return new Line(stream, Buffer.from(`\n${word}`));
  }

  /** Nobody is on it, and it can be called. */
  get free(): boolean {
    return !this.#call && !this.ended;
  }

  get ended(): boolean {
    return this.#over || this.#stream.destroyed;
  }

  /** A new connection. One that is destroyed before the server ended it takes the line with it. */
  call(): Duplex {
    if (!this.free) throw new Error("the line is taken, or has ended");
    const stream = this.#stream;
    const call = new Call(stream, (ended) => {
      if (!ended) stream.destroy();
    });
    this.#call = call;
    stream.write("\n");
    return call;
  }

  close(): void {
    this.#stream.destroy();
  }

  #ended(): void {
    this.#over = true;
    this.#call?.push(null);
  }

  #arrived(bytes: Buffer): void {
    const call = this.#call;
    const all = Buffer.concat([this.#held, bytes]);
    const { rest, held, ended } = upToMark(all, this.#mark);
    this.#held = held;
    if (rest.length > 0 && call && !call.push(rest)) this.#stream.pause();
    if (!ended) return;
    this.#call = undefined;
    call?.hungUp();
  }
}

/** What is the connection's of the bytes that arrived, and what may be, or is, the mark behind them. Pure. */
export function upToMark(all: Buffer, mark: Buffer): { rest: Buffer; held: Buffer; ended: boolean } {
  for (let length = Math.min(all.length, mark.length); length > 0; length--) {
    if (!all.subarray(all.length - length).equals(mark.subarray(0, length))) continue;
    const rest = all.subarray(0, all.length - length);
    if (length === mark.length) return { rest, held: Buffer.alloc(0), ended: true };
    return { rest, held: Buffer.from(all.subarray(all.length - length)), ended: false };
  }
  return { rest: all, held: Buffer.alloc(0), ended: false };
}

/** One connection over a line. */
class Call extends Duplex {
  readonly #line: Duplex;
  readonly #done: (ended: boolean) => void;
  #ended = false;

  constructor(line: Duplex, done: (ended: boolean) => void) {
    super();
    this.#line = line;
    this.#done = done;
  }

  hungUp(): void {
    this.#ended = true;
    this.push(null);
  }

  override _read(): void {
    this.#line.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#ended) done(new Error("the server has ended the connection"));
    else this.#line.write(chunk, done);
  }

  override _final(done: () => void): void {
    // The server is told by the protocol's goodbye; the line stays for the next connection.
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#done(this.#ended);
    done(error);
  }
}
