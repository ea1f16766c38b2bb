/** Other YAML files of Coffer, read with the means of the spec: all problems at once, each with its position. */
import type { z } from "zod";
import { parseText } from "./parse.ts";
import { problemsOf } from "./positions.ts";
import { type Fault, SpecError, type SpecProblem } from "./problem.ts";
import { checkShape } from "./shape.ts";
import { decode } from "./text.ts";
import { Tree } from "./tree.ts";

export interface YamlDocument<Value> {
  value: Value;
  /** The faults with their positions, in the order of the file. */
  problems(faults: readonly Fault[]): readonly SpecProblem[];
}

/** Holds a file against a schema made with `schema-parts.ts`. Throws a `SpecError` with all problems. */
export function readDocument<Schema extends z.ZodType>(
  bytes: Uint8Array | string,
  file: string,
  schema: Schema,
): YamlDocument<z.infer<Schema>> {
  const { tree, problems } = positionsOf(bytes, file);
  if (!tree)
    throw new SpecError(problems([{ code: "empty", path: [], message: "the file is empty or cannot be read" }]));
  const { faults } = checkShape(tree, schema);
  const all = [...tree.faults, ...faults];
  if (all.length) throw new SpecError(problems(all));
  return { value: schema.parse(tree.root), problems };
}

/** Positions in a file that may be anything; what YAML itself finds wrong with it is thrown as a `SpecError`. */
export function positionsOf(bytes: Uint8Array | string, file: string) {
  const decoded = decode(bytes);
  if ("fault" in decoded) throw new SpecError([{ file, path: "", ...decoded.fault }]);
  const { document, lines, faults } = parseText(decoded.text);
  if (faults.length) throw new SpecError(problemsOf(faults, file, lines));
  const tree = document?.contents ? new Tree(document) : undefined;
  return { text: decoded.text, tree, problems: (faults: readonly Fault[]) => problemsOf(faults, file, lines, tree) };
}
