/**
 * Sets a ground up in a process of its own, while other tests run: downloads, packages and compilers wait much. The caller calls
 * `setUp` afterwards, which finds everything there (or does what is missing, and says what is wrong) and sets its own environment.
 */
import { fork } from "node:child_process";
import { PassThrough, type Readable } from "node:stream";
import { type Ground, setUp } from "./set-up.ts";

export interface Ahead {
  /** Everything that it tells, to be shown in its turn. Ends when the process has ended, well or not. */
  words: Readable;
}

export function setUpAhead(ground: Ground): Ahead {
  const child = fork(import.meta.filename, [ground], { silent: true });
  // As much as it may say before its turn: a full stream would stop it.
  const words = new PassThrough({ highWaterMark: 64 << 20 });
  child.stdout?.pipe(words, { end: false });
  child.stderr?.pipe(words, { end: false });
  child.once("error", (error) => words.end(`${error}\n`));
  child.once("close", (code, signal) => words.end(code === 0 ? "" : `it ended with ${code ?? signal}\n`));
  return { words };
}

if (import.meta.main) {
  // Not without whom it is for.
  process.once("disconnect", () => process.exit(1));
  await setUp(process.argv[2] as Ground);
  process.exit(0);
}
