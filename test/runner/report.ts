/** What a run says at its end: what failed, what each group took, and which files took longest. */
import type { Job } from "./groups.ts";
import type { Outcome } from "./jobs.ts";

export interface Done {
  job: Job;
  outcome: Outcome;
  /** Milliseconds since the run began. */
  started: number;
  ended: number;
}

/** How many files are listed. */
const slowest = 12;

const seconds = (value: number): string => value.toFixed(1);

export const counted = ({ passed, failed, skipped }: Pick<Outcome, "passed" | "failed" | "skipped">): string =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;

export const sum = (all: readonly Pick<Outcome, "passed" | "failed" | "skipped">[]) => ({
  passed: all.reduce((total, { passed }) => total + passed, 0),
  failed: all.reduce((total, { failed }) => total + failed, 0),
  skipped: all.reduce((total, { skipped }) => total + skipped, 0),
});

/**
 * A row for each group: its seconds from the first job's start to the last one's end, and all of its jobs' seconds (more, where they ran side by
 * side), and then the slowest files.
 */
export function report(done: readonly Done[]): string {
  const names = [...new Set(done.map(({ job }) => job.group.name))];
  const rows = names.map((name) => {
    const of = done.filter(({ job }) => job.group.name === name);
    const from = Math.min(...of.map(({ started }) => started));
    const to = Math.max(...of.map(({ ended }) => ended));
    const { passed, failed, skipped } = sum(of.map(({ outcome }) => outcome));
    const work = of.reduce((total, { outcome }) => total + outcome.seconds, 0);
    return [name, seconds((to - from) / 1000), seconds(work), ...[passed, failed, skipped].map(String)];
  });
  const head = ["group", "seconds", "of its jobs", "passed", "failed", "skipped"];
  const took = done.flatMap(({ outcome }) => Object.entries(outcome.took)).filter(([name]) => name.includes("/"));
  const files = took
    .sort(([, a], [, b]) => b - a)
    .slice(0, slowest)
    .map(([name, value]) => [name, seconds(value)]);
  return [
    table([head, ...rows]),
    ...(files.length > 1 ? [table([["the slowest files", "seconds"], ...files])] : []),
  ].join("\n\n");
}

/** The first column to the left, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row.map((cell, at) => (at ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join("  "),
    )
    .join("\n");
}
