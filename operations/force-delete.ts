/**
 * `force-delete`: as `delete`, for an instance that cannot be removed in good order: its first apply has not ended, its
 * machine is in error, its guest does not answer. The data volume is always kept.
 */
import { removeInstance } from "../spec/edit.ts";
import type { Plan } from "./apply.ts";
import { type Deployment, recordsOf } from "./deployment.ts";
import { instanceType, nameOfUrn } from "./engine-events.ts";
import { type DeleteResult, removeFromStack } from "./instance-edits.ts";
import { noInstance } from "./instances.ts";
import { readSource, withLockedStack } from "./session.ts";
import { type EditRequest, editSpec } from "./spec-edits.ts";
import { readDeployment } from "./state.ts";

export interface ForceDeleteRequest extends Omit<EditRequest, "editOnly"> {
  name: string;
  approve(plan: Plan): Promise<boolean>;
}

export async function forceDelete(request: ForceDeleteRequest): Promise<DeleteResult> {
  const { name } = request;
  const { source, chosen } = await readSource(request);
  const names = source.spec.instances.map((instance) => instance.name);
  // A `delete` that failed has taken it out of the spec already.
  const edited = names.includes(name) ? editSpec(source, request, (text) => removeInstance(text, name)) : source;
  return withLockedStack(request, chosen, edited, async (session) => {
    const deployment = await readDeployment(session.workspace, session.place, session.stack.name);
    const recorded = recordedNames(deployment);
    if (edited === source && !recorded.includes(name))
      throw noInstance(name, chosen.name, [...new Set([...names, ...recorded])]);
    const environment = { COFFER_FORCE: name };
    const { applied, own, datastores } = await removeFromStack(session, source, edited, {
      ...request,
      editOnly: false,
      environment,
    });
    return { file: source.file, applied, kept: own.map(({ row }) => row), deleted: [], datastores };
  });
}

/** Of every instance that left a trace in the state. */
function recordedNames(deployment: Deployment | undefined): string[] {
  if (!deployment) return [];
  const components = deployment.resources.filter(({ type }) => type === instanceType).map(({ urn }) => nameOfUrn(urn));
  return [...new Set([...Object.keys(recordsOf(deployment).instances), ...components])];
}
