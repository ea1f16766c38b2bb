/** What is made through the APIs once: the catalogue, networks, flavors, quotas. All of it may run again. */
import { setTimeout as sleep } from "node:timers/promises";
import { ToolchainError } from "../toolchain/errors.ts";
import { type Api, openApi } from "./api.ts";
import type { Setup } from "./conf/common.ts";
import { catalogue, flavors, heatCatalogue, missing, quotas, type Wanted } from "./contents.ts";
import { external, tenant } from "./layout.ts";
import type { Act } from "./parts.ts";
import { readShape } from "./shape.ts";

type Call = Extract<Act, { kind: "api" }>["call"];

export const apiCalls: Readonly<Record<Call, (setup: Setup, signal?: AbortSignal) => Promise<void>>> = {
  async catalogue({ secrets }, signal) {
    await fillCatalogue(await openApi(secrets, signal), catalogue(secrets));
  },
  async "heat-catalogue"({ secrets }, signal) {
    const api = await openApi(secrets, signal);
    await fillCatalogue(api, heatCatalogue(secrets));
    await heatDomain(api, secrets.service);
  },
  async networks({ secrets }, signal) {
    await makeNetworks(await openApi(secrets, signal));
  },
  async flavors({ secrets }, signal) {
    const api = await openApi(secrets, signal);
    const { flavors: have } = await api.call<{ flavors: Named[] }>("compute", "GET", "/flavors?is_public=none");
    for (const flavor of missing(flavors, have)) await api.call("compute", "POST", "/flavors", { flavor });
    for (const { id } of await projects(api))
      await api.call("compute", "PUT", `/os-quota-sets/${id}`, { quota_set: quotas.compute });
  },
  async "fake-zone"({ at, secrets }, signal) {
    await makeFakeZone(await openApi(secrets, signal), readShape(at).fake);
  },
  async "volume-type"({ secrets }, signal) {
    const api = await openApi(secrets, signal);
    const { volume_types: have } = await api.call<{ volume_types: Named[] }>("volume", "GET", "/types?is_public=none");
    const type = { name: "ceph", extra_specs: { volume_backend_name: "ceph" } };
    if (!have.some(({ name }) => name === "ceph")) await api.call("volume", "POST", "/types", { volume_type: type });
    for (const { id } of await projects(api))
      await api.call("volume", "PUT", `/os-quota-sets/${id}`, { quota_set: quotas.volume });
  },
};

interface Named {
  id: string;
  name: string;
}

/** The projects that people work in. */
async function projects(api: Api): Promise<Named[]> {
  const { projects: all } = await api.call<{ projects: Named[] }>("identity", "GET", "/projects");
  return all.filter(({ name }) => name === "admin" || name === "demo");
}

async function fillCatalogue(api: Api, wanted: Wanted): Promise<void> {
  const [projectIds, roleIds, serviceIds] = await Promise.all([
    ensure(api, "projects", "project", wanted.projects),
    ensure(api, "roles", "role", wanted.roles),
    ensure(api, "services", "service", wanted.services),
  ]);
  const users = wanted.users.map(({ project, roles, ...user }) => ({
    ...user,
    default_project_id: projectIds.get(project),
  }));
  const userIds = await ensure(api, "users", "user", users);
  const grants = wanted.users.flatMap(({ name, project, roles }) =>
    roles.map((role) => `/projects/${projectIds.get(project)}/users/${userIds.get(name)}/roles/${roleIds.get(role)}`),
  );
  const { endpoints: have } = await api.call<{ endpoints: { service_id: string; interface: string }[] }>(
    "identity",
    "GET",
    "/endpoints",
  );
  const endpoints = wanted.endpoints
    .map(({ service, ...rest }) => ({ ...rest, service_id: serviceIds.get(service) }))
    .filter((one) => !have.some((two) => two.service_id === one.service_id && two.interface === one.interface));
  await Promise.all([
    ...grants.map((path) => api.call("identity", "PUT", path)),
    ...endpoints.map((endpoint) => api.call("identity", "POST", "/endpoints", { endpoint })),
  ]);
}

/** Makes those that no name stands for yet; answers the ids of all by name. */
async function ensure(
  api: Api,
  plural: string,
  singular: string,
  wanted: readonly { name: string }[],
): Promise<Map<string, string>> {
  const have = (await api.call<Record<string, Named[]>>("identity", "GET", `/${plural}`))[plural] ?? [];
  const made = await Promise.all(
    missing(wanted, have).map(async (one) => {
      const answer = await api.call<Record<string, Named>>("identity", "POST", `/${plural}`, { [singular]: one });
      return answer[singular] as Named;
    }),
  );
  return new Map([...have, ...made].map(({ name, id }) => [name, id]));
}

