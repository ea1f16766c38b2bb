/** The rules of the spec language that look at more than one value, as a table. What an engine knows is asked of it. */
import type { Fault } from "./problem.ts";
import type { Context, Rule } from "./rule.ts";
import { accessRules } from "./rules-access.ts";
import { databaseRules } from "./rules-databases.ts";
import { referenceRules } from "./rules-references.ts";
import { serverRules } from "./rules-server.ts";
import { targetRules } from "./rules-target.ts";

export const rules: readonly Rule[] = [
  ...referenceRules,
  ...targetRules,
  ...accessRules,
  ...serverRules,
  ...databaseRules,
];

/** The faults of all rules. */
export function checkRules(context: Context): readonly Fault[] {
  return rules.flatMap((rule) => rule.check(context).map((fault) => ({ ...fault, code: rule.id })));
}
