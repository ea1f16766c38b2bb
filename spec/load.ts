/** Loading a spec: bytes, text, YAML, tree, shape, rules, model. All problems of a file are found in one go. */
import type { Engine } from "../engines/engine.ts";
import { draftOf } from "./draft.ts";
import type { StackSpec } from "./model.ts";
import { nearest } from "./nearest.ts";
import { parseText } from "./parse.ts";
import type { Fault, SpecProblem } from "./problem.ts";
import { formatPath, quote, SpecError, secretPrefix } from "./problem.ts";
import { specOf } from "./resolve.ts";
import { checkRules } from "./rules.ts";
import { checkShape } from "./shape.ts";
import { decode } from "./text.ts";
import { Tree } from "./tree.ts";

/** A file that is no spec at all could have millions of problems; more than these help nobody. */
export const mostProblems = 1000;
/** Looking for the nearest name among thousands takes time: only the first problems get it. */
const mostSuggestions = 100;

export interface Loaded {
  /** In the order of the file. */
  problems: readonly SpecProblem[];
  /** Present when there is no problem. */
  spec?: StackSpec;
}

/** Reads the text of a spec file; `file` is its name in problems. Never throws on any input. */
export function readSpec(bytes: Uint8Array | string, file: string, engines: readonly Engine[]): Loaded {
  const decoded = decode(bytes);
  if ("fault" in decoded) return { problems: [{ file, path: "", ...decoded.fault }] };
  const { document, lines, faults } = parseText(decoded.text);
  const positioned = (faults: readonly Fault[], tree?: Tree) => problemsOf(faults, file, lines, tree);
  if (!document) return { problems: positioned(faults) };
  const tree = new Tree(document);
  if (document.contents === null || tree.root === null) {
    return { problems: positioned([{ code: "empty", path: [], offset: 0, message: emptyWords }]) };
  }
  const shape = checkShape(tree);
  const sofar = withoutEchoes([...tree.faults, ...shape.faults], tree.faults);
  if (!shape.usable) return { problems: positioned(sofar, tree) };
  const draft = draftOf(tree.root, engines);
  const all = withoutEchoes([...sofar, ...checkRules({ draft, engines })], tree.faults);
  return all.length === 0 ? { problems: [], spec: specOf(draft) } : { problems: positioned(all, tree) };
}

/** What could not be read counts as nothing from then on: that it is missing is no second problem. */
function withoutEchoes(faults: readonly Fault[], unread: readonly Fault[]): readonly Fault[] {
  if (unread.length === 0) return faults;
  const own = new Set(unread);
  const places = new Set(unread.filter(({ code }) => code !== "duplicate-key").map(({ path }) => formatPath(path)));
  return faults.filter((fault) => own.has(fault) || !places.has(formatPath(fault.path)));
}

const emptyWords = "the file is empty: a spec begins with `coffer: 1` and `target: docker`";

type Lines = { linePos(offset: number): { line: number; col: number } };

function problemsOf(faults: readonly Fault[], file: string, lines: Lines, tree?: Tree): SpecProblem[] {
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
  if (!fault.candidates) return undefined;
  const content = fault.atKey ? fault.path.at(-1) : tree?.place(fault.path).content;
  const word = fault.word ?? content;
  return typeof word === "string" ? nearest(word, fault.candidates()) : undefined;
}

/** As `readSpec`, for a spec that must be valid; throws a `SpecError` with all problems. */
export function specFrom(bytes: Uint8Array | string, file: string, engines: readonly Engine[]): StackSpec {
  const { spec, problems } = readSpec(bytes, file, engines);
  if (!spec) throw new SpecError(problems);
  return spec;
}
