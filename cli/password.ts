/** Passwords from people: out of a file, or typed unseen. Never out of an argument, which every process can read. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { fileError, isSystemError, OperationError } from "../operations/errors.ts";

/** The file's first line, which must be its only one. */
export async function passwordFromFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!isSystemError(error) || !["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code))
      throw fileError(error, "read", path);
    throw new OperationError("input", `cannot read the password from ${path}: no such file`, {
      remedy: "name a file that holds the password and nothing else: --password-file FILE",
    });
  }
  const password = text.replace(/\r?\n$/, "");
  if (password !== "" && !/[\r\n]/.test(password)) return password;
  throw new OperationError("input", `${path} holds ${password === "" ? "no password" : "more than one line"}`, {
    remedy: "write the password into it, on one line",
  });
}

/** Asks on a terminal without showing what is typed; `twice` when nothing could tell a slip of the finger later. */
export async function askPassword(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  { question, twice, signal }: { question: string; twice: boolean; signal: AbortSignal },
): Promise<string> {
  const password = await askUnseen(input, output, question, signal);
  if (password === "") throw new OperationError("input", "an empty password protects nothing", { remedy: "type one" });
  if (twice && (await askUnseen(input, output, "The same again", signal)) !== password)
    throw new OperationError("input", "the two passwords differ", { remedy: "run the same command again" });
  return password;
}

async function askUnseen(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input, output: unseen, terminal: true, historySize: 0, signal });
  try {
    return await new Promise<string>((resolve, reject) => {
      asking.once("line", resolve);
      // Ctrl-C, Ctrl-D, a signal: the interface closes without a line.
      asking.once("close", () =>
        reject(new OperationError("interrupted", "interrupted at the question for a password")),
      );
      output.write(`${question}: `);
    });
  } finally {
    asking.close();
    output.write("\n");
  }
}
