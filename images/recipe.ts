/**
 * What an image is made from. A recipe is plain data and a few folders of files; its hash names the image, so that
 * a change of any input makes another image and an unchanged recipe is built once.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Hook } from "./plan.ts";

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

/** What every image shares: scripts for the build, and the service scripts. */
export const commonFolder = join(import.meta.dirname, "common");

/** Adds a user with a fixed id and a locked password; its words: USER ID HOME SHELL. */
export const addUser = join(commonFolder, "essential.sh");

const vmFolder = join(import.meta.dirname, "vm");

/** What every guest has, whatever its engine: what the outside calls in the guest. */
export const commonPackages = ["util-linux", "socat"];

/** What a recipe becomes. Its folder's `root/` is copied into the image too. */
export interface Form {
  name: "container" | "disk";
  folder: string;
  packages: readonly string[];
  /** Scripts of the build, run after the common ones with the new root's path and these words. */
  hooks(recipe: Recipe): readonly Hook[];
}

/** A container: supervised by runit. */
export const container: Form = {
  name: "container",
  folder: join(import.meta.dirname, "container"),
  packages: ["runit", "tini"],
  hooks: () => [],
};

/** A virtual machine's disk: a kernel, systemd, SSH, and cloud-init for what the cloud tells. */
export const disk: Form = {
  name: "disk",
  folder: vmFolder,
  packages: [
    "linux-image-cloud-amd64",
    "initramfs-tools",
    "zstd",
    "systemd-sysv",
    "systemd-resolved",
    "systemd-timesyncd",
    "udev",
    "dbus",
    "kmod",
    "netbase",
    "iproute2",
    "procps",
    "e2fsprogs",
    "fdisk",
    "cloud-init",
    "cloud-guest-utils",
    "isc-dhcp-client",
    "openssh-server",
    "sudo",
    "ca-certificates",
    "tzdata",
  ],
  hooks: (recipe) => [
    { stage: "essential", script: addUser, words: ["coffer", "549", "/home/coffer", "/bin/bash"] },
    {
      stage: "essential",
      script: join(vmFolder, "essential.sh"),
      words: [join(vmFolder, "early"), rootUuid(recipe)],
    },
    { stage: "customize", script: join(vmFolder, "customize.sh"), words: [rootUuid(recipe), guestPath(recipe)] },
  ],
};

/** The UUID of the root file system on a recipe's disk: made of the hash, so that a build can be repeated. */
export function rootUuid(recipe: Recipe): string {
  const digits = createHash("sha256").update(recipeHash(recipe, disk)).digest("hex");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}

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

/** The guest's PATH. */
export const guestPath = (recipe: Recipe): string => [...recipe.path, debianPath].join(":");

/** The part of mmdebstrap's arguments that the recipe decides; the rest are this machine's places and mirrors. */
export function packageArguments(recipe: Recipe, form: Form): string[] {
  return [
    "--variant=essential",
    "--format=tar",
    '--aptopt=APT::Install-Recommends "false"',
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    `--include=${[...commonPackages, ...form.packages, ...recipe.packages].join(",")}`,
  ];
}

/** The image's configuration, as Dockerfile instructions. */
export function imageConfiguration(recipe: Recipe): string[] {
  return [
    `ENTRYPOINT ["tini", "--", "/usr/lib/coffer/init"]`,
    `ENV PATH=${guestPath(recipe)}`,
    "ENV LANG=C.UTF-8",
    `LABEL coffer.recipe=${recipeHash(recipe)}`,
    `LABEL coffer.engine=${recipe.engine}`,
    `LABEL coffer.datastore-version=${recipe.version}`,
  ];
}

/** 12 hexadecimal digits over every input: the recipe's data, and each file's place and bytes. */
export function recipeHash(recipe: Recipe, form: Form = container): string {
  const { folder, ...data } = recipe;
  const hash = createHash("sha256").update(JSON.stringify([data, packageArguments(recipe, form), debianPath]));
  for (const root of [commonFolder, form.folder, folder]) {
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
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
