/** The generations of Nova's and Cinder's APIs, `major.minor`. */
import type { CloudService } from "./cloud.ts";

export type Microversion = `${number}.${number}`;

/**
 * What we ask for: OpenStack Train (2019) and everything later has both. Nova 2.79 tells a server's flavor in words, its
 * volumes and its tags; Cinder 3.59 grows volumes in use and filters snapshots. An older cloud gets its own newest.
 */
export const microversions: Readonly<Partial<Record<CloudService, Microversion>>> = {
  compute: "2.79",
  volume: "3.59",
};

export function versionHeaders(service: CloudService, version: Microversion | undefined): Record<string, string> {
  return version ? { "openstack-api-version": `${service} ${version}` } : {};
}

export interface VersionRange {
  lowest?: string;
  highest?: string;
}

/** What a service says of its versions: `{version: {min_version, version}}`, or the entry of a list that has a range. */
export function supportedRange(document: unknown): VersionRange {
  const { version, versions } = (document ?? {}) as { version?: unknown; versions?: unknown };
  const entries = [version, ...(Array.isArray(versions) ? (versions as unknown[]) : [])];
  for (const entry of entries) {
    const { min_version: lowest, version: highest } = (entry ?? {}) as { min_version?: unknown; version?: unknown };
    if (typeof lowest === "string" && typeof highest === "string" && lowest && highest) return { lowest, highest };
  }
  return {};
}

/** The wanted version, or the nearest one that the service has. */
export function negotiated(wanted: Microversion, { lowest, highest }: VersionRange): Microversion {
  if (highest && compare(highest, wanted) < 0) return highest as Microversion;
  if (lowest && compare(lowest, wanted) > 0) return lowest as Microversion;
  return wanted;
}

function compare(one: string, other: string): number {
  const [a = [], b = []] = [one, other].map((version) => version.split(".").map(Number));
  return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
}
