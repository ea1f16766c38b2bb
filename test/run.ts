/**
 * Runs groups of tests and prints `N passed, N failed` at the end. Exit code 1 when anything failed. What needs something on the machine
 * waits until that is set up, while others run already.
 */

import { additions } from "./runner/full.ts";
import { type Job, jobsOf } from "./runner/groups.ts";
import { type Failure, type Outcome, runJob } from "./runner/jobs.ts";
import { next } from "./runner/lanes.ts";
import { counted, type Done, report, sum } from "./runner/report.ts";
import { record } from "./runner/weights.ts";
import { type Ground, setUp, sshServer } from "./support/set-up.ts";

/** Of the machine. More of them would not make a run of the same tests faster: servers and Pulumi share them. */
const cores = 2;
const options = ["--full", "--weigh"];

const args = process.argv.slice(2);
const jobs = chosen();
const began = performance.now();
if (args.includes("--full")) {
  process.env.COFFER_TEST_FULL = "1";
  const added = additions(jobs).map((line) => `  ${line}`);
  say(...(added.length ? ["--full adds:", ...added] : ["--full adds nothing to these"]));
}

const ready = new Set<string>();
const failures: string[] = [];
const done: Done[] = [];
const waiting = [...jobs];
const running: Job[] = [];
/** Resolves when something ended or became ready. */
let changed = Promise.withResolvers<void>();
void prepare();
while (waiting.length || running.length) {
  const job = next(waiting, running, cores, (group) => ready.has(group));
  if (job) void start(job);
  else await changed.promise;
}

const total = sum(done.map(({ outcome }) => outcome));
if (args.includes("--weigh")) record(Object.assign({}, ...done.map(({ outcome }) => outcome.took)));
say("", report(done), "");
if (failures.length) say("failed:", ...failures.map((one) => `  ${one}`), "");
say(`${total.passed} passed, ${total.failed} failed`);
// Connections that a failed test left open must not keep the run from ending.
process.exit(total.failed || !total.passed ? 1 : 0);

function chosen(): readonly Job[] {
  try {
    return jobsOf(args.filter((arg) => !options.includes(arg)));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}

/** One ground after the other: they install packages. A group whose ground fails counts as failed, and others go on. */
async function prepare(): Promise<void> {
  const needs = (ground?: Ground): string[] => [
    ...new Set(jobs.flatMap(({ group }) => (group.needs === ground ? [group.name] : []))),
  ];
  open(needs());
  const cloud = needs("openstack").length > 0;
  for (const ground of ["pulumi", "docker", "openstack"] as const) {
    const groups = needs(ground);
    if (groups.length === 0) continue;
    try {
      // Who tests the cloud tests the way to its guests with a real server, too.
      if (cloud) await sshServer();
      await setUp(ground);
      open(groups);
    } catch (error) {
      const why = error instanceof Error ? String(error.stack) : String(error);
      for (const job of waiting.filter(({ group }) => groups.includes(group.name)))
        lose(job, `setting up ${ground}: ${why}`);
      wake();
    }
  }
}

function open(groups: readonly string[]): void {
  for (const name of groups) ready.add(name);
  wake();
}

function wake(): void {
  changed.resolve();
  changed = Promise.withResolvers();
}

/** Counts a job that cannot run as one failed test. */
function lose(job: Job, why: string): void {
  waiting.splice(waiting.indexOf(job), 1);
  tell(job, { test: job.title, why });
  const now = performance.now() - began;
  done.push({
    job,
    outcome: { passed: 0, failed: 1, skipped: 0, seconds: 0, output: "", took: {} },
    started: now,
    ended: now,
  });
}

async function start(job: Job): Promise<void> {
  waiting.splice(waiting.indexOf(job), 1);
  running.push(job);
  const started = performance.now() - began;
  say(`${clock()} ${place(job)}: begins`);
  const outcome = await runJob(job, (failure) => tell(job, failure)).catch((error: Error): Outcome => {
    tell(job, { test: job.title, why: String(error.stack) });
    return { passed: 0, failed: 1, skipped: 0, seconds: 0, output: "", took: {} };
  });
  running.splice(running.indexOf(job), 1);
  done.push({ job, outcome, started, ended: performance.now() - began });
  // Whoever watches wants to see how far it is; whoever reads it afterwards, each test.
  if (!process.stdout.isTTY) say(outcome.output.trimEnd());
  say(
    `${clock()} ${done.length} of ${jobs.length} done: ${job.title}: ${counted(outcome)} in ${outcome.seconds.toFixed(1)} s`,
  );
  wake();
}

function tell(job: Job, { test, why }: Failure): void {
  // A test of several files' process bears the name of its own, and a file that fails by itself its own.
  failures.push(job.files.length === 1 && test !== job.title ? `${job.title} > ${test}` : test);
  say(`FAILED ${failures.at(-1)}`, why);
}

/** Which of its group's jobs it is, and what. */
function place(job: Job): string {
  const all = jobs.filter(({ group }) => group === job.group);
  if (all.length === 1) return job.title;
  return `${job.group.name} ${all.indexOf(job) + 1} of ${all.length}: ${job.title}`;
}

function clock(): string {
  const passed = Math.round((performance.now() - began) / 1000);
  return `[${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, "0")}]`;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
