/** A target's store of disk images: where machines get them from. Docker has none (its images are the engine's own). */
import type { Recipe } from "../images/recipe.ts";

/** An image that was made from one of Coffer's recipes. */
export interface StoredImage {
  id: string;
  name: string;
  /** The recipe's hash. */
  recipe: string;
  engine: string;
  version: string;
  /** False while it is being uploaded, and for what a killed upload left. */
  usable: boolean;
  /** Bytes; 0 when it is not there yet. */
  size: number;
  /** False for one that others share with the project: only what is its own can be removed. */
  own: boolean;
  /** Servers and volumes of the project that were made from it. */
  uses: number;
  /** ISO 8601. */
  createdAt: string;
}

export interface StoreOptions {
  cacheDir: string;
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

export interface ImageStore {
  /** The cloud, for messages. */
  readonly name: string;
  list(signal?: AbortSignal): Promise<readonly StoredImage[]>;
  /** Builds and uploads what is missing. */
  ensure(recipe: Recipe, options: StoreOptions): Promise<{ id: string; built: boolean; uploaded: boolean }>;
  /** Done when it is gone; one that is gone already is fine. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
}
