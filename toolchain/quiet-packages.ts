/** Debian packages without what they would start: no service runs afterwards, nor at the next start of the machine. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFile } from "./cache.ts";
import { type DebianOptions, ensureDebianPackages, missingPackages } from "./debian.ts";
import { run } from "./process.ts";

export interface QuietOptions extends DebianOptions {
  log: string;
  /** The file that keeps the machine's own policy about starting services while packages are installed. */
  saved: string;
}

/** Asked by every package before it starts a service. 101: not allowed. */
const policyFile = "/usr/sbin/policy-rc.d";
const policy = "#!/bin/sh\n# Made by Coffer while it installs packages; removed afterwards.\nexit 101\n";

/** Installs those that are missing. Throws as `ensureDebianPackages`. */
export async function ensureQuietPackages(names: readonly string[], options: QuietOptions): Promise<void> {
  const { saved, ...rest } = options;
  const missing = missingPackages(names);
  if (missing.length === 0) return;
  const before = installedUnits();
  savePolicy(saved);
  try {
    await ensureDebianPackages(missing, rest);
  } finally {
    restorePolicy(saved);
  }
  const units = installedUnits().filter((unit) => !before.includes(unit));
  // Else the next start of the machine would start Debian's own configuration of each.
  if (!existsSync("/run/systemd/system") || units.length === 0) return;
  const common = { log: rest.log, purpose: "Disabling the services of new packages", remedy: "see the last words." };
  await run(["systemctl", "disable", "--quiet", ...units], { ...common, limit: 120_000, signal: rest.signal });
}

/** What was there is kept in a file, so that a run after a kill puts it back. */
function savePolicy(saved: string): void {
  if (existsSync(saved)) restorePolicy(saved);
  const before = existsSync(policyFile) ? readFileSync(policyFile, "utf8") : "";
  writeFile(saved, before);
  writeFile(policyFile, policy, 0o755);
}

/** Puts the machine's own policy back. May run when there is nothing to put back. */
export function restorePolicy(saved: string): void {
  if (!existsSync(saved)) return;
  const before = readFileSync(saved, "utf8");
  if (before === "") rmSync(policyFile, { force: true });
  else writeFile(policyFile, before, 0o755);
  rmSync(saved, { force: true });
}

/** Units of all installed packages that systemd could start. */
function installedUnits(): string[] {
  const folder = "/var/lib/dpkg/info";
  const lists = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith(".list"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  return lists.flatMap((text) =>
    [...text.matchAll(/^\/(?:usr\/)?lib\/systemd\/system\/([^/@\n]+\.(?:service|socket|timer))$/gm)].map(
      ([, unit = ""]) => unit,
    ),
  );
}
