/** Disk images for virtual machines: listed, built, uploaded, and cleared away when nothing needs them any more. */
import { join } from "node:path";
import type { ImageStore } from "../access/image-store.ts";
import { openImageStore, type PlaceChoice } from "../access/index.ts";
import { cachedDisks, diskImageName, ensureDiskImage, removeCachedDisk } from "../images/disk.ts";
import { recipes } from "../images/index.ts";
import { disk, type Recipe, recipeHash } from "../images/recipe.ts";
import { cacheFolders } from "../toolchain/cache.ts";
import { messageOf, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { type ImageRow, imageRows, type PrunePlan, planPrune } from "./images-plan.ts";
import { locationOf } from "./locations.ts";
import { type OperationRequest, readSource } from "./session.ts";

export interface ImageRequest extends OperationRequest {
  /** A cloud of clouds.yaml; undefined: that of the spec when one is named, else what the OS_* variables say. */
  cloud?: string;
}

export interface BuildRequest extends ImageRequest {
  /** `ENGINE@VERSION`; none: all of them. */
  versions: readonly string[];
}

export interface ImageTables {
  /** The cloud's name; null when there is none to ask. */
  cloud: string | null;
  /** Why the cloud was not asked; "" when it was. */
  problem: string;
  images: readonly ImageRow[];
}

/** Without a cloud that could be asked, only what is here. */
export async function listImages(request: ImageRequest): Promise<ImageTables> {
  const here = await cachedDisks(cacheOf(request));
  const named = request.cloud !== undefined || request.file !== undefined || request.stack !== undefined;
  try {
    const store = await storeOf(request);
    const images = imageRows(currentRecipes(), here, await store.list(request.signal));
    return { cloud: store.name, problem: "", images };
  } catch (error) {
    if (named || (error as { problem?: string }).problem !== "configuration") throw error;
    return { cloud: null, problem: messageOf(error), images: imageRows(currentRecipes(), here, []) };
  }
}

export interface BuiltImage {
  engine: string;
  version: string;
  recipe: string;
  /** False when it was there. */
  built: boolean;
  path: string;
  size: number;
  sha512: string;
  /** The file with the packages in it. */
  manifest: string;
}

/** Builds what is missing. */
export async function buildImages(request: BuildRequest): Promise<readonly BuiltImage[]> {
  const done: BuiltImage[] = [];
  for (const recipe of chosenRecipes(request.versions)) {
    const title = `disk image ${diskImageName(recipe)}`;
    const image = await step(request.report, title, title, async (outcome) => {
      const made = await ensureDiskImage(recipe, making(request, title));
      if (!made.built) outcome.skip();
      return made;
    });
    const { engine, version } = recipe;
    done.push({ engine, version, recipe: recipeHash(recipe, disk), ...image });
  }
  return done;
}

export interface UploadedImage {
  engine: string;
  version: string;
  recipe: string;
  id: string;
  /** False when the cloud had it. */
  uploaded: boolean;
}

/** Builds and uploads what the cloud does not have. */
export async function uploadImages(request: BuildRequest): Promise<readonly UploadedImage[]> {
  const chosen = chosenRecipes(request.versions);
  const store = await storeOf(request);
  const done: UploadedImage[] = [];
  for (const recipe of chosen) {
    const title = `image ${diskImageName(recipe)} in ${store.name}`;
    const { id, uploaded } = await step(request.report, title, title, async (outcome) => {
      const made = await store.ensure(recipe, making(request, title));
      if (!made.uploaded) outcome.skip();
      return made;
    });
    const { engine, version } = recipe;
    done.push({ engine, version, recipe: recipeHash(recipe, disk), id, uploaded });
  }
  return done;
}

export interface PruneRequest extends ImageRequest {
  /** Shown what would go; false: nothing is removed. Not asked when there is nothing. */
  approve(plan: PrunePlan): Promise<boolean>;
}

export interface Pruned extends PrunePlan {
  /** False when it was not approved. */
  removed: boolean;
}

/** Removes the images of old recipes that nothing uses, here and in the cloud. */
export async function pruneImages(request: PruneRequest): Promise<Pruned> {
  const cacheDir = cacheOf(request);
  const store = await storeOf(request);
  const look = async () =>
    planPrune(currentRecipes(), await cachedDisks(cacheDir), await store.list(request.signal), Date.now());
  const plan = await look();
  if (plan.here.length + plan.cloud.length === 0) return { ...plan, removed: true };
  if (!(await request.approve(plan))) return { ...plan, removed: false };

  // The answer may have taken a while: what began to be used meanwhile stays.
  const approved = new Set(plan.cloud.map(({ id }) => id));
  const now = await look();
  const cloud = now.cloud.filter(({ id }) => approved.has(id));
  for (const image of cloud) await store.remove(image.id, request.signal);
  for (const file of plan.here) await removeCachedDisk(cacheDir, file);
  return { here: plan.here, cloud, kept: now.kept, removed: true };
}

async function storeOf(request: ImageRequest): Promise<ImageStore> {
  const { cloud } = request;
  if (cloud !== undefined) return open({ cloud });
  if (request.file === undefined && request.stack === undefined) return open({});
  const { target, ...choice } = locationOf((await readSource(request)).source.spec);
  return open(choice, target);
}

function open(choice: PlaceChoice, target?: string): ImageStore {
  const store = openImageStore(choice, target);
  if (store) return store;
  throw new OperationError("input", `the target "${target}" has no store of images to look into`, {
    remedy: "name a cloud of clouds.yaml with --cloud NAME, or a spec for one with -f FILE",
  });
}

/** Pure. Throws for a word that is no `ENGINE@VERSION` of a recipe. */
export function chosenRecipes(words: readonly string[]): readonly Recipe[] {
  if (words.length === 0) return recipes;
  const wordOf = ({ engine, version }: Recipe) => `${engine}@${version}`;
  return words.map((word) => {
    const found = recipes.find((recipe) => wordOf(recipe) === word);
    if (found) return found;
    throw new OperationError("input", `there is no image for "${word}"`, {
      remedy: `name one of ${recipes.map(wordOf).join(", ")}, or none for all`,
    });
  });
}

const currentRecipes = () =>
  recipes.map((recipe) => ({
    engine: recipe.engine,
    version: recipe.version,
    recipe: recipeHash(recipe, disk),
  }));

const cacheOf = ({ workspace }: ImageRequest): string =>
  join(cacheFolders({ ...workspace.environment }).root, "images");

function making(request: ImageRequest, title: string) {
  const onProgress = (text: string) => request.report({ kind: "progress", id: title, title, text });
  return { cacheDir: cacheOf(request), onProgress, ...(request.signal ? { signal: request.signal } : {}) };
}
