/** Disk images here and in a cloud, side by side, and which of them nothing needs any more. Pure. */
import type { StoredImage } from "../access/image-store.ts";
import type { CachedDisk } from "../images/disk.ts";

/** One recipe: what it is made into here, and one image of it in the cloud. */
export interface ImageRow {
  engine: string;
  version: string;
  /** The recipe's hash. */
  recipe: string;
  /** True for what this version of Coffer makes new servers of. */
  current: boolean;
  /** Bytes of the file in the cache; null when it is not there. */
  here: number | null;
  /** The image in the cloud; null when there is none. */
  cloud: { id: string; usable: boolean; own: boolean; uses: number } | null;
}

type Recipes = readonly Pick<CachedDisk, "engine" | "version" | "recipe">[];

/** A row for each current recipe, each file and each image of the cloud, by engine and version, current first. */
export function imageRows(current: Recipes, here: readonly CachedDisk[], cloud: readonly StoredImage[]): ImageRow[] {
  const recipes = new Map([...current, ...here, ...cloud].map((one) => [keyOf(one), one]));
  const isCurrent = new Set(current.map(keyOf));
  const rows = [...recipes].flatMap(([key, { engine, version, recipe }]): ImageRow[] => {
    const row = {
      engine,
      version,
      recipe,
      current: isCurrent.has(key),
      here: here.find((one) => keyOf(one) === key)?.size ?? null,
    };
    const images = cloud.filter((one) => keyOf(one) === key);
    if (images.length === 0) return [{ ...row, cloud: null }];
    return images.map(({ id, usable, own, uses }) => ({ ...row, cloud: { id, usable, own, uses } }));
  });
  const order = (row: ImageRow) => [row.engine, row.version, row.current ? "0" : "1", row.recipe].join(" ");
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}

export interface PrunePlan {
  /** Files of the cache. */
  here: readonly CachedDisk[];
  /** Images of the cloud. */
  cloud: readonly StoredImage[];
  /** Images of old recipes that stay, and why. */
  kept: readonly { image: StoredImage; why: string }[];
}

/** Milliseconds: an upload that began longer ago than this does not go on any more. */
const deadUpload = 24 * 60 * 60_000;

/** Everything of recipes that are not current goes, except what is used, is not the project's own, or is just arriving. */
export function planPrune(
  current: Recipes,
  here: readonly CachedDisk[],
  cloud: readonly StoredImage[],
  now: number,
): PrunePlan {
  const isCurrent = new Set(current.map(keyOf));
  const old = cloud.filter((image) => !isCurrent.has(keyOf(image)));
  const reasons = old.map((image) => ({ image, why: reasonToKeep(image, now) }));
  return {
    here: here.filter((one) => !isCurrent.has(keyOf(one))),
    cloud: reasons.flatMap(({ image, why }) => (why === undefined ? [image] : [])),
    kept: reasons.flatMap(({ image, why }) => (why === undefined ? [] : [{ image, why }])),
  };
}

function reasonToKeep(image: StoredImage, now: number): string | undefined {
  if (image.uses > 0) return `${image.uses} servers or volumes were made from it`;
  if (!image.own) return "it is shared with other projects, whose servers cannot be seen from here";
  if (!image.usable && !(now - Date.parse(image.createdAt) > deadUpload)) return "it may still be arriving";
  return undefined;
}

const keyOf = ({ engine, version, recipe }: Recipes[number]): string => `${engine} ${version} ${recipe}`;
