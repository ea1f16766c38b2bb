import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { OperationEvent } from "../../operations/events.ts";
import { lockHolder, takeLock } from "../../operations/lock.ts";
import { ownIdentity, runsProgram, stateOf, withEnvironment } from "../../operations/processes.ts";

const folder = await mkdtemp(join(tmpdir(), "coffer-lock-"));
after(() => rm(folder, { recursive: true }));

const request = (stack: string, patience: number, report = (_: OperationEvent) => {}) => ({
  folder,
  stack,
  verb: "up",
  patience,
  report,
});

const someUuid = "00000000-0000-4000-8000-000000000000";
const plant = async (stack: string, holder: object) =>
  writeFile(
    join(folder, `${stack}.${someUuid}.json`),
    JSON.stringify({ verb: "up", since: "2026-01-01T00:00:00.000Z", ...holder }),
  );

test("a lock is free again after its release", async () => {
  const first = await takeLock(request("a", 0));
  assert.equal((await lockHolder(folder, "a"))?.pid, process.pid);
  await first.release();
  assert.equal(await lockHolder(folder, "a"), undefined);
  await (await takeLock(request("a", 0))).release();
});

test("whoever comes second is told who has it, and waits no longer than its patience", async () => {
  const first = await takeLock(request("b", 0));
  const told: string[] = [];
  await assert.rejects(
    takeLock(request("b", 1_000, (event) => event.kind === "waiting" && told.push(event.text))),
    new RegExp(`stack "b" is in use: "coffer up" \\(process ${process.pid} on`),
  );
  assert.equal(told.length, 1);
  await first.release();
});

test("whoever waits gets it when it is released", async () => {
  const first = await takeLock(request("c", 0));
  const second = takeLock(request("c", 60_000, () => void first.release()));
  await (await second).release();
});

test("another stack's lock does not matter, even one whose name begins alike", async () => {
  const first = await takeLock(request("d.x", 0));
  await (await takeLock(request("d", 0))).release();
  await first.release();
});

test("the lock of a process that died is taken over", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  await plant("e", { ...(await ownIdentity()), pid: child.pid });
  await (await takeLock(request("e", 0))).release();
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith("e.")),
    [],
  );
});

test("a process id that was used again proves nothing", async () => {
  await plant("f", { ...(await ownIdentity()), start: "1" });
  await (await takeLock(request("f", 0))).release();
});

test("of a process on another host nothing is known: its lock stays, and the remedy names the file", async () => {
  await plant("g", { ...(await ownIdentity()), host: "elsewhere" });
  await assert.rejects(takeLock(request("g", 0)), (error: Error & { remedy?: string }) => {
    assert.match(error.message, /on elsewhere/);
    assert.match(error.remedy ?? "", new RegExp(`remove .*g\\.${someUuid}\\.json`));
    return true;
  });
});

test("a file that is no lock blocks nothing", async () => {
  await writeFile(join(folder, `h.${someUuid}.json`), "not json");
  await (await takeLock(request("h", 0))).release();
});

test("of many that come at once, one at a time has it", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    const lock = await takeLock(request("i", 60_000));
    most = Math.max(most, ++inside);
    await readdir(folder);
    inside--;
    await lock.release();
  };
  await Promise.all([work(), work(), work(), work()]);
  assert.equal(most, 1);
});

test("waiting ends when the user interrupts", async () => {
  const first = await takeLock(request("j", 0));
  const interruption = new AbortController();
  const second = takeLock({ ...request("j", 60_000, () => interruption.abort()), signal: interruption.signal });
  await assert.rejects(second, { reason: "interrupted" });
  await first.release();
});

test("facts about processes: alive, dead, a program's name, a variable in the environment", async () => {
  const mark = `mark-${process.pid}`;
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { env: { COFFER_TEST_MARK: mark } });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const own = await ownIdentity();
  assert.equal(await stateOf(own), "alive");
  assert.equal(await stateOf({ ...own, host: "elsewhere" }), "unknown");
  assert.equal(await stateOf({ ...own, boot: "another" }), "dead");
  assert.deepEqual(await withEnvironment("COFFER_TEST_MARK", mark), [pid]);
  assert.equal(await runsProgram(pid, "node"), true);
  assert.equal(await runsProgram(pid, "pulumi"), false);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.deepEqual(await withEnvironment("COFFER_TEST_MARK", mark), []);
  assert.equal(await runsProgram(pid, "node"), false);
});
