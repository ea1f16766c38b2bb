/**
 * Runs the groups of tests and prints `N passed, N failed` at the end. Exit code 1 when anything failed. The quick groups run side by
 * side, because much of theirs is waiting, and what a later group needs is set up while an earlier one runs; each prints in its turn.
 */
import { spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { resolve } from "node:path";
import { PassThrough, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { type Ground, setUp } from "./support/set-up.ts";
import { type Ahead, setUpAhead } from "./support/set-up-ahead.ts";

const root = resolve(import.meta.dirname, "..");
/** A test that hangs must not take CI's whole time. */
const quickTimeoutMs = 5 * 60_000;
const testTimeoutMs = 20 * 60_000;

interface Group {
  name: string;
  /** A program that passes or fails as one test. */
  command?: readonly string[];
  files?: string;
  /** What must be there before: Pulumi for tests of the toolchain, everything of their target for the others. */
  needs?: Ground;
  /** Runs side by side with the other quick ones; those that use the Docker engine or a cloud take turns: two cores. */
  quick?: boolean;
  /** Files of a group that run side by side; default 1. */
  concurrency?: number;
}

const groups: readonly Group[] = [
  { name: "lint", command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."], quick: true },
  { name: "types", command: ["node_modules/.bin/tsc", "--noEmit", "-p", "."], quick: true },
  { name: "unit", files: "test/unit/**/*.test.ts", needs: "pulumi", quick: true, concurrency: 2 },
  { name: "component", files: "test/component/**/*.test.ts", needs: "pulumi", quick: true },
  // Much of a command's time is waiting for Pulumi and for servers, so two of them share two cores well.
  { name: "docker", files: "test/docker/**/*.test.ts", needs: "docker", concurrency: 2 },
  { name: "openstack", files: "test/openstack/**/*.test.ts", needs: "openstack" },
];

interface Count {
  passed: number;
  failed: number;
}

const args = process.argv.slice(2);
const full = args.includes("--full");
const named = args.filter((arg) => arg !== "--full");
const unknown = named.filter((arg) => !groups.some((group) => group.name === arg) && !existsSync(resolve(root, arg)));
if (unknown.length) {
  process.stderr.write(
    `no group or file named ${unknown.join(", ")}; groups: ${groups.map((group) => group.name).join(", ")}\n`,
  );
  process.exit(2);
}
if (full) process.env.COFFER_TEST_FULL = "1";

const total: Count = { passed: 0, failed: 0 };
const wanted = chosen();
const quick = wanted.filter((group) => group.quick);
await ready(quick);
await sideBySide(quick);
await inTurns(wanted.filter((group) => !group.quick));
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
// Connections that a failed test left open must not keep the run from ending.
process.exit(total.failed || !total.passed ? 1 : 0);

function chosen(): readonly Group[] {
  if (!named.length) return groups;
  const files = named.filter((arg) => !groups.some((group) => group.name === arg));
  const some = groups.filter((group) => named.includes(group.name));
  const within = (folder: string) =>
    files.filter((file) => resolve(root, file).startsWith(resolve(root, "test", folder)));
  const [quick, inCloud] = [[...within("unit"), ...within("component")], within("openstack")];
  const elsewhere = files.filter((file) => !quick.includes(file) && !inCloud.includes(file));
  return [...some, ...groupOf(quick, "pulumi"), ...groupOf(elsewhere, "docker"), ...groupOf(inCloud, "openstack")];
}

function groupOf(files: readonly string[], needs: Ground): readonly Group[] {
  return files.length ? [{ name: "files", files: `{${files.join(",")},}`, needs }] : [];
}

/** While one runs, the ground of the next is prepared. Two never prepare at once: both install packages. */
async function inTurns(slow: readonly Group[]): Promise<void> {
  let ahead: Ahead | undefined;
  for (const [index, group] of slow.entries()) {
    if (ahead && group.needs) {
      process.stdout.write(`\n== setting up ${group.needs}\n`);
      ahead.words.pipe(process.stdout, { end: false });
      await finished(ahead.words);
    }
    await ready([group]);
    const next = slow[index + 1]?.needs;
    ahead = next && next !== group.needs ? setUpAhead(next) : undefined;
    await sideBySide([group]);
  }
}

async function ready(together: readonly Group[]): Promise<void> {
  for (const ground of new Set(together.map((group) => group.needs))) if (ground) await setUp(ground);
}

async function sideBySide(together: readonly Group[]): Promise<void> {
  const running = together.map((group) => {
    // As much as it may say before its turn: a full stream would stop it.
    const words = new PassThrough({ highWaterMark: 256 << 20 });
    const counted = runGroup(group, words);
    // It is told in its turn.
    counted.catch(() => {});
    return { group, words, counted };
  });
  for (const { group, words, counted } of running) {
    process.stdout.write(`\n== ${group.name}\n`);
    words.pipe(process.stdout, { end: false });
    await finished(words);
    const { passed, failed, seconds } = await counted;
    total.passed += passed;
    total.failed += failed;
    process.stdout.write(`== ${group.name}: ${passed} passed, ${failed} failed in ${seconds} s\n`);
  }
}

async function runGroup(group: Group, words: Writable): Promise<Count & { seconds: number }> {
  const started = Date.now();
  try {
    const count = group.command ? await runCommand(group.command, words) : await runFiles(group, words);
    return { ...count, seconds: Math.round((Date.now() - started) / 1000) };
  } finally {
    words.end();
  }
}

async function runCommand([program = "", ...rest]: readonly string[], words: Writable): Promise<Count> {
  const env = { ...process.env, PATH: `${resolve(process.execPath, "..")}:${process.env.PATH}` };
  const child = spawn(resolve(root, program), rest, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env });
  child.stdout.pipe(words, { end: false });
  child.stderr.pipe(words, { end: false });
  const code = await new Promise<number | null>((end, failed) => child.once("error", failed).once("close", end));
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runFiles(group: Group, words: Writable): Promise<Count> {
  const files = globSync(group.files ?? "", { cwd: root }).map((file) => resolve(root, file));
  const count = { passed: 0, failed: 0 };
  if (!files.length) return count;
  const tests = run({
    files: files.sort(),
    concurrency: group.concurrency ?? 1,
    timeout: group.quick ? quickTimeoutMs : testTimeoutMs,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  // The summary without a file is that of all files; a file that cannot even be loaded counts as failed.
  tests.on("test:summary", (summary) => {
    if (summary.file !== undefined) return;
    count.passed = summary.counts.passed;
    count.failed = summary.counts.tests - summary.counts.passed - summary.counts.skipped - summary.counts.todo;
  });
  // The reporter says why at the very end only: too late when the run is stopped before.
  tests.on("test:fail", ({ name, details: { error } }) => {
    const why = String((error.cause instanceof Error ? error.cause : error).stack)
      .split("\n")
      .slice(0, 60)
      .join("\n");
    if (!/subtests? failed/.test(error.message)) process.stdout.write(`${name}: ${why}\n`);
  });
  const printed = tests.compose(spec);
  printed.pipe(words, { end: false });
  await new Promise((end) => printed.on("end", end));
  return count;
}
