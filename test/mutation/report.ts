/** What a run of StrykerJS says, in lines: the score, and the mutants that no test noticed. */

interface Mutant {
  status: "Killed" | "Timeout" | "Survived" | "NoCoverage" | "Ignored" | "CompileError" | "RuntimeError";
  mutatorName: string;
  replacement?: string;
  location: { start: Position; end: Position };
}

interface Position {
  /** From 1 on. */
  line: number;
  column: number;
}

/** The mutation testing report's schema, as far as it is read here. */
export interface Report {
  files: Readonly<Record<string, { source: string; mutants: readonly Mutant[] }>>;
}

export function summary({ files }: Report): string {
  const sums: Sum[] = [];
  const lines = Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const is = (...which: readonly Mutant["status"][]) => mutants.filter(({ status }) => which.includes(status));
    const left = is("Survived", "NoCoverage", "CompileError", "RuntimeError");
    const sum = { noticed: is("Killed", "Timeout").length, reached: 0, unreached: is("NoCoverage").length };
    sum.reached = sum.noticed + left.length - sum.unreached;
    sums.push(sum);
    // A loop without end, or a machine that was too slow: to be read, too.
    return [`${file}: ${words(sum)}`, ...[...left, ...is("Timeout")].map((mutant) => described(mutant, source))];
  });
  const all = (part: keyof Sum) => sums.reduce((n, sum) => n + sum[part], 0);
  const whole = { noticed: all("noticed"), reached: all("reached"), unreached: all("unreached") };
  return [...lines, `score: ${words(whole)}`, ""].join("\n");
}

/** Mutants: those that a test noticed, those that a test ran into, and those that none did. */
interface Sum {
  noticed: number;
  reached: number;
  unreached: number;
}

function words({ noticed, reached, unreached }: Sum): string {
  const share = reached ? ` (${Math.round((1000 * noticed) / reached) / 10} %)` : "";
  return `${noticed} of ${reached}${share}; ${unreached} that these tests do not run into`;
}

function described({ status, mutatorName, replacement, location: { start, end } }: Mutant, source: string): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const text = lines
    .map((line, i) => line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined).trim())
    .join(" ");
  return `  ${start.line}: ${status} ${mutatorName}: ${text} => ${(replacement ?? "").replaceAll(/\s+/g, " ")}`;
}
