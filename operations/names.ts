/** Names of instances, as quickly as they can be had: for completion. */
import { loadSpec } from "../spec/index.ts";
import { readIfThere } from "./files.ts";
import { chooseStack, type StackRequest } from "./stack-choice.ts";
import type { Workspace } from "./workspace.ts";

/** From the spec file; none when there is no lone stack, or its file is not valid. */
export async function instanceNames(request: StackRequest & { workspace: Workspace }): Promise<readonly string[]> {
  const { file } = await chooseStack(request.workspace, request);
  const text = file === undefined ? undefined : await readIfThere(file);
  if (file === undefined || text === undefined) return [];
  return loadSpec(text, file).instances.map(({ name }) => name);
}
