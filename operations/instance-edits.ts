/** `create` and `delete`: verbs that edit the spec file and apply their own change. */

import { addInstance, removeInstance, type Setting } from "../spec/edit.ts";
import type { Plan } from "./apply.ts";
import { recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { noInstance } from "./instances.ts";
import { readSource, type Session, type SpecSource, withLockedStack } from "./session.ts";
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
  const names = source.spec.instances.map((instance) => instance.name);
  if (!names.includes(name)) throw noInstance(name, chosen.name, names);
  const edited = editSpec(source, request, (text) => removeInstance(text, name));
  if (request.editOnly) return { ...(await writeOnly(source, edited)), kept: [], deleted: [], datastores: {} };
  return withLockedStack(request, chosen, edited, async (session) => {
    const { applied, own, recorded, datastores } = await removeFromStack(session, source, edited, request);
    if (!withData) return { file: source.file, applied, kept: own.map(({ row }) => row), deleted: [], datastores };
    const { kept, deleted } = await deleteDetached(own, recorded);
    return { file: source.file, applied, kept, deleted, datastores };
  });
}

/** Applies a spec that an instance has left, and says which data volumes are left of it. */
export async function removeFromStack(
  session: Session,
  source: SpecSource,
  edited: SpecSource,
  request: ApplyEditRequest,
) {
  const before = await readDeployment(session.workspace, session.place, session.stack.name);
  const recorded = before && recordsOf(before).instances[request.name]?.volume;
  const datastores = datastoresOf(before);
  const applied = await applyEdit(session, source, edited, request);
  const own = (await volumesNow(session)).filter(({ row }) => row.id === recorded || row.instance === request.name);
  return { applied, own, recorded, datastores };
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
