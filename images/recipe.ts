/**
 * What an image is made from. A recipe is plain data and a few folders of files; its hash names the image, so that
 * a change of any input makes another image and an unchanged recipe is built once.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export interface Recipe {
  /** The engine and the datastore version as specs name them, for example `mariadb` and `10.11`. */
  engine: string;
  version: string;
  /** The Debian suite whose packages it takes. */
  suite: string;
  /** The server's packages; those of every guest come on top. */
  packages: readonly string[];
  /** The operating system user that the server runs as, with the same number in every image ever built. */
  user: { name: string; id: number };
  /** Folders, searched in front of Debian's own PATH. */
  path: readonly string[];
  /** The recipe's own folder; its `root/` is copied into the image. */
  folder: string;
}

/** What every recipe shares: scripts for the build, and the service scripts. */
export const commonFolder = join(import.meta.dirname, "common");

/** What every guest has, whatever its engine: the supervisor, the init, and what the outside calls in the guest. */
const commonPackages = ["runit", "tini", "util-linux", "socat"];

const debianPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Licences stay; manuals and translations do not serve a database server. */
const dpkgOptions = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "force-unsafe-io",
];

/** The part of mmdebstrap's arguments that the recipe decides; the rest are this machine's places and mirrors. */
export function packageArguments(recipe: Recipe): string[] {
  return [
    "--variant=essential",
    "--format=tar",
    '--aptopt=APT::Install-Recommends "false"',
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    `--include=${[...commonPackages, ...recipe.packages].join(",")}`,
  ];
}

/** The image's configuration, as Dockerfile instructions. */
export function imageConfiguration(recipe: Recipe): string[] {
  return [
    `ENTRYPOINT ["tini", "--", "/usr/lib/coffer/init"]`,
    `ENV PATH=${[...recipe.path, debianPath].join(":")}`,
    "ENV LANG=C.UTF-8",
    `LABEL coffer.recipe=${recipeHash(recipe)}`,
    `LABEL coffer.engine=${recipe.engine}`,
    `LABEL coffer.datastore-version=${recipe.version}`,
  ];
}

/** 12 hexadecimal digits over every input: the recipe's data, and each file's place and bytes. */
export function recipeHash(recipe: Recipe): string {
  const { folder, ...data } = recipe;
  const hash = createHash("sha256").update(JSON.stringify([data, packageArguments(recipe), debianPath]));
  for (const root of [commonFolder, folder]) {
    for (const file of filesOf(root)) {
      const content = createHash("sha256").update(readFileSync(file)).digest("hex");
      hash.update(`\n${relative(root, file).split(sep).join("/")} ${content}`);
    }
  }
  return hash.digest("hex").slice(0, 12);
}

/** `coffer/<engine>:<version>-<hash>`. */
export function imageName(recipe: Recipe): string {
  return `coffer/${recipe.engine}:${recipe.version}-${recipeHash(recipe)}`;
}

/** The files that go into the image or make it. TypeScript files only describe the recipe, which is hashed as data. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
