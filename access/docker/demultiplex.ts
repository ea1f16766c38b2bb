/**
 * Docker's framing of two streams on one connection: a header of eight bytes (kind, three zero bytes, length as a
 * big-endian number), then the bytes. Frames arrive cut anywhere.
 */
export type OutputKind = "stdout" | "stderr";

const headerLength = 8;

export class Demultiplexer {
  readonly #deliver: (kind: OutputKind, bytes: Buffer) => void;
  #header = Buffer.alloc(0);
  #kind: OutputKind = "stdout";
  #left = 0;

  constructor(deliver: (kind: OutputKind, bytes: Buffer) => void) {
    this.#deliver = deliver;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const wanted = headerLength - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (this.#header.length < headerLength) return;
        this.#kind = this.#header[0] === 2 ? "stderr" : "stdout";
        this.#left = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
        continue;
      }
      const bytes = rest.subarray(0, this.#left);
      rest = rest.subarray(bytes.length);
      this.#left -= bytes.length;
      this.#deliver(this.#kind, bytes);
    }
  }
}
