/**
 * What makes a guest of a stock cloud image: the same packages, files and users as in the images that are built here,
 * put into a machine that runs. Plain data, and a script that carries it out in the guest (stock/install.sh).
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commonFolder, commonPackages, disk, filesOf, guestPath, type Recipe } from "./recipe.ts";

export interface Software {
  /** 12 hexadecimal digits over everything below and the script. */
  hash: string;
  engine: string;
  /** What the package of the server has to be a version of. */
  version: string;
  /** The one Debian release whose packages these are, for example `bookworm`. */
  suite: string;
  /** The first is the server itself. */
  packages: readonly [string, ...string[]];
  /** The operating system user that the server runs as. */
  user: { name: string; id: number };
  files: readonly GuestFile[];
  /** Units that never run in a guest: servers of the packages' own making, /tmp in memory, and upgrades nobody asked for. */
  masked: readonly string[];
  enabled: readonly string[];
  /** Carries out the steps in the guest: a verb and its words. */
  script: string;
}

export interface GuestFile {
  path: string;
  mode: number;
  content: string;
}

/**
 * Of what an image for virtual machines has, all that is not about how its own operating system boots, finds its
 * network and starts cloud-init: that is the stock image's.
 */
const filesOfMachines = [
  "etc/ssh/sshd_config.d/coffer.conf",
  "etc/systemd/journald.conf.d/coffer.conf",
  "usr/lib/coffer/host-key",
  "usr/lib/coffer/service-ended",
  "usr/lib/coffer/supervisor",
  "usr/lib/systemd/system/coffer-database.service",
  "usr/lib/systemd/system/coffer-host-key.service",
  "usr/lib/systemd/system/coffer-volume-check.service",
  "usr/lib/tmpfiles.d/coffer.conf",
  "usr/sbin/coffer-volume",
];

/** As in vm/customize.sh; a test compares the two. */
const masked = [
  ...["mariadb.service", "mysql.service", "postgresql.service"],
  ...["tmp.mount", "apt-daily.timer", "apt-daily-upgrade.timer"],
];
const enabled = ["coffer-host-key.service", "coffer-database.service"];

/** A stock image has the others. */
const packagesOfMachines = ["e2fsprogs", "procps"];

export function softwareOf(recipe: Recipe): Software {
  const { engine, version, suite, user } = recipe;
  const [server, ...others] = recipe.packages;
  if (server === undefined) throw new Error(`the recipe of ${engine} ${version} has no packages`);
  const software: Omit<Software, "hash"> = {
    engine,
    version,
    suite,
    user,
    packages: [server, ...others, ...commonPackages, ...packagesOfMachines],
    files: [...overlay(recipe), ...settings(recipe)],
    masked,
    enabled,
    script: readFileSync(join(import.meta.dirname, "stock/install.sh"), "utf8"),
  };
  const hash = createHash("sha256").update(JSON.stringify(software)).digest("hex").slice(0, 12);
  return { ...software, hash };
}

/** Files as they lie in the image; scripts are executable. */
function overlay(recipe: Recipe): GuestFile[] {
  const machines = join(disk.folder, "root");
  const trees = [join(commonFolder, "root"), join(recipe.folder, "root")];
  const found = [
    ...trees.flatMap((tree) => filesOf(tree).map((file) => ({ file, path: file.slice(tree.length) }))),
    ...filesOfMachines.map((name) => ({ file: join(machines, name), path: `/${name}` })),
  ];
  return found.map(({ file, path }) => {
    const content = readFileSync(file, "utf8");
    return { path, mode: content.startsWith("#!") ? 0o755 : 0o644, content };
  });
}

/** What vm/customize.sh writes from the recipe's data. */
function settings(recipe: Recipe): GuestFile[] {
  const path = guestPath(recipe);
  const server = readFileSync(join(recipe.folder, "root/usr/lib/coffer/server"), "utf8");
  const signal = /^server_stop_signal=([A-Z]+)$/m.exec(server)?.[1];
  if (signal === undefined) throw new Error(`the recipe of ${recipe.engine} does not say how its server is stopped`);
  return [
    {
      path: "/etc/systemd/system/coffer-database.service.d/recipe.conf",
      mode: 0o644,
      content: `[Service]\nEnvironment=PATH=${path}\nEnvironment=LANG=C.UTF-8\nKillSignal=SIG${signal}\n`,
    },
    {
      path: "/etc/sudoers.d/coffer",
      mode: 0o440,
      content: `coffer ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults secure_path="${path}"\n`,
    },
  ];
}