async function heatDomain(api: Api, password: string): Promise<void> {
  const { domains } = await api.call<{ domains: Named[] }>("identity", "GET", "/domains?name=heat");
  const domain =
    domains[0] ??
    (await api.call<{ domain: Named }>("identity", "POST", "/domains", { domain: { name: "heat" } })).domain;
  const { users } = await api.call<{ users: Named[] }>("identity", "GET", `/users?domain_id=${domain.id}`);
  const admin = { name: "heat_domain_admin", password, domain_id: domain.id };
  const user = users[0] ?? (await api.call<{ user: Named }>("identity", "POST", "/users", { user: admin })).user;
  const { roles } = await api.call<{ roles: Named[] }>("identity", "GET", "/roles?name=admin");
  await api.call("identity", "PUT", `/domains/${domain.id}/users/${user.id}/roles/${roles[0]?.id}`);
}

/** The external network, and in project demo a ready one behind a router. */
async function makeNetworks(api: Api): Promise<void> {
  const demo = (await projects(api)).find(({ name }) => name === "demo");
  if (demo === undefined) throw new Error("the catalogue has no project demo");
  const publicNetwork = await one(api, "network", "public", {
    "router:external": true,
    "provider:network_type": "flat",
    "provider:physical_network": "public",
    mtu: 1500,
  });
  await one(api, "subnet", "public-subnet", {
    network_id: publicNetwork,
    cidr: external.cidr,
    gateway_ip: external.gateway,
    ip_version: 4,
    enable_dhcp: false,
    allocation_pools: [{ start: external.first, end: external.last }],
  });
  const network = await one(api, "network", tenant.network, { project_id: demo.id });
  const subnet = await one(api, "subnet", tenant.subnet, {
    project_id: demo.id,
    network_id: network,
    cidr: tenant.cidr,
    ip_version: 4,
  });
  await untilAgents(api);
  const router = await one(api, "router", tenant.router, {
    project_id: demo.id,
    external_gateway_info: { network_id: publicNetwork },
  });
  const { ports } = await api.call<{ ports: { fixed_ips: { subnet_id: string }[] }[] }>(
    "network",
    "GET",
    `/ports?device_id=${router}`,
  );
  if (!ports.some(({ fixed_ips: ips }) => ips.some(({ subnet_id: id }) => id === subnet)))
    await api.call("network", "PUT", `/routers/${router}/add_router_interface`, { subnet_id: subnet });
  for (const { id } of await projects(api))
    await api.call("network", "PUT", `/quotas/${id}`, { quota: quotas.network });
}

interface Aggregate extends Named {
  /** Absent in the answer to its creation. */
  hosts?: readonly string[];
}

/** The zone of the pretended hypervisors: a server that does not ask for it never lands on one. */
async function makeFakeZone(api: Api, count: number): Promise<void> {
  const { aggregates } = await api.call<{ aggregates: Aggregate[] }>("compute", "GET", "/os-aggregates");
  const wanted = { name: "fake", availability_zone: "fake" };
  const zone =
    aggregates.find(({ name }) => name === "fake") ??
    (await api.call<{ aggregate: Aggregate }>("compute", "POST", "/os-aggregates", { aggregate: wanted })).aggregate;
  const left = Array.from({ length: count }, (_, index) => `fake${index + 1}`).filter(
    (host) => !zone.hosts?.includes(host),
  );
  await until("the pretended hypervisors", async () => {
    const { hypervisors } = await api.call<{ hypervisors: { hypervisor_hostname: string }[] }>(
      "compute",
      "GET",
      "/os-hypervisors",
    );
    return left.filter((host) => !hypervisors.some((one) => one.hypervisor_hostname === host));
  });
  for (const host of left)
    await api.call("compute", "POST", `/os-aggregates/${zone.id}/action`, { add_host: { host } });
}

/** Waits until nothing is missing, 120 s at most. */
async function until(what: string, missingOnes: () => Promise<readonly string[]>): Promise<void> {
  const end = Date.now() + 120_000;
  for (;;) {
    const late = await missingOnes();
    if (late.length === 0) return;
    if (Date.now() > end) {
      throw new ToolchainError(`Of ${what} of the development cloud ${late.join(", ")} did not report within 120 s.`, {
        remedy: "look at coffer devcloud status, then run the same command again.",
      });
    }
    await sleep(500);
  }
}

/** A router whose agents have not reported yet gets ports that are bound to nothing. */
function untilAgents(api: Api): Promise<void> {
  const wanted = ["Linux bridge agent", "L3 agent", "DHCP agent"];
  return until("the network agents", async () => {
    const { agents } = await api.call<{ agents: { agent_type: string; alive: boolean }[] }>(
      "network",
      "GET",
      "/agents",
    );
    return wanted.filter((type) => !agents.some((agent) => agent.agent_type === type && agent.alive));
  });
}

/** The id of the object of that name, which is made when there is none. */
async function one(api: Api, kind: string, name: string, properties: Record<string, unknown>): Promise<string> {
  const owner = typeof properties.project_id === "string" ? `&project_id=${properties.project_id}` : "";
  const found = await api.call<Record<string, Named[]>>("network", "GET", `/${kind}s?name=${name}${owner}`);
  const there = found[`${kind}s`]?.[0];
  if (there !== undefined) return there.id;
  const made = await api.call<Record<string, Named>>("network", "POST", `/${kind}s`, {
    [kind]: { name, ...properties },
  });
  return (made[kind] as Named).id;
}
