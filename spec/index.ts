/** The spec language: everything the rest of Coffer needs of it. */
import type { Engine } from "../engines/engine.ts";
import { engines } from "../engines/index.ts";
import { readSpec, specFrom } from "./load.ts";
import type { FlavorSize, StackSpec } from "./model.ts";
import type { SpecProblem } from "./problem.ts";

export * from "./edit.ts";
export * from "./edit-configurations.ts";
export { initialSpec } from "./initial.ts";
export { jsonSchema } from "./json-schema.ts";
export { type FoundFault, problemsAt } from "./load.ts";
export type * from "./model.ts";
export { formatProblems, SpecError, type SpecProblem } from "./problem.ts";
export { SpecChangedError, SpecLockedError, writeSpec } from "./write.ts";

export interface LoadOptions {
  /** The engines that specs may name. Default: all of them. */
  engines?: readonly Engine[];
  /**
   * The cloud's flavors by name, where flavors are the cloud's (OpenStack). Default: nobody has asked the cloud: sizes
   * stay out of the model, and rules on flavors and memory keep quiet. Ignored where the spec declares flavors.
   */
  flavors?: ReadonlyMap<string, FlavorSize>;
}

/**
 * The model of a spec file. `file` is its name as it appears in problems; nothing is read from disk.
 * Throws a `SpecError` with all problems, in the order of the file.
 */
export function loadSpec(bytes: Uint8Array | string, file: string, options: LoadOptions = {}): StackSpec {
  return specFrom(bytes, file, { ...options, engines: options.engines ?? engines });
}

/** All problems of a spec file, in the order of the file; none when it is valid. */
export function specProblems(
  bytes: Uint8Array | string,
  file: string,
  options: LoadOptions = {},
): readonly SpecProblem[] {
  return readSpec(bytes, file, { ...options, engines: options.engines ?? engines }).problems;
}
