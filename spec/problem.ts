/** What is wrong with a spec, for people and for programs. */
export type PathSegment = string | number;
export type Path = readonly PathSegment[];

/** One problem of a spec file. Field names are stable: they are what `-o json` prints. */
export interface SpecProblem {
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  /** For example `instances.orders.flavor`; empty for the file as a whole. */
  path: string;
  /** The rule that was broken: stable, for programs. */
  code: string;
  message: string;
  received?: string;
  allowed?: string;
  /** The nearest valid name. */
  suggestion?: string;
}

/** A problem before it has a position in a file: what the stages of loading report. */
export interface Fault {
  code: string;
  path: Path;
  message: string;
  /** Where it is, when the path does not say so: an offset into the text. */
  offset?: number;
  /** Points at the key of the path's last segment instead of at its value. */
  atKey?: boolean;
  /** What was received, for people; absent: the loader shows the source of the value, where that is harmless. */
  received?: string;
  allowed?: string;
  /** All valid names, when a name is unknown; asked for only when the problem is shown. */
  candidates?: () => readonly string[];
  /** The nearest valid name, when it is known already; else it is looked for among `candidates`. */
  suggestion?: string;
  /** What the candidates are compared with, when it is neither the key nor the value at `path`. */
  word?: string;
}

/** Thrown by `loadSpec`: all problems at once, in the order of the file. */
export class SpecError extends Error {
  override name = "SpecError";
  readonly problems: readonly SpecProblem[];

  constructor(problems: readonly SpecProblem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

/** One line per problem: `FILE:LINE:COL: path: message (received ...; allowed ...; did you mean "x"?)`. */
export function formatProblems(problems: readonly SpecProblem[]): string {
  return problems.map(formatProblem).join("\n");
}

function formatProblem(problem: SpecProblem): string {
  const { received, allowed, suggestion } = problem;
  const details: string[] = [];
  if (received !== undefined && !problem.message.includes(received)) details.push(`received ${received}`);
  if (allowed !== undefined) details.push(`allowed: ${allowed}`);
  if (suggestion !== undefined) details.push(`did you mean ${JSON.stringify(suggestion)}?`);
  const where = problem.path === "" ? "" : `${problem.path}: `;
  const tail = details.length === 0 ? "" : ` (${details.join("; ")})`;
  return `${problem.file}:${problem.line}:${problem.column}: ${where}${problem.message}${tail}`;
}

/** `["instances", "orders", "databases", 0]` as `instances.orders.databases[0]`; unusual keys are quoted. */
export function formatPath(path: Path): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else if (/^[\p{L}\p{N}_-]+$/u.test(segment)) text += text === "" ? segment : `.${segment}`;
    else text += `[${quote(segment)}]`;
  }
  return text;
}

const longestShown = 80;

/** Text in quotes for a message: on one line, without characters that hide or reorder, cut when long. */
export function quote(text: string): string {
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}...` : text;
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The part of a path that may be shown, when something below it may be a password that was written where it does not
 * belong; undefined when nothing on the path is secret.
 */
export function secretPrefix(path: Path): Path | undefined {
  const index = path.findIndex(
    (segment, index) =>
      typeof segment === "string" &&
      (/pass|secret|token|credential/i.test(segment) || (path[index - 1] === "bastion" && /key/i.test(segment))),
  );
  return index < 0 ? undefined : path.slice(0, index + 1);
}
