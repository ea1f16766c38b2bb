/** Cinder's volumes and snapshots. Errors are CloudErrors; every wait has a limit. */
import { type Cloud, CloudError } from "./cloud.ts";
import { callLimits, unlessAbsent, type WaitOptions, waitFor } from "./cloud-wait.ts";
import { hasMetadata } from "./servers.ts";

export const GiB = 1024 ** 3;

export interface Volume {
  id: string;
  name: string;
  /** Cinder's word: available, in-use, attaching, error... */
  status: string;
  bytes: number;
  metadata: Readonly<Record<string, string>>;
  attachments: readonly Attachment[];
  type?: string;
  zone?: string;
  /** ISO 8601. */
  createdAt: string;
}

export interface Attachment {
  /** The server's id. */
  server: string;
  /** The path that the hypervisor believes in, for example /dev/vdb. */
  device?: string;
}

export interface Snapshot {
  id: string;
  name: string;
  status: string;
  /** The volume's id. */
  volume: string;
  bytes: number;
  metadata: Readonly<Record<string, string>>;
  createdAt: string;
}

interface CinderVolume {
  id: string;
  name: string | null;
  status: string;
  size: number;
  metadata: Record<string, string>;
  attachments: { server_id: string; device?: string | null }[];
  volume_type: string | null;
  availability_zone: string | null;
  created_at: string;
}

interface CinderSnapshot {
  id: string;
  name: string | null;
  status: string;
  volume_id: string;
  size: number;
  metadata: Record<string, string> | null;
  created_at: string;
}

/** Undefined when the project has no such volume. */
export async function getVolume(
  cloud: Cloud,
  id: string,
  options: Partial<WaitOptions> = {},
): Promise<Volume | undefined> {
  const answer = await unlessAbsent(cloud.call<{ volume: CinderVolume }>("volume", pathOf(id), { ...options }));
  return answer && volumeFrom(answer.volume);
}

/** By id or name. Undefined when there is none; several of one name are refused with their ids. */
export async function findVolume(cloud: Cloud, idOrName: string): Promise<Volume | undefined> {
  const byId = isUuid(idOrName) ? await getVolume(cloud, idOrName) : undefined;
  if (byId) return byId;
  const query = { name: idOrName };
  const listed = await cloud.list<CinderVolume>("volume", "/volumes/detail", "volumes", { query });
  const named = listed.filter(({ name }) => name === idOrName);
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(", ");
    throw new CloudError(
      "failed",
      `there are ${named.length} volumes named "${idOrName}"; say which by its id: ${ids}`,
    );
  }
  return named[0] && volumeFrom(named[0]);
}

/** The project's volumes that have all of this metadata. */
export async function listVolumes(cloud: Cloud, metadata: Readonly<Record<string, string>> = {}): Promise<Volume[]> {
  const all = await cloud.list<CinderVolume>("volume", "/volumes/detail", "volumes");
  return all.map(volumeFrom).filter((volume) => hasMetadata(volume.metadata, metadata));
}

/** Ids of servers, and devices. Throws `absent`. */
export async function attachmentsOf(cloud: Cloud, id: string): Promise<readonly Attachment[]> {
  return (await mustGet(cloud, id)).attachments;
}

/** Takes a volume from a server, whose system must have unmounted it; done when Cinder agrees. One that it has not is fine. */
export async function detachVolume(
  cloud: Cloud,
  { server, volume }: { server: string; volume: string },
  options: WaitOptions,
): Promise<void> {
  const path = `/servers/${encodeURIComponent(server)}/os-volume_attachments/${encodeURIComponent(volume)}`;
  await unlessAbsent(cloud.call("compute", path, { method: "DELETE", ...callLimits(options) }));
  await waitForVolume(cloud, volume, options, {
    wanted: `detached from the server ${server}`,
    done: ({ attachments, status }) =>
      attachments.every((one) => one.server !== server) && status !== "detaching" && status !== "reserved",
  });
}

/** To `gib` GiB, attached or not; done when the size is seen to be that. Cinder may take the wish and quietly drop it. */
export async function extendVolume(cloud: Cloud, id: string, gib: number, options: WaitOptions): Promise<void> {
  const before = await mustGet(cloud, id);
  if (before.bytes === gib * GiB && settled(before)) return;
  if (before.bytes > gib * GiB) {
    const words = `it has ${before.bytes / GiB} GiB, ${gib} GiB are wanted, and volumes cannot shrink`;
    throw new CloudError("failed", `the volume ${id} was not changed: ${words}`);
  }
  if (before.status !== "extending") {
    const body = { "os-extend": { new_size: gib } };
    await cloud.call("volume", `${pathOf(id)}/action`, { method: "POST", body, ...callLimits(options) });
  }
  await waitForVolume(cloud, id, options, {
    wanted: `${gib} GiB`,
    done: (volume) => volume.bytes === gib * GiB && settled(volume),
    lost: settled,
  });
}

/** Destroys data. One that is gone is fine; the cloud refuses one that is attached or has snapshots. */
export async function deleteVolume(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  await unlessAbsent(cloud.call("volume", pathOf(id), { method: "DELETE", ...callLimits(options) }));
  await waitFor({
    ...options,
    what: `the volume ${id} to be deleted`,
    look: (request) => getVolume(cloud, id, request),
    done: (volume) => volume === undefined,
    lost: (volume) => (volume?.status === "deleting" ? undefined : words(volume)),
    words,
  });
}

