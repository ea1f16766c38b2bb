/** What a cloud has of the things that a spec names: plain data, read once by `readCatalogue` (read.ts). */

export interface Catalogue {
  /** The project's id. */
  project: string;
  region: string | undefined;
  flavors: readonly CloudFlavor[];
  /** All that the project can see, external ones included. */
  networks: readonly CloudNetwork[];
  subnets: readonly CloudSubnet[];
  /** How the first network is connected; undefined: nobody wants a floating IP, or it could not be read. */
  routing: Routing | undefined;
  /** What Glance answered to the image choice of each version in use, by `versionKey`. */
  images: ReadonlyMap<string, readonly CloudImage[]>;
  /** Every image's name and tags, for suggestions; empty unless a choice found nothing. */
  otherImages: readonly { name: string; tags: readonly string[] }[];
  /** Undefined: the spec names none, or the cloud does not tell. The same holds for the next two. */
  zones: readonly CloudZone[] | undefined;
  volumeZones: readonly CloudZone[] | undefined;
  volumeTypes: readonly CloudVolumeType[] | undefined;
  quotas: Quotas;
  /** For people: what could not be read, and is therefore not checked. */
  notes: readonly string[];
}

export interface CloudFlavor {
  id: string;
  name: string;
  vcpus: number;
  ramMiB: number;
  /** Of the root disk; 0: as large as the image. */
  diskGiB: number;
  disabled: boolean;
}

export interface CloudNetwork {
  id: string;
  name: string;
  projectId: string;
  /** Ids. A subnet of another project's external network is listed here and nowhere else. */
  subnets: readonly string[];
  external: boolean;
  shared: boolean;
  /** Its administrative state. */
  up: boolean;
  portSecurity: boolean;
}

export interface CloudSubnet {
  id: string;
  name: string;
  networkId: string;
  cidr: string;
  ipVersion: 4 | 6;
}

export interface Routing {
  /** Those that the project can see. */
  routers: readonly { id: string; name: string; externalNetworkId: string | undefined }[];
  /** Ports of routers on the first network. */
  interfaces: readonly { routerId: string; subnetIds: readonly string[] }[];
}

export interface CloudImage {
  id: string;
  name: string;
  /** Glance's word; only `active` can be booted. */
  status: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** The smallest root disk it fits on: Glance's `min_disk` or its (virtual) size. */
  minDiskGiB: number;
  minRamMiB: number;
  tags: readonly string[];
  /** The properties coffer_engine and coffer_version. */
  engine?: string;
  version?: string;
  /** The property os_distro. */
  distro?: string;
  /** `ALGORITHM:HEX`. */
  checksum?: string;
}

export interface CloudZone {
  name: string;
  available: boolean;
}

export interface CloudVolumeType {
  id: string;
  name: string;
}

export interface Quota {
  /** Negative: unlimited. */
  limit: number;
  /** In use and reserved. */
  used: number;
}

/** What an instance takes from a quota, by the unit it is counted in. */
export const amounts = [
  "servers",
  "cores",
  "ramMiB",
  "volumes",
  "gigabytes",
  "ports",
  "securityGroups",
  "rules",
  "floatingIps",
] as const;
export type Amount = (typeof amounts)[number];

export interface Quotas {
  /** Absent: the cloud does not tell. */
  project: Readonly<Partial<Record<Amount, Quota>>>;
  /** Cinder's own ones of a volume type, by its name. */
  volumeTypes: ReadonlyMap<string, { volumes?: Quota; gigabytes?: Quota }>;
  /** The largest single volume in GiB; undefined or negative: unlimited. */
  largestVolumeGiB: number | undefined;
}

/** `datastore@version`: how images are kept. */
export function versionKey({ datastore, version }: { datastore: string; version: string }): string {
  return `${datastore}@${version}`;
}
