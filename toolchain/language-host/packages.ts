/** What a program's node_modules say: which Pulumi plugins its SDKs need, and its dependencies. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A plugin that an installed SDK needs. */
export interface RequiredPlugin {
  name: string;
  version: string;
  /** Where the SDK says that its plugin is served, when not at the default place. */
  server: string;
}

export interface Dependency {
  name: string;
  version: string;
}

type Manifest = Record<string, unknown>;

/** The plugins of all SDKs that the program in this folder can import, as their package.json files tell. */
export function requiredPlugins(folder: string): RequiredPlugin[] {
  return installedManifests(folder).flatMap((manifest) => pluginOf(manifest) ?? []);
}

/** The plugin that a package.json names in its `pulumi` section; undefined for packages without one. */
export function pluginOf(manifest: Manifest): RequiredPlugin | undefined {
  const pulumi = manifest.pulumi;
  if (!isObject(pulumi) || pulumi.resource !== true) return undefined;
  const packageName = text(manifest.name) ?? "";
  const name = text(pulumi.name) ?? packageName.replace(/^@pulumi\//, "");
  const version = (text(pulumi.version) ?? text(manifest.version) ?? "").replace(/^v/, "");
  return name === "" ? undefined : { name, version, server: text(pulumi.server) ?? "" };
}

/** The direct dependencies, or every package that is installed at the top of node_modules, sorted by name. */
export function programDependencies(folder: string, transitive: boolean): Dependency[] {
  const installed = installedManifests(folder).map((manifest) => ({
    name: text(manifest.name) ?? "",
    version: text(manifest.version) ?? "",
  }));
  const direct = new Set(directNames(folder));
  return installed
    .filter(({ name }) => name !== "" && (transitive || direct.has(name)))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function directNames(folder: string): string[] {
  for (const at of upwards(folder)) {
    const manifest = readManifest(join(at, "package.json"));
    if (manifest === undefined) continue;
    return [manifest.dependencies, manifest.devDependencies].filter(isObject).flatMap((group) => Object.keys(group));
  }
  return [];
}

/** The package.json of each package that Node finds from this folder; nearer ones hide farther ones. */
function installedManifests(folder: string): Manifest[] {
  const found = new Map<string, Manifest>();
  for (const at of upwards(folder)) {
    const modules = join(at, "node_modules");
    for (const name of packageNames(modules)) {
      if (found.has(name)) continue;
      const manifest = readManifest(join(modules, name, "package.json"));
      if (manifest !== undefined) found.set(name, manifest);
    }
  }
  return [...found.values()];
}

function packageNames(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

function readManifest(path: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
