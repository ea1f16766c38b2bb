/** The policies of a checkout: Coffer's rules, the team's, and the organisation's settings. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Judgement, judge } from "./judge.ts";
import type { AnyRule } from "./rule.ts";
import { rules as ours } from "./rules/index.ts";
import { noSettings, readSettings, type Settings, settingsFile } from "./settings.ts";
import { type PlacedViolation, placed, type SpecSource, specFacts } from "./spec-facts.ts";
import { withTeam } from "./team.ts";

export { dayOf } from "./judge.ts";
export type { PlacedViolation } from "./spec-facts.ts";

export interface Policies {
  rules: readonly AnyRule[];
  settings: Settings;
}

/** Without a `policies.yaml` in `root`: Coffer's rules with no limits. Throws a `SpecError` with all its problems. */
export async function loadPolicies(root: string): Promise<Policies> {
  const bytes = await readFile(join(root, settingsFile)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) return { rules: ours, settings: noSettings };
  return readSettings(bytes, settingsFile, (team) => withTeam(ours, root, team));
}

/** What a valid spec breaks, in the order of the file. */
export function judgeSpec(source: SpecSource, judgement: Judgement): PlacedViolation[] {
  return placed(source, judge(specFacts(source), judgement));
}
