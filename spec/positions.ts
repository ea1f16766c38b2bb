/** From faults to problems: positions in the file, what was received there, and the nearest valid name. */
import { nearest } from "./nearest.ts";
import type { Fault, SpecProblem } from "./problem.ts";
import { formatPath, quote, secretPrefix } from "./problem.ts";
import type { Tree } from "./tree.ts";

/** A file that is no spec at all could have millions of problems; more than these help nobody. */
export const mostProblems = 1000;
/** Looking for the nearest name among thousands takes time: only the first problems get it. */
const mostSuggestions = 100;

type Lines = { linePos(offset: number): { line: number; col: number } };

/** At most `mostProblems`, and a last one that says how many there are more. Without a tree all stand at the beginning. */
export function problemsOf(faults: readonly Fault[], file: string, lines: Lines, tree?: Tree): SpecProblem[] {
  // An anchored value that many aliases share is at fault once.
  const found = new Map<string, { fault: Fault; offset: number }>();
  for (const fault of faults) {
    const offset = fault.offset ?? placeOf(fault, tree);
    const key = `${offset} ${fault.code} ${fault.message}`;
    if (!found.has(key)) found.set(key, { fault, offset });
  }
  const sorted = [...found.values()].sort((a, b) => a.offset - b.offset);
  const problems = sorted.slice(0, mostProblems).map(({ fault, offset }, index): SpecProblem => {
    const { line, col } = lines.linePos(offset);
    const received = fault.received ?? receivedOf(fault, tree);
    const suggestion = index < mostSuggestions ? suggestionFor(fault, tree) : undefined;
    return {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: formatPath(fault.path),
      code: fault.code,
      message: fault.message,
      ...(received === undefined ? {} : { received }),
      ...(fault.allowed === undefined ? {} : { allowed: fault.allowed }),
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  });
  const last = problems.at(-1);
  if (last && sorted.length > mostProblems) {
    const message = `${sorted.length - mostProblems} more problems are not shown`;
    problems.push({ file, line: last.line, column: last.column, path: "", code: "more-problems", message });
  }
  return problems;
}

function placeOf(fault: Fault, tree: Tree | undefined): number {
  const place = tree?.place(fault.path);
  return (fault.atKey ? place?.key : place?.value) ?? 0;
}

/** What the file says there, for people; undefined when there is nothing, and a mere kind for lists and mappings. */
function receivedOf(fault: Fault, tree: Tree | undefined): string | undefined {
  if (!tree || fault.offset !== undefined) return undefined;
  if (fault.atKey) return quote(String(fault.path.at(-1)));
  if (secretPrefix(fault.path)) return "a value that is not shown";
  const { source, content } = tree.place(fault.path);
  if (content === undefined) return undefined;
  if (content === null) return "nothing";
  if (Array.isArray(content)) return "a list";
  if (typeof content === "object") return "a mapping";
  // A file that is one long text is no spec, and nothing is known about what is in it.
  if (fault.path.length === 0) return "text";
  return typeof content === "string" ? quote(content) : (source ?? String(content));
}

function suggestionFor(fault: Fault, tree: Tree | undefined): string | undefined {
  if (fault.suggestion !== undefined || !fault.candidates) return fault.suggestion;
  const content = fault.atKey ? fault.path.at(-1) : tree?.place(fault.path).content;
  const word = fault.word ?? content;
  return typeof word === "string" ? nearest(word, fault.candidates()) : undefined;
}
