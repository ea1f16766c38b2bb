/** The bytes of a dump on their way: counted, with both ends looked at, and never still for longer than a limit. */
import { dumpEndBytes } from "../engines/engine.ts";

export type Bytes = AsyncIterable<Buffer | Uint8Array>;

/** The last bytes of everything that was seen. */
export class Tail {
  #bytes = Buffer.alloc(0);

  see(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(-dumpEndBytes)]).subarray(-dumpEndBytes);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

/** Ends by itself what stands still: `signal` aborts when `moved` was not called for `limit` milliseconds. */
export class StillWatch {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(limit: number, message: string) {
    this.#timer = setTimeout(() => this.#stop.abort(new Error(message)), limit).unref();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  moved(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** The first `dumpEndBytes` of a source, or all it has, and the source with them still in front. */
export async function peek(source: Bytes): Promise<{ head: Buffer; whole: Bytes }> {
  const chunks = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  while (size < dumpEndBytes && !ended) {
    const next = await chunks.next();
    ended = next.done === true;
    if (!next.done) {
      first.push(next.value);
      size += next.value.length;
    }
  }
  async function* whole() {
    yield* first;
    while (!ended) {
      const next = await chunks.next();
      if (next.done) return;
      yield next.value;
    }
  }
  return { head: Buffer.concat(first).subarray(0, dumpEndBytes), whole: whole() };
}

/** Bytes for people: `1.5 MiB`. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
