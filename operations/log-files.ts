/** Log files of Pulumi runs: `.coffer/logs/STACK-TIME-COMMAND.log`, the newest few of each stack are kept. */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileError } from "./errors.ts";
import { makeFolder, remove } from "./files.ts";

const keptPerStack = 30;

export interface LogFile {
  path: string;
  /** For a child process to write to. */
  fd: number;
  /** Adds a line with the time. Never given a secret. */
  line(text: string): void;
  size(): Promise<number>;
  /** What others (a child process) wrote from that position on, without the lines of `line`. */
  from(position: number): Promise<string>;
  close(): Promise<void>;
}

/** Every line of `line` starts like this, which tells them from a child's. */
const stamp = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

export async function openLog(folder: string, stack: string, command: string): Promise<LogFile> {
  await makeFolder(folder);
  const time = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const path = join(folder, `${stack}-${time}-${process.pid}-${command}.log`);
  await dropOld(folder, stack);
  const file = await open(path, "a+", 0o600).catch((error: unknown) => {
    throw fileError(error, "write the log", path);
  });
  let pending: Promise<unknown> = Promise.resolve();
  return {
    path,
    fd: file.fd,
    line(text) {
      const lines = text.trimEnd().split("\n");
      const content = lines.map((one) => `${new Date().toISOString()} ${one}\n`).join("");
      // A full disk must not end the work that the log speaks of.
      pending = pending.then(() => file.appendFile(content)).catch(() => {});
    },
    size: async () => (await file.stat()).size,
    async from(position) {
      await pending;
      const length = (await file.stat()).size - position;
      const buffer = Buffer.alloc(Math.max(0, length));
      await file.read(buffer, 0, buffer.length, position);
      const lines = buffer.toString().split("\n");
      return lines
        .filter((line) => !stamp.test(line))
        .join("\n")
        .trim();
    },
    async close() {
      await pending;
      await file.close();
    },
  };
}

async function dropOld(folder: string, stack: string): Promise<void> {
  const ofStack = (name: string) =>
    name.startsWith(`${stack}-`) && /^\d{8}-\d{6}-\d+-\w+\.log$/.test(name.slice(stack.length + 1));
  const names = (await readdir(folder)).filter(ofStack).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keptPerStack + 1))) await remove(join(folder, name));
}
