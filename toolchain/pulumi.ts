/** The Pulumi CLI with the language host beside it: installed, else the official download, else built with Go. */
import { readdirSync, readFileSync, realpathSync, renameSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Cache, publishFolder, readStamp, writeFile } from "./cache.ts";
import { downloadRelease } from "./download.ts";
import { goBuild } from "./go-build.ts";
import { findProgram, isExecutable, run } from "./process.ts";
import { ensureShim } from "./shims.ts";
import type { Attempt, Found, Part } from "./steps.ts";
import { versions } from "./versions.ts";

const languageHost = "pulumi-language-nodejs";
const languageHostEntry = "toolchain/language-host/main.ts";

export const pulumiPart: Part = {
  name: "pulumi",
  title: `Pulumi CLI ${versions.pulumi}`,
  async find(cache, env) {
    return (await findInstalled(cache, env)) ?? findCached(cache);
  },
  sources: [download, build],
};

/** The folder to put first on PATH; undefined while there is no Pulumi of the right version. */
export async function pulumiFolder(cache: Cache, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const found = await pulumiPart.find(cache, env);
  return found && dirname(found.path);
}

/** A Pulumi on PATH counts when it has exactly our version and its language host lies beside it. */
async function findInstalled(cache: Cache, env: NodeJS.ProcessEnv): Promise<Found | undefined> {
  const onPath = findProgram("pulumi", env, [cache.pulumi]);
  if (onPath === undefined) return undefined;
  const path = realpathSync(onPath);
  if (path.startsWith(`${cache.root}/`) || !isExecutable(join(dirname(path), languageHost))) return undefined;
  const version = await installedVersion(path, cache);
  return version === versions.pulumi ? { from: "installed", version, path } : undefined;
}

/** Asking takes a third of a second, so the answer is kept for as long as the file stays the same. */
async function installedVersion(path: string, cache: Cache): Promise<string | undefined> {
  const { size, mtimeMs } = statSync(path);
  const memo = join(cache.root, "installed-pulumi.json");
  const key = `${path} ${size} ${mtimeMs}`;
  try {
    const known: unknown = JSON.parse(readFileSync(memo, "utf8"));
    if (Array.isArray(known) && known[0] === key && typeof known[1] === "string") return known[1];
  } catch {
    // Not asked yet.
  }
  const asked = {
    log: join(cache.logs, "pulumi-version.log"),
    limit: 30_000,
    purpose: `Asking ${path} for its version`,
  };
  const answer = await run([path, "version"], { ...asked, remedy: "repair or remove it." }).catch(() => "");
  const version = answer.trim().replace(/^v/, "");
  writeFile(memo, JSON.stringify([key, version]));
  return version;
}

function findCached(cache: Cache): Found | undefined {
  const stamp = readStamp(cache.pulumi);
  const path = join(cache.pulumi, "pulumi");
  if (stamp?.version !== versions.pulumi || !isExecutable(path)) return undefined;
  const host = join(cache.pulumi, languageHost);
  if (stamp.from === "built") ensureShim(host, languageHostEntry);
  return isExecutable(host) ? { ...stamp, path } : undefined;
}

async function download(attempt: Attempt): Promise<Found | undefined> {
  const version = versions.pulumi;
  const release = {
    repository: "pulumi",
    version,
    archive: `pulumi-v${version}-linux-x64.tar.gz`,
    checksums: `pulumi-${version}-checksums.txt`,
  };
  const done = await publishFolder(attempt.cache.pulumi, { from: "download", version }, async (folder) => {
    if (!(await downloadRelease(release, folder, attempt))) return false;
    // The archive has one folder, `pulumi/`, with the CLI and the language hosts.
    const inner = join(folder, "pulumi-release");
    renameSync(join(folder, "pulumi"), inner);
    for (const name of readdirSync(inner)) renameSync(join(inner, name), join(folder, name));
    rmdirSync(inner);
    return true;
  });
  return done ? findCached(attempt.cache) : undefined;
}

async function build(attempt: Attempt): Promise<Found | undefined> {
  const version = versions.pulumi;
  await publishFolder(attempt.cache.pulumi, { from: "built", version }, async (folder) => {
    const build = {
      module: "pulumi-cli",
      title: `the Pulumi CLI ${version}`,
      target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      version: { variable: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", value: `v${version}` },
      output: join(folder, "pulumi"),
    };
    await goBuild(build, attempt);
    ensureShim(join(folder, languageHost), languageHostEntry);
    return true;
  });
  return findCached(attempt.cache);
}
