/** A small cloud, a spec that fits it, and ways to change both. */
import type { Catalogue, CloudImage } from "../../components/openstack/preflight/catalogue.ts";
import type { DatastoreVersion, InstanceSpec, OpenstackTarget, StackSpec } from "../../spec/model.ts";

export const own = "project-1";

export const image: CloudImage = {
  id: "image-1",
  name: "db",
  status: "active",
  createdAt: "2026-01-01T00:00:00Z",
  minDiskGiB: 2,
  minRamMiB: 0,
  tags: [],
  engine: "mariadb",
  version: "10.11",
};

const network = { projectId: own, external: false, shared: false, up: true, portSecurity: true };

export const privateNetwork = { ...network, id: "net-1", name: "private", subnets: ["sub-1"] };
export const publicNetwork = {
  ...network,
  id: "net-2",
  name: "public",
  projectId: "other",
  subnets: ["hidden"],
  external: true,
};

export function catalogueOf(changes: Partial<Catalogue> = {}): Catalogue {
  return {
    project: own,
    region: "RegionOne",
    flavors: [
      { id: "f-1", name: "m1.tiny", vcpus: 1, ramMiB: 256, diskGiB: 1, disabled: false },
      { id: "f-2", name: "m1.small", vcpus: 1, ramMiB: 512, diskGiB: 4, disabled: false },
      { id: "f-3", name: "m1.large", vcpus: 2, ramMiB: 1024, diskGiB: 4, disabled: false },
      { id: "f-4", name: "m1.old", vcpus: 2, ramMiB: 1024, diskGiB: 4, disabled: true },
      { id: "f-5", name: "m1.diskless", vcpus: 1, ramMiB: 512, diskGiB: 0, disabled: false },
    ],
    networks: [privateNetwork, publicNetwork],
    subnets: [{ id: "sub-1", name: "private-subnet", networkId: "net-1", cidr: "10.0.10.0/24", ipVersion: 4 }],
    routing: {
      routers: [{ id: "router-1", name: "router", externalNetworkId: "net-2" }],
      interfaces: [{ routerId: "router-1", subnetIds: ["sub-1"] }],
    },
    images: new Map([["shop@10.11", [image]]]),
    otherImages: [],
    zones: [
      { name: "nova", available: true },
      { name: "cellar", available: false },
    ],
    volumeZones: [{ name: "ceph-a", available: true }],
    volumeTypes: [
      { id: "t-1", name: "ceph" },
      { id: "t-2", name: "fast" },
    ],
    quotas: { project: {}, volumeTypes: new Map(), largestVolumeGiB: -1 },
    notes: [],
    ...changes,
  };
}

export const version: DatastoreVersion = {
  datastore: "shop",
  version: "10.11",
  engine: "mariadb",
  image: { by: "name", name: "db", stock: false },
  active: true,
  isDefault: true,
};

export function instanceOf(name: string, changes: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    name,
    datastore: "shop",
    version: "10.11",
    engine: "mariadb",
    restart: "allow",
    logs: {},
    flavor: { name: "m1.small" },
    volume: { bytes: 2 * 2 ** 30 },
    access: { allow: ["10.0.0.0/8"], admin: ["172.24.4.1/32"], public: false },
    parameters: {},
    tls: "enforced",
    ports: {},
    drop: [],
    ...changes,
  };
}

export function specOf(
  target: Partial<OpenstackTarget> = {},
  instances: readonly InstanceSpec[] = [instanceOf("orders")],
  datastores: readonly DatastoreVersion[] = [version],
): StackSpec {
  const openstack: OpenstackTarget = {
    networks: ["private"],
    external: "public",
    reach: { by: "floating-ip" },
    hostKey: "console",
    tags: [],
    access: { allow: [], admin: ["172.24.4.1/32"], public: false },
    ...target,
  };
  return { target: { kind: "openstack", openstack }, datastores, configurations: [], instances };
}
