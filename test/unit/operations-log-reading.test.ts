/** The end of a log, from guests that answer what real ones do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import type { EffectiveLogs, LogPlace } from "../../engines/logs.ts";
import { readLog } from "../../operations/log-reading.ts";

const logs: EffectiveLogs = { general: true };
const file: LogPlace = { in: "file", path: "/slow.log", limitBytes: 10 };
const marked: LogPlace = { in: "stream", select: (lines) => lines.filter((line) => line.startsWith("!")) };

/** Answers one after the other; the last one stands. */
function fileGuest(answers: readonly string[]): { guest: Guest; asked: () => number } {
  let asked = 0;
  const must = async () => ({ code: 0, stderr: "", stdout: answers[Math.min(asked++, answers.length - 1)] ?? "" });
  return { guest: { must } as unknown as Guest, asked: () => asked };
}

function streamGuest(text: string): { guest: Guest; depths: number[] } {
  const depths: number[] = [];
  const logs = async (count: number) => {
    depths.push(count);
    return text
      .split("\n")
      .slice(-count - 1)
      .join("\n");
  };
  return { guest: { service: { logs } } as unknown as Guest, depths };
}

const files: readonly { why: string; answers: readonly string[]; lines: number; expected: string[]; asked: number }[] =
  [
    { why: "the last lines", answers: ["7\na\nb\nc\n\n7\n"], lines: 2, expected: ["b", "c"], asked: 1 },
    { why: "an empty log", answers: ["none\n\nnone\n"], lines: 5, expected: [], asked: 1 },
    { why: "a line that is still being written", answers: ["7\na\nb\n7\n"], lines: 5, expected: ["a", "b"], asked: 1 },
    {
      why: "the files took turns meanwhile: it is read again",
      answers: ["7\na\n\n8\n", "8\na\nb\n\n8\n"],
      lines: 5,
      expected: ["a", "b"],
      asked: 2,
    },
    {
      why: "they go on taking turns: what was read is shown",
      answers: ["7\na\n\n8\n"],
      lines: 5,
      expected: ["a"],
      asked: 4,
    },
    {
      why: "a cut log: its first line has no beginning",
      answers: [`7\n${"x".repeat(4 * 2 ** 20 - 2)}\nb\n\n7\n`],
      lines: 5,
      expected: ["b"],
      asked: 1,
    },
  ];
for (const { why, answers, lines, expected, asked } of files)
  test(`a log in files: ${why}`, async () => {
    const guest = fileGuest(answers);
    assert.deepEqual(await readLog(guest.guest, file, logs, lines), expected);
    assert.equal(guest.asked(), asked);
  });

test("a log in a stream: as deep as it takes, and no deeper", async () => {
  const rare = streamGuest(`!1\n!2\n${"noise\n".repeat(5000)}`);
  assert.deepEqual(await readLog(rare.guest, marked, logs, 2), ["!1", "!2"]);
  assert.deepEqual(rare.depths, [2, 2000, 20_000]);
  const plenty = streamGuest("!1\n!2\n!3\n");
  assert.deepEqual(await readLog(plenty.guest, marked, logs, 2), ["!2", "!3"]);
  assert.deepEqual(plenty.depths, [2]);
  const short = streamGuest("noise\n!1\n");
  assert.deepEqual(await readLog(short.guest, marked, logs, 50), ["!1"]);
  assert.deepEqual(short.depths, [50]);
});
