import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SpecChangedError, SpecLockedError, writeSpec } from "../../spec/index.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "coffer-spec-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function specIn(path: string, text = "old\n"): string {
  const file = join(path, "a.yaml");
  writeFileSync(file, text);
  return file;
}

test("the new text is in place with the old mode, and nothing is left beside it", async (t) => {
  const path = folder(t);
  const file = specIn(path);
  chmodSync(file, 0o640);
  await writeSpec(file, "new\n", "old\n");
  assert.equal(readFileSync(file, "utf8"), "new\n");
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(path), ["a.yaml"]);
});

test("a file that changed meanwhile, is gone, or exists already is left alone", async (t) => {
  const path = folder(t);
  const file = specIn(path, "somebody else's\n");
  await assert.rejects(writeSpec(file, "new\n", "old\n"), SpecChangedError);
  await assert.rejects(writeSpec(file, "new\n", undefined), SpecChangedError);
  await assert.rejects(writeSpec(join(path, "gone.yaml"), "new\n", "old\n"), SpecChangedError);
  assert.equal(readFileSync(file, "utf8"), "somebody else's\n");
  assert.deepEqual(readdirSync(path), ["a.yaml"]);
});

test("a new file is made", async (t) => {
  const file = join(folder(t), "new.yaml");
  await writeSpec(file, "new\n", undefined);
  assert.equal(readFileSync(file, "utf8"), "new\n");
});

test("a symbolic link stays one, and the file it names is written", async (t) => {
  const path = folder(t);
  const file = specIn(path);
  const link = join(path, "link.yaml");
  symlinkSync("a.yaml", link);
  await writeSpec(link, "new\n", "old\n");
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(file, "utf8"), "new\n");
});

test("of many writers that began with the same text, one succeeds", async (t) => {
  const path = folder(t);
  const file = specIn(path);
  const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => writeSpec(file, `${i}\n`, "old\n")));
  const failed = results.filter((result) => result.status === "rejected");
  assert.equal(failed.length, 9);
  for (const { reason } of failed) assert.ok(reason instanceof SpecChangedError, String(reason));
  const winner = results.findIndex((result) => result.status === "fulfilled");
  assert.equal(readFileSync(file, "utf8"), `${winner}\n`);
  assert.deepEqual(readdirSync(path), ["a.yaml"]);
});

test("the lock of a dead process is taken over", async (t) => {
  const path = folder(t);
  const file = specIn(path);
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  writeFileSync(`${file}.lock`, JSON.stringify({ pid: dead, host: hostname() }));
  await writeSpec(file, "new\n", "old\n");
  assert.equal(readFileSync(file, "utf8"), "new\n");
  assert.deepEqual(readdirSync(path), ["a.yaml"]);
});

test("the lock of a living process is respected, and its owner named", async (t) => {
  const file = specIn(folder(t));
  const lock = JSON.stringify({ pid: process.pid, host: hostname() });
  writeFileSync(`${file}.lock`, lock);
  await assert.rejects(
    writeSpec(file, "new\n", "old\n"),
    (error: unknown) => error instanceof SpecLockedError && error.message.includes(`process ${process.pid} on`),
  );
  assert.equal(readFileSync(file, "utf8"), "old\n");
  assert.equal(readFileSync(`${file}.lock`, "utf8"), lock);
});
