/** What a rule of the spec language is. */
import type { Engine } from "../engines/engine.ts";
import type { Draft } from "./draft.ts";
import type { Fault } from "./problem.ts";

export interface Context {
  draft: Draft;
  engines: readonly Engine[];
}

/** A fault of a rule; its code is the rule's id. */
export type RuleFault = Omit<Fault, "code">;

export interface Rule {
  /** Stable: the `code` of the problems it finds. */
  id: string;
  why: string;
  check(context: Context): readonly RuleFault[];
}

/** Names for a message: all of a few, the first of many, `none` when there is none. */
export function listed(names: readonly string[], none: string): string {
  if (names.length === 0) return none;
  return names.length <= 10 ? names.join(", ") : `${names.slice(0, 10).join(", ")} and ${names.length - 10} more`;
}

/** An engine's candidates as a fault has them. */
export function lazily(candidates: readonly string[] | undefined): (() => readonly string[]) | undefined {
  return candidates && (() => candidates);
}
