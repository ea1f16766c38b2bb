/** Runs a job to its end: a program, or a process with files of tests. */
import { spawn } from "node:child_process";
import { join, relative, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { type Job, root } from "./groups.ts";

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  /** Everything that it printed, as the `spec` reporter shows it. */
  output: string;
  /** What each of its files took, in seconds; for a command its group's name. */
  took: Readonly<Record<string, number>>;
}

export interface Failure {
  /** With the names of the groups around it. */
  test: string;
  why: string;
}

/** Calls `failed` for each failure as soon as it is known: the outcome may come much later. */
export async function runJob(job: Job, failed: (failure: Failure) => void): Promise<Outcome> {
  const started = performance.now();
  const outcome = job.group.command ? await runCommand(job, failed) : await runFiles(job, failed);
  const seconds = (performance.now() - started) / 1000;
  const alone = job.files.length === 1 ? job.files[0] : job.group.command && job.group.name;
  return { ...outcome, seconds, took: alone ? { [alone]: seconds } : outcome.took };
}

type Ran = Omit<Outcome, "seconds">;

async function runCommand({ group, title }: Job, failed: (failure: Failure) => void): Promise<Ran> {
  const [program = "", ...rest] = group.command ?? [];
  const env = { ...process.env, PATH: `${resolve(process.execPath, "..")}:${process.env.PATH}` };
  const child = spawn(resolve(root, program), rest, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env,
    timeout: group.limit,
  });
  const words = new PassThrough();
  for (const from of [child.stdout, child.stderr]) from.pipe(words, { end: false });
  const output = text(words);
  const code = await new Promise<number | null>((end, error) => child.once("error", error).once("close", end));
  words.end();
  if (code !== 0) failed({ test: title, why: await output });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output: await output, took: {} };
}

async function runFiles({ group, files }: Job, failed: (failure: Failure) => void): Promise<Ran> {
  const paths = files.map((file) => resolve(root, file));
  const one = paths.length === 1;
  const tests = run({
    files: one ? paths : [join(import.meta.dirname, "batch.ts")],
    argv: one ? [] : paths,
    timeout: group.limit,
    // Something that a file left open keeps its process from ending when its tests have.
    signal: AbortSignal.timeout(2 * group.limit),
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const count = { passed: 0, failed: 0, skipped: 0 };
  // The summary without a file is that of all; a file that cannot even be loaded counts as failed.
  tests.on("test:summary", ({ file, counts, success }) => {
    if (file !== undefined) return;
    const { passed, skipped, todo } = counts;
    // A group whose hooks fail, or whose body does, is no test, and would not be counted.
    const lost = counts.tests - passed - skipped - todo;
    Object.assign(count, { passed, skipped, failed: success ? lost : Math.max(lost, 1) });
  });
  const around: string[] = [];
  tests.on("test:start", ({ name, nesting }) => around.splice(nesting, around.length, short(name)));
  const took: Record<string, number> = {};
  const ended = (name: string, nesting: number, milliseconds: number): void => {
    if (nesting === 0 && paths.includes(name)) took[short(name)] = milliseconds / 1000;
  };
  tests.on("test:pass", ({ name, nesting, details }) => ended(name, nesting, details.duration_ms));
  tests.on("test:fail", ({ name, nesting, details }) => {
    ended(name, nesting, details.duration_ms);
    // Those around a test that failed say no more than that.
    if (/subtests? failed/.test(details.error.message)) return;
    const test = [...around.slice(0, nesting), short(name)].join(" > ");
    const aborted = "failureType" in details.error && details.error.failureType === "testAborted";
    const why = aborted ? `it had not ended after ${(2 * group.limit) / 60_000} minutes` : reason(details.error);
    failed({ test, why });
  });
  const output = await text(tests.compose(spec));
  return { ...count, output, took };
}

const short = (name: string): string => (name.startsWith(root) ? relative(root, name) : name);

function reason(error: Error): string {
  const { stack, message } = error.cause instanceof Error ? error.cause : error;
  return (stack ?? message).split("\n").slice(0, 60).join("\n");
}
