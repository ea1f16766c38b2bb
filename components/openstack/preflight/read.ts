/** Reading what a cloud has, in few calls: a number that does not grow with the instances of the spec. */
import type { Cloud } from "../../../access/openstack/cloud.ts";
import type { InstanceSpec, StackSpec } from "../../../spec/model.ts";
import type { Catalogue, CloudFlavor, CloudNetwork, CloudSubnet, CloudVolumeType, CloudZone } from "./catalogue.ts";
import { openstackOf } from "./fault.ts";
import { findNetwork } from "./networks.ts";
import { readImages } from "./read-images.ts";
import { readQuotas } from "./read-quotas.ts";
import { readRouting } from "./read-routing.ts";
import { openReader, type Reader, stoppedBy } from "./reader.ts";

/**
 * What the cloud has of what the spec names. Throws a `CloudError` when the cloud cannot be reached, does not let us in,
 * lacks the region, or refuses to list flavors, networks or images. `signal` stops the calls.
 */
export async function readCatalogue(cloud: Cloud, spec: StackSpec, signal?: AbortSignal): Promise<Catalogue> {
  const notes: string[] = [];
  const reader = await openReader(cloud, notes, signal);
  const [flavors, [networks, routing], subnets, images, zones, volumeZones, volumeTypes, quotas] = await Promise.all([
    readFlavors(reader),
    readNetworks(reader, spec),
    readSubnets(reader),
    readImages(reader, spec),
    anySays(spec, "zone", ({ zone }) => zone)
      ? reader.optional("Nova's availability zones", readZones(reader, "compute"))
      : undefined,
    anySays(spec, "volumeZone", ({ volume }) => volume.zone)
      ? reader.optional("Cinder's availability zones", readZones(reader, "volume"))
      : undefined,
    anySays(spec, "volumeType", ({ volume }) => volume.type)
      ? reader.optional("Cinder's volume types", readVolumeTypes(reader))
      : undefined,
    readQuotas(reader),
  ]);
  const { project } = reader;
  const places = { zones, volumeZones, volumeTypes };
  return { project, region: cloud.region, flavors, networks, routing, subnets, ...images, ...places, quotas, notes };
}

function anySays(
  spec: StackSpec,
  key: "zone" | "volumeZone" | "volumeType",
  own: (instance: InstanceSpec) => string | undefined,
): boolean {
  return openstackOf(spec)[key] !== undefined || spec.instances.some((instance) => own(instance) !== undefined);
}

interface FlavorAnswer {
  id: string;
  name: string;
  vcpus: number;
  ram: number;
  disk: number;
  "OS-FLV-DISABLED:disabled"?: boolean;
}

export async function readFlavors({ cloud, signal }: Pick<Reader, "cloud" | "signal">): Promise<CloudFlavor[]> {
  const flavors = await cloud.list<FlavorAnswer>("compute", "/flavors/detail", "flavors", stoppedBy(signal));
  return flavors.map(({ id, name, vcpus, ram, disk, "OS-FLV-DISABLED:disabled": disabled = false }) => ({
    id,
    name,
    vcpus,
    ramMiB: ram,
    diskGiB: disk,
    disabled,
  }));
}

interface NetworkAnswer {
  id: string;
  name: string;
  project_id: string;
  subnets?: readonly string[];
  shared?: boolean;
  admin_state_up?: boolean;
  "router:external"?: boolean;
  /** Missing where Neutron lacks the extension: then security groups always work. */
  port_security_enabled?: boolean;
}

async function readNetworks(reader: Reader, spec: StackSpec): Promise<[CloudNetwork[], Catalogue["routing"]]> {
  const { cloud, signal, project } = reader;
  const answers = await cloud.list<NetworkAnswer>("network", "/networks", "networks", stoppedBy(signal));
  const networks = answers.map(
    (network): CloudNetwork => ({
      id: network.id,
      name: network.name,
      projectId: network.project_id,
      subnets: network.subnets ?? [],
      external: network["router:external"] ?? false,
      shared: network.shared ?? false,
      up: network.admin_state_up ?? true,
      portSecurity: network.port_security_enabled ?? true,
    }),
  );
  const first = findNetwork(openstackOf(spec).networks[0] ?? "", { networks, project });
  return [networks, "found" in first ? await readRouting(reader, spec, first.found.id) : undefined];
}

interface SubnetAnswer {
  id: string;
  name: string;
  network_id: string;
  cidr: string;
  ip_version: 4 | 6;
}

async function readSubnets({ cloud, signal }: Reader): Promise<CloudSubnet[]> {
  const subnets = await cloud.list<SubnetAnswer>("network", "/subnets", "subnets", stoppedBy(signal));
  return subnets.map(({ id, name, network_id: networkId, cidr, ip_version: ipVersion }) => ({
    id,
    name,
    networkId,
    cidr,
    ipVersion,
  }));
}

interface ZonesAnswer {
  availabilityZoneInfo: readonly { zoneName: string; zoneState: { available: boolean } }[];
}

async function readZones({ cloud, signal }: Reader, service: "compute" | "volume"): Promise<CloudZone[]> {
  const answer = await cloud.call<ZonesAnswer>(service, "/os-availability-zone", stoppedBy(signal));
  return answer.availabilityZoneInfo.map(({ zoneName, zoneState }) => ({
    name: zoneName,
    available: zoneState.available,
  }));
}

/** Those that the project may use: public ones, and private ones it was given. */
async function readVolumeTypes({ cloud, signal }: Reader): Promise<CloudVolumeType[]> {
  const types = await cloud.list<CloudVolumeType>("volume", "/types", "volume_types", stoppedBy(signal));
  return types.map(({ id, name }) => ({ id, name }));
}
