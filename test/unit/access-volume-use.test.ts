import assert from "node:assert/strict";
import { test } from "node:test";
import { GuestError, type RunResult } from "../../access/guest.ts";
import { parseVolumeUse, type VolumeUse, volumeUse } from "../../access/volume-use.ts";

const cases: { why: string; text: string; use?: VolumeUse }[] = [
  {
    why: "a file system: used, and what is free to the server",
    text: "filesystem  400  600\n",
    use: { used: 400, size: 1000 },
  },
  { why: "a directory of the host has no limit", text: "directory 400\t/srv/coffer\n", use: { used: 400 } },
  { why: "du was cut off", text: "directory \n" },
  { why: "df failed", text: "filesystem \n" },
  { why: "half an answer of df", text: "filesystem 400\n" },
  { why: "nothing is mounted", text: "" },
];
for (const { why, text, use } of cases) test(`volume use: ${why}`, () => assert.deepEqual(parseVolumeUse(text), use));

test("a guest that fails or does not answer leaves it unknown", async () => {
  const failed = async (): Promise<RunResult> => ({ code: 1, stdout: "directory 400", stderr: "" });
  assert.equal(await volumeUse({ run: failed }), undefined);
  const late = async (): Promise<RunResult> => {
    throw new GuestError("timeout", "late");
  };
  assert.equal(await volumeUse({ run: late }), undefined);
});
