/**
 * Pulumi's resource plugins, each in the folder where Pulumi looks for exactly its version. Another plugin is another
 * `Part` here, with its own sources.
 */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Cache, pluginFolder, publishFolder, readStamp } from "./cache.ts";
import { downloadRelease } from "./download.ts";
import { isExecutable } from "./process.ts";
import { ensureShim } from "./shims.ts";
import type { Attempt, Found, Part } from "./steps.ts";
import { versions } from "./versions.ts";

const program = "pulumi-resource-docker";
const standIn = "toolchain/docker-plugin/main.ts";

/** Downloaded, else Coffer's own stand-in, which is part of the checkout. */
export const dockerPluginPart: Part = {
  name: "docker-plugin",
  title: `Pulumi docker plugin ${versions.dockerPlugin}`,
  async find(cache) {
    return findCached(cache);
  },
  sources: [takeInstalled, download, useStandIn],
};

function findCached(cache: Cache): Found | undefined {
  const folder = pluginFolder(cache, "docker", versions.dockerPlugin);
  const stamp = readStamp(folder);
  const path = join(folder, program);
  // Pulumi passes over a plugin while a `.partial` file lies beside its folder.
  if (stamp === undefined || existsSync(`${folder}.partial`)) return undefined;
  if (stamp.from === "checkout") ensureShim(path, standIn);
  return isExecutable(path) ? { ...stamp, path } : undefined;
}

/** One that the user's own Pulumi has already: copied, so that it stays when the user's is removed. */
async function takeInstalled(attempt: Attempt): Promise<Found | undefined> {
  const home = attempt.env.HOME || homedir();
  const theirs = join(home, ".pulumi", "plugins", `resource-docker-v${versions.dockerPlugin}`);
  if (!isExecutable(join(theirs, program)) || existsSync(`${theirs}.partial`)) return undefined;
  return publish("installed", attempt, async (folder) => {
    copyFileSync(join(theirs, program), join(folder, program));
    return true;
  });
}

async function download(attempt: Attempt): Promise<Found | undefined> {
  const version = versions.dockerPlugin;
  const release = {
    repository: "pulumi-docker",
    version,
    archive: `${program}-v${version}-linux-amd64.tar.gz`,
    checksums: `pulumi-docker_${version}_checksums.txt`,
  };
  return publish("download", attempt, (folder) => downloadRelease(release, folder, attempt));
}

async function useStandIn(attempt: Attempt): Promise<Found | undefined> {
  return publish("checkout", attempt, async (folder) => ensureShim(join(folder, program), standIn));
}

async function publish(
  from: "installed" | "download" | "checkout",
  attempt: Attempt,
  fill: (folder: string) => Promise<boolean>,
): Promise<Found | undefined> {
  const folder = pluginFolder(attempt.cache, "docker", versions.dockerPlugin);
  rmSync(`${folder}.partial`, { force: true });
  const done = await publishFolder(folder, { from, version: versions.dockerPlugin }, fill);
  return done ? findCached(attempt.cache) : undefined;
}
