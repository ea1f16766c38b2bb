/**
 * The host's own way to Debian's packages, for building images: its mirrors, its proxies, its keys. Where the host has
 * none for a suite (another distribution), mmdebstrap's own default mirror is used.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** One package index that the host's apt knows. */
export interface IndexTarget {
  uri: string;
  release: string;
  component: string;
  /** As the index says; undefined before the host's first `apt-get update`. */
  origin: string | undefined;
}

/** Reads the output of `apt-get indextargets` (paragraphs of `Key: value`); keeps the binary package indexes. */
export function parseIndexTargets(output: string): IndexTarget[] {
  const targets: IndexTarget[] = [];
  for (const paragraph of output.split(/\n\n+/)) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split("\n")) {
      const colon = line.indexOf(": ");
      if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const uri = fields.get("Repo-URI");
    const release = fields.get("Release");
    const component = fields.get("Component");
    if (fields.get("Created-By") !== "Packages" || !uri || !release || !component) continue;
    targets.push({ uri, release, component, origin: fields.get("Origin") });
  }
  return targets;
}

/**
 * The lines of a sources.list for a Debian suite with its updates and its security suite, from the host's own
 * sources. Others than Debian (a vendor's repository for the same suite) are left out: the recipe is of Debian's
 * packages. Where the host knows another suite only, the same mirrors are asked for this one. Empty when it knows none.
 */
export function sourceLines(suite: string, targets: readonly IndexTarget[]): string[] {
  const debian = targets.filter((t) => t.component === "main" && (t.origin ?? "Debian") === "Debian");
  const known = debian.map(({ release }) => release).filter((release) => !release.includes("-"));
  const from = known.includes(suite) ? suite : known[0];
  if (from === undefined) return [];
  const wanted = [from, `${from}-updates`, `${from}-security`];
  const lines = debian
    .filter(({ release }) => wanted.includes(release))
    .map(({ uri, release }) => `deb ${uri} ${suite}${release.slice(from.length)} main`);
  return [...new Set(lines)];
}

/** The settings of `apt-config dump` that say how to reach a mirror: proxies, certificates, retries. */
export function transportSettings(dump: string): string[] {
  return dump
    .split("\n")
    .filter((line) => /^Acquire::(https?|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date)\b/i.test(line))
    .filter((line) => !line.endsWith('"";'));
}

export interface HostApt {
  /** Empty: use mmdebstrap's default. */
  sources: string[];
  settings: string[];
}

/** Asks the host's apt; a host without apt has nothing to say. */
export async function hostApt(suite: string): Promise<HostApt> {
  const ask = async (command: string, argument: string) => {
    try {
      return (await execute(command, [argument], { timeout: 60_000, maxBuffer: 32 << 20 })).stdout;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw new Error(`\`${command} ${argument}\` failed, which is how the host's package mirrors are found`, {
        cause: error,
      });
    }
  };
  const settings = transportSettings(await ask("apt-config", "dump"));
  const credentials = "/etc/apt/auth.conf.d";
  if ((await namesIn(credentials)).length > 0) settings.push(`Dir::Etc::netrcparts "${credentials}";`);
  return { sources: sourceLines(suite, parseIndexTargets(await ask("apt-get", "indextargets"))), settings };
}

/** A folder with the keys that the host's apt trusts, and Debian's own archive keys. */
export async function collectKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const trusted = "/etc/apt/trusted.gpg.d";
  const files = (await namesIn(trusted)).map((name) => join(trusted, name));
  files.push("/usr/share/keyrings/debian-archive-keyring.gpg");
  for (const file of files) {
    if (!/\.(gpg|asc)$/.test(file)) continue;
    const there = await stat(file).catch(() => undefined);
    if (there) await cp(file, join(folder, file.slice(file.lastIndexOf("/") + 1)), { dereference: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