export interface NewSnapshot {
  name: string;
  description?: string;
  metadata?: Readonly<Record<string, string>>;
}

/** Of a volume, attached or not, as its blocks are at that moment; done when it is available. */
export async function createSnapshot(
  cloud: Cloud,
  volume: string,
  snapshot: NewSnapshot,
  options: WaitOptions,
): Promise<Snapshot> {
  const body = { snapshot: { ...snapshot, volume_id: volume, force: true } };
  const request = { method: "POST", body, ...callLimits(options) } as const;
  const made = await cloud.call<{ snapshot: CinderSnapshot }>("volume", "/snapshots", request);
  const { id } = made.snapshot;
  const seen = await waitFor({
    ...options,
    what: `the snapshot ${id} to be available`,
    look: (limits) => getSnapshot(cloud, id, limits),
    done: (one) => one?.status === "available",
    lost: (one) => (one?.status === "creating" ? undefined : words(one)),
    words,
  });
  return seen as Snapshot;
}

/** Undefined when the project has no such snapshot. */
export async function getSnapshot(
  cloud: Cloud,
  id: string,
  options: Partial<WaitOptions> = {},
): Promise<Snapshot | undefined> {
  const path = `/snapshots/${encodeURIComponent(id)}`;
  const answer = await unlessAbsent(cloud.call<{ snapshot: CinderSnapshot }>("volume", path, { ...options }));
  return answer && snapshotFrom(answer.snapshot);
}

/** The project's snapshots with all of this metadata, of one volume when it is given. */
export async function listSnapshots(
  cloud: Cloud,
  { volume, metadata = {} }: { volume?: string; metadata?: Readonly<Record<string, string>> } = {},
): Promise<Snapshot[]> {
  const request = volume === undefined ? {} : { query: { volume_id: volume } };
  const all = await cloud.list<CinderSnapshot>("volume", "/snapshots/detail", "snapshots", request);
  return all
    .map(snapshotFrom)
    .filter((one) => (volume === undefined || one.volume === volume) && hasMetadata(one.metadata, metadata));
}

/** One that is gone is fine. One that a volume was cloned from falls back to available, and is an error. */
export async function deleteSnapshot(cloud: Cloud, id: string, options: WaitOptions): Promise<void> {
  const path = `/snapshots/${encodeURIComponent(id)}`;
  await unlessAbsent(cloud.call("volume", path, { method: "DELETE", ...callLimits(options) }));
  await waitFor({
    ...options,
    what: `the snapshot ${id} to be deleted`,
    look: (request) => getSnapshot(cloud, id, request),
    done: (snapshot) => snapshot === undefined,
    lost: (snapshot) =>
      snapshot?.status === "deleting" ? undefined : `${words(snapshot)}; is there a volume that was made from it?`,
    words,
  });
}

interface VolumeWait {
  wanted: string;
  done(volume: Volume): boolean;
  /** True: from here it will not come to it any more. */
  lost?(volume: Volume): boolean;
}

async function waitForVolume(cloud: Cloud, id: string, options: WaitOptions, wait: VolumeWait): Promise<void> {
  await waitFor<Volume | undefined>({
    ...options,
    what: `the volume ${id} to be ${wait.wanted}`,
    look: (request) => getVolume(cloud, id, request),
    done: (volume) => volume !== undefined && wait.done(volume),
    lost: (volume) => (!volume || /^error/.test(volume.status) || wait.lost?.(volume) ? words(volume) : undefined),
    words,
  });
}

function settled({ status }: { status: string }): boolean {
  return status === "available" || status === "in-use";
}

async function mustGet(cloud: Cloud, id: string): Promise<Volume> {
  const volume = await getVolume(cloud, id);
  if (!volume) throw new CloudError("absent", `the volume ${id} does not exist (any more) on cloud "${cloud.name}"`);
  return volume;
}

function words(seen: { status: string; bytes: number } | undefined): string {
  return seen ? `${seen.status}, ${seen.bytes / GiB} GiB` : "it does not exist";
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function pathOf(id: string): string {
  return `/volumes/${encodeURIComponent(id)}`;
}

/** Cinder's times are UTC without saying so. */
function utc(time: string): string {
  return new Date(/(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`).toISOString();
}

function volumeFrom(volume: CinderVolume): Volume {
  return {
    id: volume.id,
    name: volume.name ?? "",
    status: volume.status,
    bytes: volume.size * GiB,
    metadata: volume.metadata,
    attachments: volume.attachments.map(({ server_id, device }) => ({
      server: server_id,
      ...(device ? { device } : {}),
    })),
    ...(volume.volume_type ? { type: volume.volume_type } : {}),
    ...(volume.availability_zone ? { zone: volume.availability_zone } : {}),
    createdAt: utc(volume.created_at),
  };
}

function snapshotFrom(snapshot: CinderSnapshot): Snapshot {
  return {
    id: snapshot.id,
    name: snapshot.name ?? "",
    status: snapshot.status,
    volume: snapshot.volume_id,
    bytes: snapshot.size * GiB,
    metadata: snapshot.metadata ?? {},
    createdAt: utc(snapshot.created_at),
  };
}
