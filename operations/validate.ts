/** `validate`: all problems of a spec file, and what it breaks of the policies. Loads nothing else. */
import { readFile } from "node:fs/promises";
import type { Severity } from "../policies/rule.ts";
import { loadSpec, SpecError, type SpecProblem } from "../spec/index.ts";
import { fileError, OperationError } from "./errors.ts";
import { policyViolations, policyWords } from "./policies.ts";
import { chooseStack, type StackRequest } from "./stack-choice.ts";
import type { Workspace } from "./workspace.ts";

export interface Validation {
  file: string;
  valid: boolean;
  /** In the order of the file. Of a policy that is broken the code is its id. */
  problems: readonly SpecProblem[];
  /** What policies advise against, or let through by an exception. */
  warnings: readonly SpecProblem[];
  /** Names of the instances; none while there are problems. */
  instances: readonly string[];
}

export async function validate(request: StackRequest & { workspace: Workspace }): Promise<Validation> {
  const { name, file } = await chooseStack(request.workspace, request);
  if (file === undefined)
    throw new OperationError("input", `stack "${name}" has no spec file here`, { remedy: "name it with -f FILE" });
  const shown = request.shownFile ?? file;
  const bytes = await readFile(file).catch((error: unknown) => {
    const failure = fileError(error, "read the spec", shown);
    throw failure instanceof OperationError
      ? new OperationError("input", failure.message, { remedy: failure.remedy ?? "check the path" })
      : failure;
  });
  try {
    const spec = loadSpec(bytes, shown);
    const source = { file, shown, bytes, spec };
    const violations = await policyViolations({ workspace: request.workspace, stack: name, source });
    const told = (severity: Severity) =>
      violations
        .filter((one) => one.severity === severity)
        .map((one) => ({ ...one.problem, message: policyWords(one) }));
    const problems = told("mandatory");
    const instances = problems.length ? [] : spec.instances.map((instance) => instance.name);
    return { file: shown, valid: !problems.length, problems, warnings: told("advisory"), instances };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return { file: shown, valid: false, problems: error.problems, warnings: [], instances: [] };
  }
}
