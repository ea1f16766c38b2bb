/** Every part that Coffer stands on: what is there, what is wanted, and the remedy. Looks only; changes nothing. */
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Cache, cacheFolders, checkout } from "./cache.ts";
import { distribution } from "./debian.ts";
import { dependencyDifferences } from "./dependencies.ts";
import { engineAddresses, findEngine } from "./docker.ts";
import { stateFolder } from "./env.ts";
import { dockerPluginPart, openstackPluginPart, pluginOrigin } from "./plugins.ts";
import { findProgram, isExecutable } from "./process.ts";
import { pulumiPart } from "./pulumi.ts";
import type { Part } from "./steps.ts";
import { compareVersions, versions } from "./versions.ts";

export interface DoctorRow {
  part: string;
  /** What is there; empty when it is missing. */
  version: string;
  wanted: string;
  /** Where it came from: installed, download, built, Coffer's own; of a plugin, what `pluginOrigin` says. */
  from: string;
  path: string;
  ok: boolean;
  /** What to do; empty when `ok`. */
  remedy: string;
}

const setUp = 'run "./coffer up FILE": it is set up on the way.';
const diskWanted = 5 * 1024 ** 3;

export async function doctor(env: NodeJS.ProcessEnv = process.env): Promise<DoctorRow[]> {
  const cache = cacheFolders(env);
  return [
    system(),
    node(cache),
    dependencies(),
    ...(await pulumi(cache, env)),
    await plugin("Docker plugin", versions.dockerPlugin, dockerPluginPart, cache, env),
    await plugin("OpenStack plugin", versions.openstackPlugin, openstackPluginPart, cache, env),
    provider(),
    await dockerEngine(env),
    imageBuilder(env),
    disk(cache),
    state(env),
  ];
}

function row(part: string, wanted: string, found: Partial<DoctorRow>, remedy: string): DoctorRow {
  const ok = found.ok ?? true;
  return { part, wanted, version: "", from: "", path: "", ...found, ok, remedy: ok ? "" : remedy };
}

function system(): DoctorRow {
  const { title, isDebian } = distribution();
  const ok = process.platform === "linux" && process.arch === "x64";
  const version = `${title} (${process.arch})`;
  const from = isDebian ? "packages can be installed" : "packages are yours to install";
  return row("Operating system", "Linux on x86-64, best Debian 12", { version, from, ok }, "use Linux on x86-64.");
}

function node(cache: Cache): DoctorRow {
  const version = process.versions.node;
  const ok = compareVersions(version, String(versions.nodeMajor)) >= 0;
  const from = process.execPath.startsWith(cache.root) ? "download" : "installed";
  const remedy = "start Coffer through ./coffer, which sets up Node.";
  return row("Node", `>= ${versions.nodeMajor}`, { version, from, path: process.execPath, ok }, remedy);
}

function dependencies(): DoctorRow {
  const path = join(checkout, "node_modules");
  const different = dependencyDifferences(checkout);
  const ok = different.length === 0;
  const version = ok ? "as locked" : `${different.length} differ: ${different.slice(0, 3).join(", ")}`;
  const remedy = 'run "npm ci --ignore-scripts" in the checkout, or just ./coffer again.';
  return row("npm packages", "as in package-lock.json", { version, from: "installed", path, ok }, remedy);
}

async function pulumi(cache: Cache, env: NodeJS.ProcessEnv): Promise<DoctorRow[]> {
  const found = await pulumiPart.find(cache, env);
  const host = found && join(dirname(found.path), "pulumi-language-nodejs");
  const shimmed = found?.from === "built";
  return [
    row("Pulumi CLI", versions.pulumi, found ?? { ok: false }, setUp),
    row(
      "Language host",
      versions.pulumi,
      host === undefined
        ? { ok: false }
        : {
            version: versions.pulumi,
            path: host,
            ok: isExecutable(host),
            from: shimmed ? "Coffer's own" : found?.from,
          },
      setUp,
    ),
  ];
}

async function plugin(
  title: string,
  wanted: string,
  part: Part,
  cache: Cache,
  env: NodeJS.ProcessEnv,
): Promise<DoctorRow> {
  const found = await part.find(cache, env);
  return row(title, wanted, found ? { ...found, from: pluginOrigin(found) } : { ok: false }, setUp);
}

function provider(): DoctorRow {
  const path = join(checkout, "provider", "pulumi-resource-coffer");
  const manifest: { version: string } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
  const ok = isExecutable(path);
  const found = { version: ok ? manifest.version : "", from: "Coffer's own", path, ok };
  return row("Coffer provider", manifest.version, found, `restore the file, executable: git checkout -- ${path}`);
}

async function dockerEngine(env: NodeJS.ProcessEnv): Promise<DoctorRow> {
  const found = await findEngine(env);
  const path = engineAddresses(env).join(", ");
  const remedy = env.DOCKER_HOST
    ? "start the engine that DOCKER_HOST names, or unset DOCKER_HOST."
    : 'run "./coffer up FILE" as root, which installs and starts docker.io; or start your own engine.';
  return row("Docker engine", "any that answers", found ?? { path, ok: false }, remedy);
}

function imageBuilder(env: NodeJS.ProcessEnv): DoctorRow {
  const path = findProgram("mmdebstrap", env);
  if (path !== undefined) {
    return row("mmdebstrap", "any, to build images", { version: "installed", from: "installed", path }, "");
  }
  const onDemand = distribution().isDebian && process.getuid?.() === 0;
  const found = { version: onDemand ? "set up when an image is built" : "", ok: onDemand };
  return row("mmdebstrap", "any, to build images", found, "run as root: apt-get install mmdebstrap");
}

function disk(cache: Cache): DoctorRow {
  const path = nearestExisting(cache.root);
  const { bavail, bsize } = statfsSync(path);
  const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
  const found = { version: `${gib(bavail * bsize)} free`, path: cache.root, ok: bavail * bsize >= diskWanted };
  return row("Disk space", gib(diskWanted), found, "make room, or set COFFER_CACHE to a folder on a bigger disk.");
}

function state(env: NodeJS.ProcessEnv): DoctorRow {
  const backend = env.PULUMI_BACKEND_URL;
  if (backend && !backend.startsWith("file://")) {
    return row(
      "State",
      "reachable",
      { version: "not checked", from: "PULUMI_BACKEND_URL", path: withoutPassword(backend) },
      "",
    );
  }
  const path = backend ? new URL(backend).pathname : stateFolder(checkout);
  const ok = isWritable(nearestExisting(decodeURIComponent(path)));
  const from = backend ? "PULUMI_BACKEND_URL" : "Coffer's own";
  const remedy = "make the folder writable, or set PULUMI_BACKEND_URL to where the state is to be.";
  return row("State", "writable", { version: ok ? "writable" : "read-only", from, path, ok }, remedy);
}

/** A Postgres backend's address may hold a password. */
function withoutPassword(address: string): string {
  return address.replace(/:\/\/[^@/]*@/, "://");
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
