/** The versions Coffer sets up, read from `versions.env` so that the launcher and TypeScript share one truth. */
import { readFileSync } from "node:fs";

/** Reads `NAME=value` lines; comments and blank lines are left out. */
export function parseVersions(text: string): Map<string, string> {
  const lines = text.split("\n").filter((line) => /^[A-Z0-9_]+=/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).trim()]));
}

const all = parseVersions(readFileSync(new URL("versions.env", import.meta.url), "utf8"));

function version(name: string): string {
  const value = all.get(name);
  if (value === undefined) throw new Error(`toolchain/versions.env has no line ${name}=`);
  return value;
}

export const versions = {
  /** The oldest major version of Node that runs Coffer. */
  nodeMajor: Number(version("NODE_MAJOR")),
  /** The Node the launcher installs when there is none that is new enough. */
  node: version("NODE_VERSION"),
  pulumi: version("PULUMI_VERSION"),
  dockerPlugin: version("DOCKER_PLUGIN_VERSION"),
  /** Also in package.json (`@pulumi/openstack`): Pulumi asks for the plugin of exactly the npm package's version. */
  openstackPlugin: version("OPENSTACK_PLUGIN_VERSION"),
  /** The Go that is fetched when none is installed that the go.mod of what is built accepts. */
  go: version("GO_VERSION"),
} as const;

/** Compares dotted numbers (`1.26.6`): negative, zero or positive, as a sort function does. Missing parts are 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((v) => v.split(".").map((part) => Number.parseInt(part, 10) || 0)) as [
    number[],
    number[],
  ];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
