/** What one build makes, as plain data: the packages, the scripts that run on the new root, and the disk around it. */
import { join } from "node:path";
import {
  addUser,
  commonFolder,
  disk,
  type Form,
  packageArguments,
  type Recipe,
  recipeHash,
  rootUuid,
} from "./recipe.ts";

export interface RootPlan {
  /** The Debian suite whose packages it takes. */
  suite: string;
  /** mmdebstrap's arguments that say which packages, and how they are installed. */
  packages: readonly string[];
  /** Scripts, in this order within a stage. */
  hooks: readonly Hook[];
}

/** A script of the build: run with the new root's path and its words. `essential` comes before the packages, `customize` after. */
export interface Hook {
  stage: "essential" | "customize";
  script: string;
  words: readonly string[];
}

export interface DiskPlan extends RootPlan {
  /** Of the root file system. */
  uuid: string;
  /** The disk's own, of 32 bits. */
  signature: number;
}

/** The root of a recipe's image. `manifestFile` gets the list of packages and versions in it. */
export function rootPlan(recipe: Recipe, form: Form, manifestFile: string): RootPlan {
  const { user } = recipe;
  const trees = [commonFolder, form.folder, recipe.folder].map((folder) => join(folder, "root"));
  return {
    suite: recipe.suite,
    packages: packageArguments(recipe, form),
    hooks: [
      { stage: "essential", script: addUser, words: [user.name, String(user.id), "/nonexistent", "/bin/sh"] },
      { stage: "customize", script: join(commonFolder, "customize.sh"), words: [manifestFile, ...trees] },
      ...form.hooks(recipe),
    ],
  };
}

export function diskPlan(recipe: Recipe, manifestFile: string): DiskPlan {
  return {
    ...rootPlan(recipe, disk, manifestFile),
    uuid: rootUuid(recipe),
    signature: Number.parseInt(recipeHash(recipe, disk).slice(0, 8), 16),
  };
}
