/** Control groups where no init has mounted them (containers, minimal machines): what cgroupfs-mount does. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { run } from "./process.ts";
import type { Attempt } from "./steps.ts";

/** The mounts that are missing, each as the arguments of `mount`. Pure. */
export function missingCgroupMounts(mounts: string, cgroups: string, filesystems: string): string[][] {
  const mounted = mounts.split("\n").map((line) => line.split(" "));
  const at = (path: string): boolean => mounted.some((fields) => fields[1] === path);
  if (mounted.some((fields) => fields[2] === "cgroup2" && fields[1] === "/sys/fs/cgroup")) return [];
  const controllers = cgroups
    .split("\n")
    .map((line) => line.split("\t"))
    .filter((fields) => fields[3] === "1" && fields[1] !== "0");
  const version1 = controllers.map((fields) => fields[0] ?? "").filter((name) => !at(`/sys/fs/cgroup/${name}`));
  if (controllers.length === 0) {
    const known = /\bcgroup2$/m.test(filesystems);
    return known && !at("/sys/fs/cgroup") ? [["-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"]] : [];
  }
  // systemd and others mount several controllers in one folder, with links for the single names.
  const together = new Set(
    mounted.filter((fields) => fields[2] === "cgroup").flatMap((fields) => (fields[3] ?? "").split(",")),
  );
  const missing = version1.filter((name) => !together.has(name));
  // Folders can be made in what is mounted there, but not in sysfs itself.
  const holds = mounted.some((fields) => fields[1] === "/sys/fs/cgroup" && fields[2] !== "sysfs");
  const base = holds || missing.length === 0 ? [] : [["-t", "tmpfs", "-o", "mode=755", "cgroup", "/sys/fs/cgroup"]];
  return [...base, ...missing.map((name) => ["-t", "cgroup", "-o", name, "cgroup", `/sys/fs/cgroup/${name}`])];
}

export async function mountCgroups(attempt: Attempt): Promise<void> {
  const [mounts, cgroups, filesystems] = ["/proc/mounts", "/proc/cgroups", "/proc/filesystems"].map(read);
  for (const mount of missingCgroupMounts(mounts ?? "", cgroups ?? "", filesystems ?? "")) {
    makeFolder(mount.at(-1) ?? "/sys/fs/cgroup");
    await run(["mount", ...mount], {
      log: attempt.log,
      limit: 10_000,
      purpose: "Mounting control groups for the Docker engine",
      remedy: "run that command by hand; inside a container it must be a privileged one.",
      signal: attempt.signal,
    });
  }
}

/** Its parent is there. Not `recursive`, which never ends where the kernel answers "no such file" (as sysfs does). */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
