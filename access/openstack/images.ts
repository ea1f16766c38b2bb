/**
 * Coffer's disk images in a cloud's Glance: found by their properties, uploaded and verified. Errors are CloudErrors.
 *
 * An upload that was killed leaves an image that never becomes active. It carries the mark of the machine and the cache
 * folder that it came from; the next upload from there, which holds the same lock, removes it.
 */
import { createHash, getHashes } from "node:crypto";
import { createReadStream } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  type DiskImage,
  diskImageName,
  diskImageNeeds,
  diskImageProperties,
  ensureDiskImage,
} from "../../images/disk.ts";
import { disk, type Recipe, recipeHash } from "../../images/recipe.ts";
import { withLock } from "../../toolchain/lock.ts";
import { type Cloud, CloudError } from "./cloud.ts";
import { unlessAbsent } from "./cloud-wait.ts";

/** Milliseconds for one upload: 200 MB over a slow line. */
const uploadLimit = 60 * 60_000;
/** Seconds to wait for another process that uploads the same image. */
const lockLimit = uploadLimit / 1000 + 5 * 60;

/** An image in Glance that says that it was made from one of Coffer's recipes. */
export interface CloudImage {
  id: string;
  name: string;
  /** Glance's word: `active` when it can be used; queued, saving and others before or after. */
  status: string;
  /** Bytes of the file; 0 before it is there. */
  size: number;
  /** The recipe's hash. */
  recipe: string;
  engine: string;
  version: string;
  /** `private`, `public`, `shared` or `community`. */
  visibility: string;
  /** The project that it belongs to. */
  owner: string;
  /** ISO 8601. */
  createdAt: string;
  /** Which machine and cache folder it is or was uploaded from. */
  upload?: string;
}

export interface ImageOptions {
  /** Images, logs, package lists and locks; made when missing. */
  cacheDir: string;
  /** One line of progress for people. */
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

/** Those that the project may use, newest first; of one recipe when its hash is given. Also those that are not active. */
export async function findImages(
  cloud: Cloud,
  { recipe, signal }: { recipe?: string; signal?: AbortSignal } = {},
): Promise<CloudImage[]> {
  const query: Record<string, string> = recipe === undefined ? { os_admin_user: "coffer" } : { coffer_recipe: recipe };
  const images = await cloud.list<GlanceImage>("image", "/images", "images", { query, ...stoppedBy(signal) });
  return images
    .flatMap((image) => imageFrom(image) ?? [])
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? -1 : 1));
}

/** The image of a recipe that new servers should start from; undefined: there is none. */
export async function findCloudImage(
  cloud: Cloud,
  recipe: Recipe,
  signal?: AbortSignal,
): Promise<CloudImage | undefined> {
  const project = await cloud.projectId();
  const images = await findImages(cloud, { recipe: recipeHash(recipe, disk), ...stoppedBy(signal) });
  return images.find((image) => image.status === "active" && isTrusted(image, project));
}

/** Anybody can share an image that carries our marks; only the project's own and the administrators' are taken. */
export function isTrusted(image: Pick<CloudImage, "owner" | "visibility">, project: string): boolean {
  return image.owner === project || image.visibility === "public";
}

/** Builds and uploads the image of a recipe where the cloud does not have it. Safe to run twice at once and to kill. */
export async function ensureCloudImage(
  cloud: Cloud,
  recipe: Recipe,
  options: ImageOptions,
): Promise<{ id: string; built: boolean; uploaded: boolean }> {
  const { cacheDir, onProgress = () => {}, signal } = options;
  const existing = await findCloudImage(cloud, recipe, signal);
  if (existing) return { id: existing.id, built: false, uploaded: false };
  const image = await ensureDiskImage(recipe, options);

  const project = await cloud.projectId();
  const name = diskImageName(recipe);
  const onWait = (holder: string) => onProgress(`another process uploads ${name} (${holder}); waiting for it`);
  const lock = { purpose: `uploading ${name}`, limit: lockLimit, onWait, ...(signal ? { signal } : {}) };
  return withLock(join(cacheDir, `${name}.upload-${project}.lock`), lock, async () => {
    const meanwhile = await findCloudImage(cloud, recipe, signal);
    if (meanwhile) return { id: meanwhile.id, built: image.built, uploaded: false };
    const upload = uploadMark(cacheDir);
    const unfinished = (await findImages(cloud, { recipe: recipeHash(recipe, disk), ...stoppedBy(signal) })).filter(
      (one) => isDeadUpload(one, { project, upload, now: Date.now() }),
    );
    for (const { id } of unfinished) await deleteImage(cloud, id, signal);
    const id = await uploadImage(cloud, image, {
      body: {
        name,
        min_disk: diskImageNeeds.minDisk,
        min_ram: diskImageNeeds.minMemory,
        ...diskImageProperties(recipe),
        coffer_upload: upload,
      },
      onProgress,
      ...stoppedBy(signal),
    });
    return { id, built: image.built, uploaded: true };
  });
}

/** The mark of uploads from this machine and cache folder. */
export function uploadMark(cacheDir: string): string {
  return createHash("sha256").update(`${hostname()}\n${cacheDir}`).digest("hex").slice(0, 12);
}

/**
 * Pure. True for what an upload left that does not go on any more: one from here, since the caller holds the lock that
 * such an upload would hold, or one that began longer ago than any may take.
 */
