/**
 * Whether node_modules is what package-lock.json says. Run by the launcher (exit code 0: it is) when there is no stamp of
 * its own, so that an `npm ci` by hand or a read-only installation counts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "./cache.ts";

interface LockedPackage {
  version?: string;
  integrity?: string;
  optional?: boolean;
  dev?: boolean;
}

export type Lock = Record<string, LockedPackage>;

/** Packages of the lock file that are missing in node_modules or have another version. */
export function dependencyDifferences(root: string): string[] {
  const wanted = readLock(join(root, "package-lock.json"));
  if (wanted === undefined) return ["package-lock.json"];
  // npm writes this file last, once every package is in its place.
  const installed = readLock(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return ["node_modules"];
  return differences(wanted, installed);
}

/** Optional packages of other platforms are never installed, and `npm ci --omit=dev` is enough to run. */
export function differences(wanted: Lock, installed: Lock): string[] {
  return Object.entries(wanted)
    .filter(([path, { version, integrity, optional, dev }]) => {
      const found = installed[path];
      if (path === "") return false;
      if (found === undefined) return optional !== true && dev !== true;
      return found.version !== version || found.integrity !== integrity;
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
}

function readLock(path: string): Lock | undefined {
  try {
    const value: { packages?: Lock } = JSON.parse(readFileSync(path, "utf8"));
    return value.packages;
  } catch {
    return undefined;
  }
}

if (import.meta.main) process.exitCode = dependencyDifferences(checkout).length === 0 ? 0 : 1;
