/** `create` and `delete`: verbs that edit the spec file and apply their own change. */

import { roleOfType } from "../components/kinds.ts";
import { addInstance, removeInstance, type Setting } from "../spec/edit.ts";
import type { Plan } from "./apply.ts";
import { type Deployment, instanceOf, instancesOf, type RecordedResource, recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { noInstance } from "./instances.ts";
import {
  type OperationRequest,
  openSession,
  readSource,
  type Session,
  type SpecSource,
  withLockedStack,
} from "./session.ts";
import {
  type ApplyEditRequest,
  applyEdit,
  type EditRequest,
  type EditResult,
  editSpec,
  writeOnly,
} from "./spec-edits.ts";
import { readDeployment } from "./state.ts";
import { datastoresOf, type StackVolume, stackVolumes, type VolumeRow } from "./volumes.ts";

export interface CreateRequest extends EditRequest {
  name: string;
  flavor: string;
  /** GiB. */
  size: number;
  datastore: string;
  datastoreVersion?: string;
  databases: readonly string[];
  users: readonly { name: string; host?: string }[];
  configuration?: string;
  /** A kept volume whose data the instance takes over. */
  adopt?: string;
}

export async function createInstance(request: CreateRequest): Promise<EditResult> {
  const { source, chosen } = await readSource(request);
  const edited = editSpec(source, request, (text) => addInstance(text, request.name, settingsOf(request)));
  if (request.editOnly) return writeOnly(source, edited);
  return withLockedStack(request, chosen, edited, async (session) => ({
    file: source.file,
    applied: await applyEdit(session, source, edited, request),
  }));
}

export interface DeleteRequest extends EditRequest {
  name: string;
  withData: boolean;
  /** Instances whose data may be deleted, as the user typed them. */
  confirmedData: readonly string[];
  approve(plan: Plan): Promise<boolean>;
}

export interface DeleteResult extends EditResult {
  kept: readonly VolumeRow[];
  deleted: readonly VolumeRow[];
  /** The datastore that the removed instance had. */
  datastores: Readonly<Record<string, string>>;
}

export async function deleteInstance(request: DeleteRequest): Promise<DeleteResult> {
  const { name, withData } = request;
  if (withData && !request.confirmedData.includes(name)) {
    throw new OperationError("input", `the data of "${name}" would be deleted for good, and that was not confirmed`, {
      remedy: `if it is meant: --yes-delete-data ${name}`,
    });
  }
  const { source, chosen } = await readSource(request);
  const edited = withoutInstance(source, request);
  if (edited === source) await mustBeRecorded(request, source, name);
  if (request.editOnly) return { ...(await writeOnly(source, edited)), kept: [], deleted: [], datastores: {} };
  return withLockedStack(request, chosen, edited, async (session) => {
    const { applied, own, recorded, datastores } = await removeFromStack(session, source, edited, request);
    if (!withData) return { file: source.file, applied, kept: own.map(({ row }) => row), deleted: [], datastores };
    const { kept, deleted } = await deleteDetached(own, recorded);
    return { file: source.file, applied, kept, deleted, datastores };
  });
}

/** The spec without the instance. The same, where a removal that failed has taken it out already. */
export function withoutInstance(source: SpecSource, request: EditRequest & { name: string }): SpecSource {
  const { name } = request;
  if (!source.spec.instances.some((instance) => instance.name === name)) return source;
  return editSpec(source, request, (text) => removeInstance(text, name));
}

/** What is neither in the spec nor in the state was never there. */
export async function mustBeRecorded(request: OperationRequest, source: SpecSource, name: string): Promise<void> {
  const { chosen, session } = await openSession(request);
  const deployment = session && (await readDeployment(session.workspace, session.place, session.stack.name));
  const recorded = deployment ? instancesOf(deployment) : [];
  if (recorded.includes(name)) return;
  const names = source.spec.instances.map((instance) => instance.name);
  throw noInstance(name, chosen.name, [...new Set([...names, ...recorded])]);
}

/** Applies a spec that an instance has left, and says which data volumes are left of it. The same command goes on with it. */
export async function removeFromStack(
  session: Session,
  source: SpecSource,
  edited: SpecSource,
  request: ApplyEditRequest,
) {
  const before = await readDeployment(session.workspace, session.place, session.stack.name);
  const recorded = before && volumeOf(before, request.name);
  const datastores = datastoresOf(before);
  const applied = await applyEdit(session, source, edited, { ...request, again: "run the same command again" });
  const own = (await volumesNow(session)).filter(({ row }) => row.id === recorded || row.instance === request.name);
  return { applied, own, recorded, datastores };
}

/** A removal that failed may have taken the instance out of the outputs, and not yet its volume out of the resources. */
function volumeOf(deployment: Deployment, name: string): string | undefined {
  const known = recordsOf(deployment).instances[name]?.volume;
  const isData = ({ type, urn }: RecordedResource) =>
    roleOfType(type) === "data" && instanceOf(deployment, urn) === name;
  return known ?? deployment.resources.find(isData)?.id;
}

async function volumesNow(session: Session): Promise<StackVolume[]> {
  return stackVolumes(session, await readDeployment(session.workspace, session.place, session.stack.name));
}

/** Only the volume that the instance had when it was deleted goes; older ones of that name are kept and listed. */
async function deleteDetached(volumes: readonly StackVolume[], recorded: string | undefined) {
  const deleted: VolumeRow[] = [];
  for (const { row, inventory } of volumes) {
    if (row.id !== recorded || row.state === "in-use") continue;
    await inventory.deleteVolume(row.id);
    deleted.push(row);
  }
  return { kept: volumes.map(({ row }) => row).filter((row) => !deleted.includes(row)), deleted };
}

function settingsOf(request: CreateRequest): { [key: string]: Setting } {
  const { datastore, datastoreVersion, databases, users, configuration, adopt } = request;
  return {
    datastore: datastoreVersion === undefined ? datastore : `${datastore}@${datastoreVersion}`,
    flavor: request.flavor,
    volume: adopt === undefined ? request.size : { size: request.size, adopt },
    ...(configuration === undefined ? {} : { configuration }),
    ...(databases.length ? { databases: [...databases] } : {}),
    ...(users.length ? { users: users.map((user) => userSetting(user, databases)) } : {}),
  };
}

function userSetting({ name, host }: { name: string; host?: string }, databases: readonly string[]): Setting {
  return { name, ...(host === undefined ? {} : { host }), ...(databases.length ? { databases: [...databases] } : {}) };
}
