/** The names of a spec as the ids of the cloud: what the components work on. */
import type { StackSpec } from "../../../spec/model.ts";
import { type Catalogue, versionKey } from "./catalogue.ts";
import { type Found, openstackOf } from "./fault.ts";
import { findImage, versionsInUse } from "./images.ts";
import { findNetwork, findSubnet } from "./networks.ts";

export interface CloudFacts {
  /** By name; those that instances use. */
  flavors: ReadonlyMap<string, FlavorFacts>;
  /** In the order of the spec; a subnet only at the first, and only when the spec names one. */
  networks: readonly NetworkFacts[];
  external?: { id: string; name: string };
  /** By `datastore@version`; a version whose image is gone, and that no new machine needs, is missing. */
  images: ReadonlyMap<string, ImageFacts>;
}

export interface FlavorFacts {
  id: string;
  vcpus: number;
  memoryBytes: number;
  diskGiB: number;
}

export interface NetworkFacts {
  id: string;
  name: string;
  subnet?: { id: string; cidr: string; ipVersion: 4 | 6 };
}

export interface ImageFacts {
  id: string;
  name: string;
  minDiskGiB: number;
  /** `ALGORITHM:HEX`. */
  checksum?: string;
}

/** For a spec that `planPreflight` found no fault in; throws a plain error otherwise, which is a bug. */
export function settle(spec: StackSpec, catalogue: Catalogue): CloudFacts {
  const target = openstackOf(spec);
  const used = new Set(spec.instances.map(({ flavor }) => flavor.name));
  const flavors = catalogue.flavors.filter(({ name }) => used.has(name));
  const networks = target.networks.map((word, index): NetworkFacts => {
    const network = certain(findNetwork(word, catalogue));
    const { id, name } = network;
    if (index > 0 || target.subnet === undefined) return { id, name };
    const subnet = certain(findSubnet(target.subnet, network, catalogue.subnets));
    return { id, name, subnet: { id: subnet.id, cidr: subnet.cidr, ipVersion: subnet.ipVersion } };
  });
  const external = target.external === undefined ? undefined : certain(findNetwork(target.external, catalogue));
  return {
    flavors: new Map(
      flavors.map(({ id, name, vcpus, ramMiB, diskGiB }) => [
        name,
        { id, vcpus, memoryBytes: ramMiB * 2 ** 20, diskGiB },
      ]),
    ),
    networks,
    ...(external ? { external: { id: external.id, name: external.name } } : {}),
    images: imagesOf(spec, catalogue),
  };
}

function imagesOf(spec: StackSpec, catalogue: Catalogue): ReadonlyMap<string, ImageFacts> {
  return new Map(
    versionsInUse(spec).flatMap((version): [string, ImageFacts][] => {
      const image = findImage(version, catalogue);
      if ("fault" in image) return [];
      const { id, name, minDiskGiB, checksum } = image.found;
      return [[versionKey(version), { id, name, minDiskGiB, ...(checksum === undefined ? {} : { checksum }) }]];
    }),
  );
}

function certain<T>(found: Found<T>): T {
  if ("found" in found) return found.found;
  throw new Error(`a spec was settled before it passed the preflight: ${found.fault.message}`);
}
