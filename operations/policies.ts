/** The checkout's policies, held against a spec before anything is changed. */
import { dayOf, judgeSpec, loadPolicies, type PlacedViolation } from "../policies/policies.ts";
import { formatProblems } from "../spec/problem.ts";
import type { Report } from "./events.ts";
import type { Refusal } from "./refusals.ts";
import type { SpecSource } from "./session.ts";
import type { Workspace } from "./workspace.ts";

export interface PolicyRequest {
  workspace: Workspace;
  stack: string;
  source: SpecSource;
}

/** Everything that the spec breaks, in the order of the file. Throws a SpecError when policies.yaml is wrong. */
export async function policyViolations({ workspace, stack, source }: PolicyRequest): Promise<PlacedViolation[]> {
  const policies = await loadPolicies(workspace.root);
  const { bytes, shown: file, spec } = source;
  return judgeSpec({ bytes, file, spec }, { ...policies, stack, today: dayOf(new Date()) });
}

/** What stops an apply; the rest is told. */
export function policyRefusals(violations: readonly PlacedViolation[], report: Report): Refusal[] {
  for (const violation of violations) {
    if (violation.severity === "advisory")
      report({ kind: "note", severity: violation.excepted ? "info" : "warning", text: violationWords(violation) });
  }
  return violations
    .filter(({ severity }) => severity === "mandatory")
    .map((violation) => ({
      ...(violation.at.instance === undefined ? {} : { instance: violation.at.instance }),
      rule: violation.rule,
      message: violationWords(violation),
      remedy: `${violation.remedy}; see ${violation.page}`,
    }));
}

/** One line with the place; `FILE:LINE:COL: path: message`. */
function violationWords(violation: PlacedViolation): string {
  return formatProblems([{ ...violation.problem, message: policyWords(violation) }]);
}

/** What is broken and which policy says so; with the exception that lets it through. */
export function policyWords({ rule, message, excepted }: PlacedViolation): string {
  const why = excepted ? `; excepted until ${excepted.expires}: ${excepted.reason}` : "";
  return `${message} [policy ${rule}]${why}`;
}
