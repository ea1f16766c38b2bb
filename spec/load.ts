/** Loading a spec: bytes, text, YAML, tree, shape, rules, model. All problems of a file are found in one go. */
import type { Engine } from "../engines/engine.ts";
import { draftOf } from "./draft.ts";
import type { FlavorSize, StackSpec } from "./model.ts";
import { parseText } from "./parse.ts";
import { problemsOf } from "./positions.ts";
import type { Fault, Path, SpecProblem } from "./problem.ts";
import { formatPath, SpecError } from "./problem.ts";
import { specOf } from "./resolve.ts";
import { checkRules } from "./rules.ts";
import { checkShape } from "./shape.ts";
import { decode } from "./text.ts";
import { Tree } from "./tree.ts";

export interface Loaded {
  /** In the order of the file. */
  problems: readonly SpecProblem[];
  /** Present when there is no problem. */
  spec?: StackSpec;
}

/** What the loader is told besides the file. */
export interface Known {
  engines: readonly Engine[];
  /** The cloud's flavors by name, when it has been asked; undefined: flavors and their sizes are not judged. */
  flavors?: ReadonlyMap<string, FlavorSize>;
}

/** Reads the text of a spec file; `file` is its name in problems. Never throws on any input. */
export function readSpec(bytes: Uint8Array | string, file: string, { engines, flavors }: Known): Loaded {
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
  const draft = draftOf(tree.root, engines, flavors);
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

/** As `readSpec`, for a spec that must be valid; throws a `SpecError` with all problems. */
export function specFrom(bytes: Uint8Array | string, file: string, known: Known): StackSpec {
  const { spec, problems } = readSpec(bytes, file, known);
  if (!spec) throw new SpecError(problems);
  return spec;
}

/** Something that is wrong with a value of a valid spec, found where the spec is held against the real target. */
export interface FoundFault {
  /** For example `["instances", "orders", "flavor"]`; what the file does not say is placed at what it would be in. */
  path: Path;
  /** Points at the key of the path's last segment instead of at its value. */
  atKey?: boolean;
  message: string;
  /** Default: what the file says there. */
  received?: string;
  allowed?: string;
  suggestion?: string;
}

/** The faults as a SpecError with their positions in the file, sorted by them; the code of each is `target`. */
export function problemsAt(bytes: Uint8Array | string, file: string, faults: readonly FoundFault[]): SpecError {
  const decoded = decode(bytes);
  const { document, lines } = parseText("text" in decoded ? decoded.text : "");
  const coded = faults.map((fault) => ({ ...fault, code: "target" }));
  return new SpecError(problemsOf(coded, file, lines, document && new Tree(document)));
}
