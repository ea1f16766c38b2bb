/**
 * `force-delete`: as `delete`, for an instance that cannot be removed in good order: its first apply has not ended, its
 * machine is in error, its guest does not answer. The data volume is always kept.
 */
import type { Plan } from "./apply.ts";
import { type DeleteResult, mustBeRecorded, removeFromStack, withoutInstance } from "./instance-edits.ts";
import { readSource, withLockedStack } from "./session.ts";
import type { EditRequest } from "./spec-edits.ts";

export interface ForceDeleteRequest extends Omit<EditRequest, "editOnly"> {
  name: string;
  approve(plan: Plan): Promise<boolean>;
}

export async function forceDelete(request: ForceDeleteRequest): Promise<DeleteResult> {
  const { name } = request;
  const { source, chosen } = await readSource(request);
  const edited = withoutInstance(source, { ...request, editOnly: false });
  if (edited === source) await mustBeRecorded(request, source, name);
  return withLockedStack(request, chosen, edited, async (session) => {
    const environment = { COFFER_FORCE: name };
    const { applied, own, datastores } = await removeFromStack(session, source, edited, {
      ...request,
      editOnly: false,
      environment,
    });
    return { file: source.file, applied, kept: own.map(({ row }) => row), deleted: [], datastores };
  });
}
