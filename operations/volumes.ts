/** Data volumes: which there are, and deleting those that were kept, and snapshots. */
import type { Inventory, RealObject } from "../access/inventory.ts";
import { roleOfType } from "../components/kinds.ts";
import { type Deployment, instanceOf, recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { inventoryAt, locationsOf } from "./locations.ts";
import { type OperationRequest, openSession, type Session } from "./session.ts";
import { knownStacks } from "./stack-choice.ts";
import { readDeployment } from "./state.ts";

export interface VolumeRow {
  /** The volume's name in its target: what `--adopt` and `volume-delete` take. */
  id: string;
  /** The stack that made it. */
  stack: string;
  /** The instance it was made for, or that has it. */
  instance: string;
  /** `retained`: nothing uses it. `in-use`: it belongs to a recorded instance, or a server has it. */
  state: "retained" | "in-use";
  /** Servers that have it. */
  attachedTo: readonly string[];
  /** ISO time; empty where the target does not know it. */
  created: string;
}

/** The stack's data volumes, or with `all` those of every stack that was set up here. */
export async function listVolumes(request: OperationRequest & { all?: boolean }): Promise<readonly VolumeRow[]> {
  if (!request.all) return volumesOf(request);
  const { workspace, report, signal } = request;
  const rows: VolumeRow[] = [];
  for (const { name, setUp } of await knownStacks(workspace)) {
    if (setUp) rows.push(...(await volumesOf({ workspace, report, stack: name, ...(signal ? { signal } : {}) })));
  }
  return rows;
}

async function volumesOf(request: OperationRequest): Promise<VolumeRow[]> {
  const { session } = await openSession(request);
  if (!session) return [];
  const deployment = await readDeployment(session.workspace, session.place, session.stack.name);
  return (await stackVolumes(session, deployment)).map(({ row }) => row);
}

export interface StackVolume {
  row: VolumeRow;
  inventory: Inventory;
}

/** The data volumes that carry the stack's id, and those that its state records (adopted ones). */
export async function stackVolumes(session: Session, deployment: Deployment | undefined): Promise<StackVolume[]> {
  const owners = deployment ? recordedVolumes(deployment) : new Map<string, string>();
  const found: StackVolume[] = [];
  for (const location of locationsOf(deployment, session.stack)) {
    const inventory = inventoryAt(location);
    const volumes = (await inventory.list(session.stack.stackId)).filter(({ role }) => role === "data");
    for (const id of owners.keys()) {
      const adopted = volumes.some((volume) => volume.id === id) ? undefined : await inventory.volume(id);
      if (adopted) volumes.push(adopted);
    }
    found.push(...volumes.map((volume) => ({ row: volumeRow(volume, session.stack.name, owners), inventory })));
  }
  return found.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

export interface DeleteVolumeRequest extends OperationRequest {
  id: string;
  /** The instance's name, as the user typed it to confirm. */
  confirmed: string;
}

/** Deletes one kept volume, or a snapshot, and its data for good. Refused while anything uses it. */
export async function deleteVolume(request: DeleteVolumeRequest): Promise<VolumeRow> {
  const { id, confirmed } = request;
  const { chosen, session } = await openSession(request);
  const deployment = session && (await readDeployment(session.workspace, session.place, session.stack.name));
  const volumes = session ? await stackVolumes(session, deployment) : [];
  const found = volumes.find(({ row }) => row.id === id);
  if (!found && session) {
    const snapshot = await findSnapshot(session, deployment, id);
    if (snapshot) {
      requireConfirmed("snapshot", snapshot.row, confirmed);
      await snapshot.inventory.remove(snapshot.object);
      return snapshot.row;
    }
  }
  if (!found) {
    const kept = volumes.filter(({ row }) => row.state === "retained").map(({ row }) => row.id);
    throw new OperationError("input", `stack "${chosen.name}" has no volume "${id}"`, {
      remedy: kept.length ? `kept volumes are: ${kept.join(", ")}` : "see: coffer volume-list --all",
    });
  }
  const { row, inventory } = found;
  if (row.state === "in-use") {
    const by = row.attachedTo.length ? `the server ${row.attachedTo.join(", ")}` : `instance "${row.instance}"`;
    throw new OperationError("input", `the volume "${id}" is in use by ${by}`, {
      remedy: `delete the instance first: coffer delete ${row.instance}`,
    });
  }
  requireConfirmed("volume", row, confirmed);
  await inventory.deleteVolume(id);
  return row;
}

function requireConfirmed(what: "volume" | "snapshot", { id, instance }: VolumeRow, confirmed: string): void {
  if (confirmed === instance) return;
  const held = `the ${what} "${id}" holds the data of "${instance}", and "${confirmed}" was confirmed`;
  throw new OperationError("input", held, {
    remedy: `if that data is to be destroyed: --yes-delete-data ${instance}`,
  });
}

async function findSnapshot({ stack }: Session, deployment: Deployment | undefined, id: string) {
  for (const location of locationsOf(deployment, stack)) {
    const inventory = inventoryAt(location);
    const object = (await inventory.list(stack.stackId)).find((one) => one.kind === "snapshot" && one.id === id);
    if (object) return { row: volumeRow({ ...object, attachedTo: [] }, stack.name, new Map()), inventory, object };
  }
  return undefined;
}

/** The datastore that recorded instances have, by instance: for the words that adopt a volume. */
export function datastoresOf(deployment: Deployment | undefined): Readonly<Record<string, string>> {
  const records = deployment ? Object.values(recordsOf(deployment).instances) : [];
  return Object.fromEntries(records.map(({ name, datastore }) => [name, datastore]));
}

/** Volumes that the state records, with the instance that each belongs to. */
function recordedVolumes(deployment: Deployment): Map<string, string> {
  const volumes = new Map<string, string>();
  for (const resource of deployment.resources) {
    if (roleOfType(resource.type) !== "data" || resource.id === undefined) continue;
    volumes.set(resource.id, instanceOf(deployment, resource.urn) ?? "");
  }
  return volumes;
}

function volumeRow(volume: RealObject, stack: string, owners: ReadonlyMap<string, string>): VolumeRow {
  const owner = owners.get(volume.id);
  return {
    id: volume.id,
    stack,
    instance: owner ?? volume.instanceName ?? "",
    state: owner !== undefined || volume.attachedTo.length ? "in-use" : "retained",
    attachedTo: volume.attachedTo,
    created: volume.createdAt ?? "",
  };
}
