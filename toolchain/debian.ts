/** Debian packages through apt, as root, with nothing asked. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolders } from "./cache.ts";
import { ToolchainError } from "./errors.ts";
import { withLock } from "./lock.ts";
import { findProgram, lastLines, run, systemPath } from "./process.ts";
import type { ToolchainOptions } from "./steps.ts";

export interface DebianOptions extends Pick<ToolchainOptions, "env" | "signal"> {
  /** Defaults to `logs/apt.log` in the cache. */
  log?: string;
  progress?: (text: string) => void;
}

/**
 * Installs those of the packages that are missing, without recommended ones. Throws `ToolchainError` where this is not Debian (or
 * a relative with apt) or the user is not root: it then names the command to type.
 */
export async function ensureDebianPackages(names: readonly string[], options: DebianOptions = {}): Promise<void> {
  const env = options.env ?? process.env;
  const cache = cacheFolders(env);
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  refuseWithoutApt(missing, env);
  const log = options.log ?? join(cache.logs, "apt.log");
  const apt = {
    env: { ...env, PATH: systemPath(env), DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
    log,
    purpose: `Installing ${missing.join(", ")}`,
    remedy: "run that command by hand to see what apt says; its sources are in /etc/apt.",
    signal: options.signal,
    onLine: (line: string) => {
      if (/^(Get:|Unpacking|Setting up)/.test(line)) options.progress?.(line.slice(0, 100));
    },
  };
  const lock = {
    purpose: apt.purpose,
    limit: 900,
    onWait: (holder: string) => options.progress?.(`waits for ${holder}`),
    signal: options.signal,
  };
  await withLock(join(cache.locks, "apt"), lock, async () => {
    const still = missingPackages(missing);
    if (still.length === 0) return;
    options.progress?.(`installs ${still.join(", ")}`);
    await mendInterrupted(apt);
    const install = ["apt-get", ...aptOptions, "install", "-y", "--no-install-recommends", ...still] as const;
    // With lists at hand most installs need no update; where they are missing or too old, one update mends it.
    try {
      await run([...install], { ...apt, limit: 900_000 });
    } catch (error) {
      if (!(error instanceof ToolchainError) || !listsAreStale(lastLines(log, 40))) throw error;
      options.progress?.("updates the package lists");
      await run(["apt-get", ...aptOptions, "update"], { ...apt, limit: 300_000 });
      await run([...install], { ...apt, limit: 900_000 });
    }
  });
}

/** Two at once, or an unattended upgrade: apt itself waits for dpkg's lock. */
const aptOptions = ["-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", "-q"] as const;

/** What apt says when its lists are missing or name files that the mirror no longer has. */
export function listsAreStale(output: string): boolean {
  return /Unable to locate package|has no installation candidate|Failed to fetch|Unable to fetch|404 +Not Found|Unmet dependencies|unmet dependencies/.test(
    output,
  );
}

/** A kill in the middle of an install leaves packages unpacked; dpkg finishes them. */
async function mendInterrupted(apt: Omit<Parameters<typeof run>[1], "limit">): Promise<void> {
  const status = readFileSync("/var/lib/dpkg/status", "utf8");
  if (
    !/^Status: install \S+ (half-installed|unpacked|half-configured|triggers-pending|triggers-awaited)$/m.test(status)
  )
    return;
  await run(["dpkg", "--configure", "-a", "--force-confold"], { ...apt, limit: 600_000 });
}

/** Those of the packages that dpkg does not know as installed. */
export function missingPackages(names: readonly string[], status: string = dpkgStatus()): string[] {
  const installed = new Set<string>();
  for (const block of status.split("\n\n")) {
    const name = /^Package: (.+)$/m.exec(block)?.[1];
    if (name !== undefined && /^Status: \S+ ok installed$/m.test(block)) installed.add(name);
  }
  return names.filter((name) => !installed.has(name));
}

function dpkgStatus(): string {
  return existsSync("/var/lib/dpkg/status") ? readFileSync("/var/lib/dpkg/status", "utf8") : "";
}

/** The distribution's name as /etc/os-release says it. */
export function distribution(): { id: string; title: string; isDebian: boolean } {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  const id = value("ID") || "linux";
  const isDebian = [id, ...value("ID_LIKE").split(" ")].includes("debian");
  return { id, title: value("PRETTY_NAME") || id, isDebian };
}

function refuseWithoutApt(missing: readonly string[], env: NodeJS.ProcessEnv): void {
  const { title, isDebian } = distribution();
  const what = `The Debian package${missing.length > 1 ? "s" : ""} ${missing.join(", ")} must be installed`;
  if (!isDebian || findProgram("apt-get", env) === undefined) {
    throw new ToolchainError(`${what}, and this is ${title}, where Coffer cannot install packages.`, {
      remedy: `install the programs of ${missing.join(", ")} with the system's own package manager.`,
    });
  }
  if (process.getuid?.() !== 0) {
    throw new ToolchainError(`${what}, and Coffer does not run as root.`, {
      remedy: `run as root: apt-get install -y --no-install-recommends ${missing.join(" ")}`,
    });
  }
}
