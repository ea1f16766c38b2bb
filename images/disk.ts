/** Disk images for virtual machines, built from the same recipes as containers: one qcow2 file for each recipe. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../toolchain/lock.ts";
import { buildDisk } from "./disk-build.ts";
import { layoutOf } from "./disk-layout.ts";
import { diskPlan } from "./plan.ts";
import { disk, type Recipe, recipeHash } from "./recipe.ts";
import { removeTree } from "./remove.ts";

/** Seconds to wait for another process that builds the same image. */
const lockLimit = 60 * 60;

export interface EnsureDiskOptions {
  /** Images, logs, package lists and the unfinished build; made when missing. */
  cacheDir: string;
  /** One line of progress for people. */
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

export interface DiskImage {
  /** The qcow2 file. */
  path: string;
  /** Bytes of the file. */
  size: number;
  /** Hexadecimal, over the file. */
  sha512: string;
  /** The file with the packages and versions in it. */
  manifest: string;
  /** False when it was there already. */
  built: boolean;
}

/** `coffer-<engine>-<version>-<hash>`: the image's name in a cloud, and the stem of its files. */
export function diskImageName(recipe: Recipe): string {
  return `coffer-${recipe.engine}-${recipe.version}-${recipeHash(recipe, disk)}`;
}

/**
 * The disk image of a recipe, built when the cache does not have it. Safe to run twice at once and to kill at any
 * moment: the file has its name only when it is whole. Beside it lie `.sha512`, `.packages` and `.log`. A failed build
 * throws a ToolchainError that names the log.
 */
export async function ensureDiskImage(recipe: Recipe, options: EnsureDiskOptions): Promise<DiskImage> {
  const { cacheDir, onProgress = () => {}, signal } = options;
  const name = diskImageName(recipe);
  const existing = await findDiskImage(recipe, cacheDir);
  if (existing) return existing;

  await mkdir(cacheDir, { recursive: true });
  const onWait = (holder: string) => onProgress(`another process builds ${name} (${holder}); waiting for it`);
  const lock = { purpose: `building ${name}`, limit: lockLimit, onWait, ...(signal ? { signal } : {}) };
  return withLock(join(cacheDir, `${name}.lock`), lock, async () => {
    const meanwhile = await findDiskImage(recipe, cacheDir);
    if (meanwhile) return meanwhile;

    // Under the lock nobody else builds this image, so folders of that name are what a killed build left behind.
    const leftovers = (await readdir(cacheDir)).filter((entry) => entry.startsWith(`${name}.build-`));
    for (const entry of leftovers) await removeTree(join(cacheDir, entry));

    const folder = join(cacheDir, `${name}.build-${process.pid}`);
    const logFile = join(cacheDir, `${name}.log`);
    const manifestFile = join(cacheDir, `${name}.packages`);
    await rm(logFile, { force: true });
    try {
      const image = await buildDisk(diskPlan(recipe, manifestFile), {
        folder,
        logFile,
        onProgress,
        ...(signal ? { signal } : {}),
      });
      // The name is a promise of what went into it.
      if (diskImageName(recipe) !== name) throw new Error(`the files of ${name} were changed meanwhile; run it again`);
      const { path, sum } = places(recipe, cacheDir);
      await writeSynced(sum, `${await sha512Of(image, signal)}\n`);
      await syncFile(image);
      await rename(image, path);
    } finally {
      await removeTree(folder);
    }
    const found = await findDiskImage(recipe, cacheDir);
    if (!found) throw new Error(`the disk image ${name} was built and is gone; run it again`);
    return { ...found, built: true };
  });
}

/** The image when the cache has it. */
export async function findDiskImage(recipe: Recipe, cacheDir: string): Promise<DiskImage | undefined> {
  const { path, sum, manifest } = places(recipe, cacheDir);
  try {
    const { size } = await stat(path);
    return { path, size, sha512: (await readFile(sum, "utf8")).trim(), manifest, built: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A disk image in the cache, of any recipe: old ones too. */
export interface CachedDisk {
  engine: string;
  version: string;
  /** The recipe's hash. */
  recipe: string;
  /** Bytes of the file. */
  size: number;
}

/** The whole disk images in the cache folder, by name. */
export async function cachedDisks(cacheDir: string): Promise<CachedDisk[]> {
  const names = await readdir(cacheDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found: CachedDisk[] = [];
  for (const name of names.sort()) {
    const [, engine, version, recipe] = /^coffer-([a-z]+)-([0-9.]+)-([0-9a-f]{12})\.qcow2$/.exec(name) ?? [];
    if (engine === undefined || version === undefined || recipe === undefined) continue;
    found.push({ engine, version, recipe, size: (await stat(join(cacheDir, name))).size });
  }
  return found;
}

/** Removes a disk image with what lies beside it. Its lock stays: another process may wait for it. */
export async function removeCachedDisk(
  cacheDir: string,
  { engine, version, recipe }: Pick<CachedDisk, "engine" | "version" | "recipe">,
): Promise<void> {
  const stem = join(cacheDir, `coffer-${engine}-${version}-${recipe}`);
  for (const ending of ["qcow2", "sha512", "packages", "log"]) await rm(`${stem}.${ending}`, { force: true });
}

/**
 * The properties that an image has in Glance: Coffer's own, by which it is found, and what the hypervisor must know.
 * `os_shutdown_timeout` (seconds) lets a server end its database before Nova switches it off.
 */
export function diskImageProperties(recipe: Recipe): Record<string, string> {
  return {
    coffer_recipe: recipeHash(recipe, disk),
    coffer_engine: recipe.engine,
    coffer_version: recipe.version,
    coffer_os: `debian-${recipe.suite}`,
    os_type: "linux",
    os_distro: "debian",
    os_admin_user: "coffer",
    os_shutdown_timeout: "180",
    hw_disk_bus: "virtio",
    hw_vif_model: "virtio",
    hw_rng_model: "virtio",
    hw_qemu_guest_agent: "no",
    hw_firmware_type: "bios",
    // The configuration drive: the kernel has no driver for SATA, which is what Nova takes on newer machine types.
    hw_scsi_model: "virtio-scsi",
    hw_cdrom_bus: "scsi",
  };
}

/** What a flavor must have at least: GiB of disk, MiB of memory. */
export const diskImageNeeds = { minDisk: Math.ceil(layoutOf.size / 2 ** 30), minMemory: 256 } as const;

function places(recipe: Recipe, cacheDir: string) {
  const stem = join(cacheDir, diskImageName(recipe));
  return { path: `${stem}.qcow2`, sum: `${stem}.sha512`, manifest: `${stem}.packages` };
}

async function sha512Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha512");
  for await (const part of createReadStream(path, { ...(signal ? { signal } : {}) })) hash.update(part as Buffer);
  return hash.digest("hex");
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
