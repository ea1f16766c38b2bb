/**
 * Pulumi's resource plugins, each in the folder where Pulumi looks for exactly its version: one that the user's own Pulumi has,
 * else the official download, else what Coffer makes of it. Another plugin is another `Plugin` here.
 */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Cache, cacheFolders, type Origin, pluginFolder, publishFolder, readStamp, type Stamp } from "./cache.ts";
import { dockerPlugin } from "./checkout-plugins.ts";
import { downloadRelease } from "./download.ts";
import { buildOpenstackPlugin, openstackRecipe } from "./openstack-plugin/build.ts";
import { openstackVariant } from "./openstack-plugin/variant.ts";
import { isExecutable } from "./process.ts";
import { ensureShim } from "./shims.ts";
import type { Attempt, Found, Part } from "./steps.ts";
import { versions } from "./versions.ts";

interface Plugin {
  /** Pulumi's name of it: `docker`. */
  name: string;
  version: string;
  /** Where Coffer's own comes from: the checkout (a shim that starts it there), or a build. */
  own: "checkout" | "built";
  /** The stamp's version when it is Coffer's own: another one is made again. */
  ownVersion(env: NodeJS.ProcessEnv): string;
  /** Makes Coffer's own program, or mends one that is there. */
  make(program: string, attempt: Attempt): Promise<void>;
  /** What `find` mends by itself, because it costs nothing. */
  mend?(program: string): void;
}

/** In the version of a plain build. */
const plainMark = "plain.";

export const dockerPluginPart: Part = pluginPart({
  name: "docker",
  version: versions.dockerPlugin,
  own: "checkout",
  ownVersion: () => versions.dockerPlugin,
  make: async (program) => void ensureShim(program, dockerPlugin.main),
  mend: (program) => void ensureShim(program, dockerPlugin.main),
});

export const openstackPluginPart: Part = pluginPart({
  name: "openstack",
  version: versions.openstackPlugin,
  own: "built",
  ownVersion(env) {
    const variant = openstackVariant(env);
    return `${versions.openstackPlugin}+${variant === "plain" ? plainMark : ""}${openstackRecipe(variant)}`;
  },
  make: (program, attempt) => buildOpenstackPlugin(program, versions.openstackPlugin, attempt),
});

function pluginPart(plugin: Plugin): Part {
  return {
    name: `${plugin.name}-plugin`,
    title: `Pulumi ${plugin.name} plugin ${plugin.version}`,
    find: async (cache, env) => findCached(plugin, cache, env),
    sources: [
      (attempt) => takeInstalled(plugin, attempt),
      (attempt) => download(plugin, attempt),
      (attempt) => makeOwn(plugin, attempt),
    ],
  };
}

/** Returns where a plugin that was found comes from: the text that `doctor`, `version` and the setup show. */
export function pluginOrigin({ from, version }: Pick<Found, "from" | "version">): string {
  switch (from) {
    case "download":
      return "official download";
    case "installed":
      return "copied from your own Pulumi";
    case "checkout":
      return "Coffer's stand-in";
    case "built":
      return `Coffer's build ${version.includes(`+${plainMark}`) ? "without" : "with"} additions`;
  }
}

/** A plugin that Pulumi would use now. */
export interface PluginInUse {
  name: string;
  /** Of the official plugin that it is, or stands in for. */
  version: string;
  /** As `pluginOrigin` says it; undefined while the plugin is not set up. */
  from: string | undefined;
}

/** Returns every plugin that Coffer may need, found or not. Looks only. Throws `ToolchainError` for a build that nobody can make. */
export async function pluginsInUse(env: NodeJS.ProcessEnv = process.env): Promise<readonly PluginInUse[]> {
  const cache = cacheFolders(env);
  const all = [
    { name: "docker", version: versions.dockerPlugin, part: dockerPluginPart },
    { name: "openstack", version: versions.openstackPlugin, part: openstackPluginPart },
  ];
  return Promise.all(
    all.map(async ({ name, version, part }) => {
      const found = await part.find(cache, env);
      return { name, version, from: found && pluginOrigin(found) };
    }),
  );
}

function programName(plugin: Plugin): string {
  return `pulumi-resource-${plugin.name}`;
}

function findCached(plugin: Plugin, cache: Cache, env: NodeJS.ProcessEnv): Found | undefined {
  const folder = pluginFolder(cache, plugin.name, plugin.version);
  const stamp = readStamp(folder);
  const path = join(folder, programName(plugin));
  // Pulumi passes over a plugin while a `.partial` file lies beside its folder.
  if (stamp === undefined || existsSync(`${folder}.partial`)) return undefined;
  if (stamp.from === plugin.own) {
    if (stamp.version !== plugin.ownVersion(env)) return undefined;
    plugin.mend?.(path);
  }
  return isExecutable(path) ? { ...stamp, path } : undefined;
}

/** One that the user's own Pulumi has already: copied, so that it stays when the user's is removed. */
async function takeInstalled(plugin: Plugin, attempt: Attempt): Promise<Found | undefined> {
  const home = attempt.env.HOME || homedir();
  const theirs = join(home, ".pulumi", "plugins", `resource-${plugin.name}-v${plugin.version}`);
  const program = programName(plugin);
  if (!isExecutable(join(theirs, program)) || existsSync(`${theirs}.partial`)) return undefined;
  return publish(plugin, "installed", attempt, async (folder) => {
    copyFileSync(join(theirs, program), join(folder, program));
    return true;
  });
}

async function download(plugin: Plugin, attempt: Attempt): Promise<Found | undefined> {
  const { name, version } = plugin;
  const release = {
    repository: `pulumi-${name}`,
    version,
    archive: `${programName(plugin)}-v${version}-linux-amd64.tar.gz`,
    checksums: `pulumi-${name}_${version}_checksums.txt`,
  };
  return publish(plugin, "download", attempt, (folder) => downloadRelease(release, folder, attempt));
}

async function makeOwn(plugin: Plugin, attempt: Attempt): Promise<Found | undefined> {
  return publish(plugin, plugin.own, attempt, async (folder) => {
    await plugin.make(join(folder, programName(plugin)), attempt);
    return true;
  });
}

async function publish(
  plugin: Plugin,
  from: Origin,
  attempt: Attempt,
  fill: (folder: string) => Promise<boolean>,
): Promise<Found | undefined> {
  const folder = pluginFolder(attempt.cache, plugin.name, plugin.version);
  rmSync(`${folder}.partial`, { force: true });
  const stamp: Stamp = { from, version: from === plugin.own ? plugin.ownVersion(attempt.env) : plugin.version };
  const done = await publishFolder(folder, stamp, fill);
  return done ? findCached(plugin, attempt.cache, attempt.env) : undefined;
}
