/** Standard input where it is a file: its end can be read before its beginning. */
import { fstatSync, readSync } from "node:fs";
import type { Readable } from "node:stream";
import { dumpEndBytes } from "../engines/engine.ts";

/** The last bytes; undefined for a pipe. */
export function tailOfFile(input: Readable & { fd?: number }): Buffer | undefined {
  if (input.fd === undefined) return undefined;
  const stat = fstatSync(input.fd);
  if (!stat.isFile()) return undefined;
  const tail = Buffer.alloc(Math.min(dumpEndBytes, stat.size));
  readSync(input.fd, tail, 0, tail.length, stat.size - tail.length);
  return tail;
}
