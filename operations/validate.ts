/** `validate`: all problems of a spec file. Loads nothing but the spec language. */
import { readFile } from "node:fs/promises";
import { loadSpec, SpecError, type SpecProblem } from "../spec/index.ts";
import { fileError, OperationError } from "./errors.ts";
import { chooseStack, type StackRequest } from "./stack-choice.ts";
import type { Workspace } from "./workspace.ts";

export interface Validation {
  file: string;
  valid: boolean;
  /** In the order of the file. */
  problems: readonly SpecProblem[];
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
    return { file: shown, valid: true, problems: [], instances: spec.instances.map((instance) => instance.name) };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return { file: shown, valid: false, problems: error.problems, instances: [] };
  }
}
