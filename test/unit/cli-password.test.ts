import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, test } from "node:test";
import { askPassword, passwordFromFile } from "../../cli/password.ts";
import { OperationError, type Reason } from "../../operations/errors.ts";

const folder = await mkdtemp(join(tmpdir(), "coffer-password-"));
after(() => rm(folder, { recursive: true }));

const refused = (reason: Reason, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof OperationError && error.reason === reason, String(error));
  assert.match(error.message, message);
  assert.ok(!error.message.includes("swordfish"));
  return true;
};

/** Types each line when the question before it was asked. */
function ask(lines: readonly string[], twice: boolean, signal = new AbortController().signal) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const left = [...lines];
  const shown: string[] = [];
  output.on("data", (chunk: Buffer) => {
    shown.push(chunk.toString());
    const line = chunk.toString().endsWith(": ") ? left.shift() : undefined;
    if (line !== undefined) input.write(line);
  });
  const answer = askPassword(input, output, { question: "Password", twice, signal });
  return { answer, shown: () => shown.join("") };
}

test("a password is typed unseen", async () => {
  const once = ask(["swordfish\n"], false);
  assert.equal(await once.answer, "swordfish");
  assert.equal(once.shown(), "Password: \n");
  const twice = ask(["swordfish\n", "swordfish\n"], true);
  assert.equal(await twice.answer, "swordfish");
  assert.equal(twice.shown(), "Password: \nThe same again: \n");
});

const refusals: { why: string; lines: string[]; reason: Reason; message: RegExp }[] = [
  {
    why: "a slip of the finger",
    lines: ["swordfish\n", "swordfihs\n"],
    reason: "input",
    message: /two passwords differ/,
  },
  { why: "nothing typed", lines: ["\n"], reason: "input", message: /empty password/ },
  { why: "Ctrl-C", lines: ["swordf\u0003"], reason: "interrupted", message: /interrupted/ },
  { why: "Ctrl-D", lines: ["\u0004"], reason: "interrupted", message: /interrupted/ },
];

for (const { why, lines, reason, message } of refusals) {
  test(`no password: ${why}`, async () => {
    await assert.rejects(ask(lines, true).answer, refused(reason, message));
  });
}

test("no password: a signal while it was asked for", async () => {
  const interruption = new AbortController();
  const { answer } = ask([], false, interruption.signal);
  interruption.abort();
  await assert.rejects(answer, refused("interrupted", /interrupted/));
});

const files: { why: string; text: string; password?: string; message?: RegExp }[] = [
  { why: "a line", text: "swordfish\n", password: "swordfish" },
  { why: "no end of the line", text: "swordfish", password: "swordfish" },
  { why: "an end as on Windows", text: "swordfish\r\n", password: "swordfish" },
  { why: "spaces belong to it", text: " sword fish \n", password: " sword fish " },
  { why: "nothing", text: "", message: /holds no password/ },
  { why: "an empty line", text: "\n", message: /holds no password/ },
  { why: "two lines: which one is meant?", text: "swordfish\nother\n", message: /more than one line/ },
];

for (const { why, text, password, message } of files) {
  test(`a password file: ${why}`, async () => {
    const file = join(folder, "password");
    await writeFile(file, text);
    if (message) await assert.rejects(passwordFromFile(file), refused("input", message));
    else assert.equal(await passwordFromFile(file), password);
  });
}
