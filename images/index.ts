/**
 * Guest images, built from Debian's packages: one recipe per datastore version. The image is named by the recipe's
 * hash and built when the Docker engine does not have it.
 */
import { createReadStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type Docker from "dockerode";
import { withLock } from "../toolchain/lock.ts";
import { buildRootFileSystem } from "./build.ts";
import { mariadb } from "./mariadb/recipe.ts";
import { rootPlan } from "./plan.ts";
import { postgresql } from "./postgresql/recipe.ts";
import { container, imageConfiguration, imageName, type Recipe, recipeHash } from "./recipe.ts";
import { removeTree } from "./remove.ts";

export { imageName, type Recipe } from "./recipe.ts";

export const recipes: readonly Recipe[] = [...mariadb, ...postgresql];

/** Seconds to wait for another process that builds the same image. */
const lockLimit = 45 * 60;
/** Milliseconds for the Docker engine to take the image in. */
const importLimit = 10 * 60_000;

/** The recipe of a datastore version; throws a plain error (specs are checked before). */
export function recipeOf(engine: string, version: string): Recipe {
  const recipe = recipes.find((r) => r.engine === engine && r.version === version);
  if (recipe) return recipe;
  const known = recipes.map((r) => `${r.engine} ${r.version}`).join(", ");
  throw new Error(`no image recipe for ${engine} ${version}; there are: ${known}`);
}

export interface EnsureOptions {
  /** Logs, package lists and the unfinished build; made when missing. */
  cacheDir: string;
  /** One line of progress for people. */
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

export interface EnsuredImage {
  name: string;
  id: string;
  /** False when the engine had it already. */
  built: boolean;
}

/**
 * The image of a recipe, built when the Docker engine does not have it. Safe to run twice at once and to kill at any
 * moment: the name appears only with the whole image. In the cache folder lie `<engine>-<version>-<hash>.log` and
 * `.packages` of the last build. A failed build throws a ToolchainError that names the log.
 */
export async function ensureImage(docker: Docker, recipe: Recipe, options: EnsureOptions): Promise<EnsuredImage> {
  const { cacheDir, onProgress = () => {}, signal } = options;
  const name = imageName(recipe);
  const existing = await findImage(docker, name);
  if (existing) return { name, id: existing, built: false };

  await mkdir(cacheDir, { recursive: true });
  const stem = `${recipe.engine}-${recipe.version}-${recipeHash(recipe)}`;
  const onWait = (holder: string) => onProgress(`another process builds ${name} (${holder}); waiting for it`);
  const lock = { purpose: `building ${name}`, limit: lockLimit, onWait, ...(signal ? { signal } : {}) };
  return withLock(join(cacheDir, `${stem}.lock`), lock, async () => {
    const meanwhile = await findImage(docker, name);
    if (meanwhile) return { name, id: meanwhile, built: false };

    // Under the lock nobody else builds this image, so folders of that name are what a killed build left behind.
    const leftovers = (await readdir(cacheDir)).filter((entry) => entry.startsWith(`${stem}.build-`));
    for (const entry of leftovers) await removeTree(join(cacheDir, entry));

    const folder = join(cacheDir, `${stem}.build-${process.pid}`);
    const manifestFile = join(cacheDir, `${stem}.packages`);
    try {
      const tar = await buildRootFileSystem(rootPlan(recipe, container, manifestFile), {
        folder,
        logFile: join(cacheDir, `${stem}.log`),
        onProgress,
        signal,
      });
      onProgress(`importing ${name} into the Docker engine`);
      await importImage(docker, recipe, tar, signal);
    } finally {
      await removeTree(folder);
    }
    const id = await findImage(docker, name);
    if (!id) throw new Error(`the Docker engine took the image ${name} in but does not list it; run it again`);
    return { name, id, built: true };
  });
}

async function findImage(docker: Docker, name: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(name).inspect()).Id;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Streams the tar file to the engine. The engine names the image as its last step. */
async function importImage(docker: Docker, recipe: Recipe, tar: string, signal?: AbortSignal): Promise<void> {
  const name = imageName(recipe);
  const colon = name.lastIndexOf(":");
  const limit = AbortSignal.timeout(importLimit);
  const answer = await docker.importImage(createReadStream(tar), {
    repo: name.slice(0, colon),
    tag: name.slice(colon + 1),
    changes: imageConfiguration(recipe),
    abortSignal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  // The engine answers 200 first; what went wrong is in its lines.
  for await (const line of createInterface({ input: answer })) {
    const message = line.trim() ? (JSON.parse(line) as { error?: string }) : {};
    if (message.error) throw new Error(`the Docker engine did not take the image ${name} in: ${message.error}`);
  }
}
