/**
 * Where the toolchain lies: outside the checkout, keyed by version, so that several checkouts share it and an upgrade
 * never touches what an older checkout uses.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openstackVariant } from "./openstack-plugin/variant.ts";
import { versions } from "./versions.ts";

/** The checkout (or installation) this file belongs to. */
export const checkout: string = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Cache {
  /** `$COFFER_CACHE`, else `$XDG_CACHE_HOME/coffer`, else `~/.cache/coffer`. */
  root: string;
  /** The folder with `pulumi` and `pulumi-language-nodejs` when Coffer brings them. */
  pulumi: string;
  /** PULUMI_HOME of Coffer's runs: another one with the plain openstack plugin, since Pulumi finds a plugin by its version alone. */
  pulumiHome: string;
  /** Go's folder when Coffer brings it. */
  go: string;
  logs: string;
  locks: string;
  compileCache: string;
}

export function cacheFolders(env: NodeJS.ProcessEnv = process.env): Cache {
  const root = resolve(env.COFFER_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "coffer"));
  return {
    root,
    pulumi: join(root, `pulumi-${versions.pulumi}`),
    pulumiHome: join(root, openstackVariant(env) === "plain" ? "pulumi-home-plain" : "pulumi-home"),
    go: join(root, `go-${versions.go}`),
    logs: join(root, "logs"),
    locks: join(root, "locks"),
    compileCache: join(root, "compile-cache"),
  };
}

/** The folder where Pulumi looks for a resource plugin of exactly this version. */
export function pluginFolder(cache: Cache, name: string, version: string): string {
  return join(cache.pulumiHome, "plugins", `resource-${name}-v${version}`);
}

/** Where a part came from. */
export type Origin = "installed" | "download" | "built" | "checkout";

/** Written into a part's folder before the folder gets its name: a folder with a stamp is complete. */
export interface Stamp {
  from: Origin;
  version: string;
}

const stampName = ".coffer-stamp.json";

/** The stamp of a complete folder; undefined when the folder is absent or half made. */
export function readStamp(folder: string): Stamp | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, stampName), "utf8");
  } catch {
    return undefined;
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("from" in value) || !("version" in value)) return undefined;
  return value as Stamp;
}

/**
 * Makes `folder` as a whole or not at all: `fill` writes into a new folder beside it, which is then stamped and
 * renamed. When `fill` answers false there is nothing to publish, and so does this function. What an earlier, killed
 * attempt left behind is removed. Call it under the part's lock.
 */
export async function publishFolder(
  folder: string,
  stamp: Stamp,
  fill: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  const prefix = `.tmp-${folder.slice(parent.length + 1)}-`;
  for (const left of readdirSync(parent).filter((name) => name.startsWith(prefix))) removeTree(join(parent, left));
  const temporary = join(parent, `${prefix}${process.pid}`);
  mkdirSync(temporary);
  try {
    if (!(await fill(temporary))) return false;
    writeFile(join(temporary, stampName), `${JSON.stringify(stamp)}\n`);
    removeTree(folder);
    renameSync(temporary, folder);
    return true;
  } finally {
    removeTree(temporary);
  }
}

/** Writes a file as a whole or not at all. `mode` defaults to 0644. */
export function writeFile(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp-${process.pid}`;
  const file = openSync(temporary, "w", mode);
  try {
    writeSync(file, content);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

function removeTree(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
