/** `create` and `delete`: verbs that edit the spec file and apply their own change. */

import { addInstance, removeInstance, type Setting, SpecEditError } from "../spec/edit.ts";
import { loadSpec, SpecChangedError, SpecError, SpecLockedError, writeSpec } from "../spec/index.ts";
import { type Applied, applySource, type Plan } from "./apply.ts";
import { recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { noInstance } from "./instances.ts";
import { type LockedRequest, readSource, type Session, type SpecSource, withLockedStack } from "./session.ts";
import { readDeployment } from "./state.ts";
import { datastoresOf, type StackVolume, stackVolumes, type VolumeRow } from "./volumes.ts";

export interface EditRequest extends LockedRequest {
  /** Write the spec and apply nothing. */
  editOnly: boolean;
  /** Apply other pending changes too. */
  all: boolean;
}

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

export interface EditResult {
  file: string;
  /** Undefined with `editOnly`. */
  applied?: Applied;
}

export async function createInstance(request: CreateRequest): Promise<EditResult> {
  const { source, chosen } = await readSource(request);
  const edited = edit(source, request, (text) => addInstance(text, request.name, settingsOf(request)));
  if (request.editOnly) return writeOnly(source, edited);
  return withLockedStack(request, chosen, edited.spec, async (session) => ({
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
  const edited = edit(source, request, (text) => removeInstance(text, name));
  if (request.editOnly) return { ...(await writeOnly(source, edited)), kept: [], deleted: [], datastores: {} };
  return withLockedStack(request, chosen, edited.spec, async (session) => {
    const before = await readDeployment(session.workspace, session.place, session.stack.name);
    const recorded = before && recordsOf(before).instances[name]?.volume;
    const datastores = datastoresOf(before);
    const applied = await applyEdit(session, source, edited, request);
    const own = (await volumesNow(session)).filter(({ row }) => row.id === recorded || row.instance === name);
    if (!withData) return { file: source.file, applied, kept: own.map(({ row }) => row), deleted: [], datastores };
    const { kept, deleted } = await deleteDetached(own, recorded);
    return { file: source.file, applied, kept, deleted, datastores };
  });
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

/** The file is written when the preview was good, and before anything changes. */
async function applyEdit(
  session: Session,
  source: SpecSource,
  edited: SpecSource,
  request: EditRequest & { name: string; approve?(plan: Plan): Promise<boolean> },
): Promise<Applied> {
  return applySource(session, edited, {
    allowReplace: [],
    ...(request.all ? {} : { only: request.name }),
    ...(request.approve ? { approve: request.approve } : {}),
    onApproved: () => write(source, edited),
  });
}

/** The spec after the edit, checked whole. */
function edit(
  source: SpecSource,
  { shownFile, name }: { shownFile?: string; name: string },
  change: (text: string) => string,
): SpecSource {
  try {
    const bytes = Buffer.from(change(source.bytes.toString()));
    return { file: source.file, bytes, spec: loadSpec(bytes, shownFile ?? source.file) };
  } catch (error) {
    if (error instanceof SpecEditError) throw new OperationError("input", error.message, { cause: error });
    if (error instanceof SpecError) {
      const [first, ...also] = error.problems.map(({ message, path, allowed, suggestion }) => {
        const more = [
          allowed === undefined ? "" : `allowed: ${allowed}`,
          suggestion === undefined ? "" : `did you mean "${suggestion}"?`,
        ];
        return `${path}: ${[message, ...more.filter(Boolean)].join("; ")}`;
      });
      throw new OperationError("input", `the spec would not be valid with this change of "${name}": ${first ?? ""}`, {
        also,
        remedy: "the spec file was not changed",
        cause: error,
      });
    }
    throw error;
  }
}

async function writeOnly(source: SpecSource, edited: SpecSource): Promise<EditResult> {
  await write(source, edited);
  return { file: source.file };
}

async function write(source: SpecSource, edited: SpecSource): Promise<void> {
  try {
    await writeSpec(source.file, edited.bytes.toString(), source.bytes.toString());
  } catch (error) {
    if (error instanceof SpecChangedError || error instanceof SpecLockedError) {
      throw new OperationError("failed", error.message, { cause: error });
    }
    throw error;
  }
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
