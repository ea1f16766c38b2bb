/** What the cloud holds when it is new, as data: users, services with their addresses, flavors, quotas. */
import { endpoint, ports, region } from "./layout.ts";
import type { Secrets } from "./secrets.ts";

export interface Wanted {
  projects: readonly { name: string; domain_id: string }[];
  roles: readonly { name: string }[];
  users: readonly { name: string; password: string; domain_id: string; project: string; roles: readonly string[] }[];
  services: readonly { name: string; type: string }[];
  endpoints: readonly { service: string; interface: string; url: string; region_id: string }[];
}

export function catalogue(secrets: Secrets): Wanted {
  const services = [
    { name: "glance", type: "image", url: endpoint(ports.image) },
    { name: "placement", type: "placement", url: endpoint(ports.placement) },
    { name: "nova", type: "compute", url: endpoint(ports.compute, "/v2.1") },
    { name: "neutron", type: "network", url: endpoint(ports.network) },
    { name: "cinderv3", type: "volumev3", url: endpoint(ports.volume, "/v3/%(project_id)s") },
    { name: "cinder", type: "block-storage", url: endpoint(ports.volume, "/v3/%(project_id)s") },
  ];
  const users = ["glance", "placement", "nova", "neutron", "cinder"];
  return {
    projects: [
      { name: "service", domain_id: "default" },
      { name: "demo", domain_id: "default" },
    ],
    roles: ["admin", "service", "member", "reader", "heat_stack_owner", "load-balancer_member"].map((name) => ({
      name,
    })),
    users: [
      ...users.map((name) => serviceAccount(name, secrets)),
      { name: "demo", password: secrets.demo, domain_id: "default", project: "demo", roles: ["member"] },
    ],
    ...withEndpoints(services),
  };
}

export function heatCatalogue(secrets: Secrets): Wanted {
  return {
    projects: [{ name: "service", domain_id: "default" }],
    roles: ["admin", "service", "heat_stack_user"].map((name) => ({ name })),
    users: [serviceAccount("heat", secrets)],
    ...withEndpoints([
      { name: "heat", type: "orchestration", url: endpoint(ports.orchestration, "/v1/%(project_id)s") },
    ]),
  };
}

const serviceAccount = (name: string, secrets: Secrets): Wanted["users"][number] => ({
  name,
  password: secrets.service,
  domain_id: "default",
  project: "service",
  roles: ["admin", "service"],
});

function withEndpoints(services: readonly { name: string; type: string; url: string }[]) {
  return {
    services: services.map(({ name, type }) => ({ name, type })),
    endpoints: services.flatMap(({ name, url }) =>
      ["public", "internal", "admin"].map((kind) => ({ service: name, interface: kind, url, region_id: region })),
    ),
  };
}

/** Those of the wanted ones whose name nothing has. */
export function missing<T extends { name: string }>(wanted: readonly T[], have: readonly { name: string }[]): T[] {
  return wanted.filter(({ name }) => !have.some((one) => one.name === name));
}

export const flavors = [
  { name: "m1.tiny", ram: 256, vcpus: 1, disk: 2 },
  { name: "m1.small", ram: 512, vcpus: 1, disk: 4 },
  { name: "m1.medium", ram: 768, vcpus: 1, disk: 4 },
  { name: "m1.large", ram: 1024, vcpus: 2, disk: 4 },
] as const;

/** Of each project. */
export const quotas = {
  compute: {
    cores: 2000,
    ram: 4_000_000,
    instances: 1000,
    key_pairs: 500,
    server_groups: 500,
    server_group_members: 500,
  },
  volume: { volumes: 1000, snapshots: 1000, gigabytes: 100_000 },
  network: {
    network: 500,
    subnet: 500,
    port: 5000,
    router: 200,
    floatingip: 200,
    security_group: 500,
    security_group_rule: 5000,
  },
} as const;
