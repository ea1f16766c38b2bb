/** Figures, and the table they are shown in. */
export interface Figure {
  what: string;
  against: string;
  aim: number;
  /** Seconds, by round. */
  ours: number[];
  theirs: number[];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export function table(rows: readonly Figure[]): string {
  const lines = rows.map((row) => {
    const ratio = median(row.ours.map((value, i) => value / (row.theirs[i] ?? Number.NaN)));
    const verdict = ratio <= row.aim ? "met" : "missed";
    return `| ${row.what} | ${median(row.ours).toFixed(2)} s | ${row.against} | ${median(row.theirs).toFixed(2)} s | ${ratio.toFixed(2)} | ${row.aim} | ${verdict} |`;
  });
  return ["| What | Coffer | Against | Takes | Ratio | Aim | |", "|---|---|---|---|---|---|---|", ...lines, ""].join(
    "\n",
  );
}