export function isDeadUpload(
  image: CloudImage,
  { project, upload, now }: { project: string; upload: string; now: number },
): boolean {
  if (image.owner !== project || !["queued", "saving", "uploading", "importing"].includes(image.status)) return false;
  return image.upload === upload || now - Date.parse(image.createdAt) > 2 * uploadLimit;
}

/**
 * Makes an image (a qcow2 file) and waits for nothing more: when this returns, Glance has the file, and its checksum is
 * ours. On any failure the image is deleted again.
 */
export async function uploadImage(
  cloud: Cloud,
  image: Pick<DiskImage, "path" | "size" | "sha512">,
  {
    body,
    onProgress = () => {},
    signal,
  }: { body: Readonly<Record<string, unknown>>; onProgress?: (line: string) => void; signal?: AbortSignal },
): Promise<string> {
  const request = { ...body, disk_format: "qcow2", container_format: "bare" };
  const stop = stoppedBy(signal);
  const { id } = await cloud.call<{ id: string }>("image", "/images", { method: "POST", body: request, ...stop });
  try {
    const path = `/images/${encodeURIComponent(id)}`;
    const stream = Readable.toWeb(Readable.from(counted(image, onProgress))) as ReadableStream<Uint8Array>;
    await cloud.upload("image", `${path}/file`, stream, {
      contentType: "application/octet-stream",
      timeout: uploadLimit,
      ...stop,
    });
    const seen = await cloud.call<GlanceImage>("image", path, stop);
    await verify(cloud, seen, image);
    return id;
  } catch (error) {
    // Not stopped by the signal: an interrupted upload is cleared away too.
    await deleteImage(cloud, id).catch(() => {});
    throw error;
  }
}

/** One that is gone is fine. */
export async function deleteImage(cloud: Cloud, id: string, signal?: AbortSignal): Promise<void> {
  const path = `/images/${encodeURIComponent(id)}`;
  await unlessAbsent(cloud.call("image", path, { method: "DELETE", ...stoppedBy(signal) }));
}

/** Ids of the images that the project's servers started from and its volumes were made from, with how many there are. */
export async function imageUses(cloud: Cloud, signal?: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const stop = stoppedBy(signal);
  const [servers, volumes] = await Promise.all([
    cloud.list<{ image: { id: string } | "" | null }>("compute", "/servers/detail", "servers", stop),
    cloud.list<{ volume_image_metadata?: { image_id?: string } }>("volume", "/volumes/detail", "volumes", stop),
  ]);
  const uses = new Map<string, number>();
  const ids = [
    ...servers.map(({ image }) => (image ? image.id : undefined)),
    ...volumes.map(({ volume_image_metadata: metadata }) => metadata?.image_id),
  ];
  for (const id of ids) if (id !== undefined) uses.set(id, (uses.get(id) ?? 0) + 1);
  return uses;
}

interface GlanceImage {
  id: string;
  name: string | null;
  status: string;
  size: number | null;
  visibility: string;
  owner: string | null;
  created_at: string;
  checksum?: string | null;
  os_hash_algo?: string | null;
  os_hash_value?: string | null;
  coffer_recipe?: string;
  coffer_engine?: string;
  coffer_version?: string;
  coffer_upload?: string;
}

function imageFrom(image: GlanceImage): CloudImage | undefined {
  const { coffer_recipe: recipe, coffer_engine: engine, coffer_version: version, coffer_upload: upload } = image;
  if (recipe === undefined || engine === undefined || version === undefined) return undefined;
  return {
    id: image.id,
    name: image.name ?? "",
    status: image.status,
    size: image.size ?? 0,
    recipe,
    engine,
    version,
    visibility: image.visibility,
    owner: image.owner ?? "",
    createdAt: image.created_at,
    ...(upload === undefined ? {} : { upload }),
  };
}

/** Glance says which hash it made of what it received; old ones know MD5 only. */
async function verify(
  cloud: Cloud,
  seen: GlanceImage,
  image: Pick<DiskImage, "path" | "size" | "sha512">,
): Promise<void> {
  const refuse = (what: string): never => {
    throw new CloudError(
      "failed",
      `the cloud "${cloud.name}" did not take the image in: ${what}; it was deleted again`,
    );
  };
  if (seen.status !== "active") refuse(`its status after the upload is "${seen.status}", not "active"`);
  const algorithm = seen.os_hash_algo ?? "md5";
  const theirs = seen.os_hash_value ?? seen.checksum;
  if (!getHashes().includes(algorithm)) refuse(`it was hashed with "${algorithm}", which cannot be checked here`);
  const ours = algorithm === "sha512" ? image.sha512 : await digest(image.path, algorithm);
  if (theirs !== ours) refuse(`what arrived has the ${algorithm} ${theirs}, what was sent has ${ours}`);
}

async function digest(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

/** The file's bytes; tells every tenth of them. */
async function* counted(
  { path, size }: Pick<DiskImage, "path" | "size">,
  onProgress: (line: string) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  let told = 0;
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
    done += (part as Buffer).length;
    const tenths = Math.floor((10 * done) / size);
    if (tenths > told) {
      told = tenths;
      onProgress(`uploaded ${tenths}0 % of ${Math.round(size / 2 ** 20)} MiB`);
    }
    yield part as Buffer;
  }
}

function stoppedBy(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
