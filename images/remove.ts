/** Removes what a build wrote, and never anything that is only mounted there. */
import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { promisify } from "node:util";

/** The mount points at or below a folder, from the text of `/proc/self/mountinfo`. */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((path) => path === folder || path.startsWith(`${folder}/`));
}

/**
 * Removes a folder with all below it. A half-made root may have the host's own folders mounted in it, which removing
 * would empty: then nothing is touched and the error names the mounts.
 */
export async function removeTree(folder: string): Promise<void> {
  const path = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (path === undefined) return;
  const mounts = mountsBelow(path, await readFile("/proc/self/mountinfo", "utf8"));
  if (mounts.length > 0) {
    throw new Error(`${path} was not removed, since something is mounted in it; unmount first: ${mounts.join(", ")}`);
  }
  await promisify(execFile)("rm", ["-rf", "--one-file-system", "--", path], { timeout: 120_000 });
}
