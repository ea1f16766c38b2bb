/** Whether the cloud is well: every service that reports to the APIs has reported since it was started. */
import { setTimeout as sleep } from "node:timers/promises";
import { ToolchainError } from "../toolchain/errors.ts";
import { lastLines } from "../toolchain/process.ts";
import type { Api } from "./api.ts";
import { controller, type Layout, serviceLog } from "./layout.ts";
import type { Shape } from "./shape.ts";

/** What one service said of itself through an API. */
export interface Report {
  /** `nova-compute ctl`, `L3 agent ctl`. */
  name: string;
  /** Which service of ours it is. */
  service: string;
  up: boolean;
  /** Milliseconds since 1970; 0 when it has never reported. */
  at: number;
}

export interface Reports {
  computes: readonly Report[];
  agents: readonly Report[];
  volumes: readonly Report[];
  /** Names of the hypervisors that the scheduler knows. */
  hypervisors: readonly string[];
}

interface ServiceRow {
  binary: string;
  host: string;
  state: string;
  updated_at: string | null;
}

interface AgentRow {
  agent_type: string;
  host: string;
  alive: boolean;
  heartbeat_timestamp: string;
}

export async function readReports(api: Api): Promise<Reports> {
  const [nova, neutron, cinder, hypervisors] = await Promise.all([
    api.call<{ services: ServiceRow[] }>("compute", "GET", "/os-services"),
    api.call<{ agents: AgentRow[] }>("network", "GET", "/agents"),
    api.call<{ services: ServiceRow[] }>("volume", "GET", "/os-services"),
    api.call<{ hypervisors: { hypervisor_hostname: string }[] }>("compute", "GET", "/os-hypervisors"),
  ]);
  const rows = (services: readonly ServiceRow[], binary: string): Report[] =>
    services
      .filter((service) => service.binary === binary)
      .map(({ host, state, updated_at: at }) => report(binary, host, state === "up", at));
  return {
    computes: rows(nova.services, "nova-compute"),
    volumes: rows(cinder.services, "cinder-volume"),
    agents: neutron.agents.map(({ agent_type: type, host, alive, heartbeat_timestamp: at }) =>
      report(type, host, alive, at),
    ),
    hypervisors: hypervisors.hypervisors.map(({ hypervisor_hostname: name }) => name),
  };
}

const report = (kind: string, host: string, up: boolean, at: string | null): Report => ({
  name: `${kind} ${host}`,
  service: serviceOf(kind, host),
  up,
  at: utc(at),
});

const services: Readonly<Record<string, string>> = {
  "nova-compute": "nova-compute",
  "cinder-volume": "cinder-volume",
  "Linux bridge agent": "neutron-bridge",
  "DHCP agent": "neutron-dhcp",
  "L3 agent": "neutron-l3",
  "Metadata agent": "neutron-metadata",
};

/** The service that reports as this kind from this host. */
export function serviceOf(kind: string, host: string): string {
  if (/^fake\d+$/.test(host)) return kind === "nova-compute" ? "fake-compute" : "fake-agents";
  const service = services[kind] ?? kind;
  // Cinder's host is `ctl@ceph`.
  return host === controller || host.startsWith(`${controller}@`) ? service : `${host}-${service}`;
}

/** The APIs give times in UTC, with or without saying so. */
export function utc(text: string | null): number {
  if (text === null) return 0;
  const plain = text.replace(" ", "T").replace(/(\.\d+)?(Z|\+00:00)?$/, "");
  return Date.parse(`${plain}Z`);
}

/**
 * What is still missing, in words; empty when the cloud is well. A service stays "up" for two minutes after its death: a report
 * counts only when it is newer than its process and than those of the database and of the message broker. `starts` gives
 * their times, in milliseconds since 1970.
 */
export function complaints(reports: Reports, shape: Shape, starts: ReadonlyMap<string, number | undefined>): string[] {
  const below = Math.max(...["mariadb", "rabbitmq"].map((name) => starts.get(name) ?? Infinity));
  const fresh = (list: readonly Report[]): Report[] =>
    // Reports are written in whole seconds.
    list.filter(({ up, at, service }) => up && at + 1000 >= Math.max(below, starts.get(service) ?? Infinity));
  const computes = shape.hypervisors + shape.fake;
  const living = fresh(reports.computes);
  const agents = fresh(reports.agents);
  const wanted = ["Linux bridge agent", "DHCP agent", "L3 agent", "Metadata agent"];
  const bridges = agents.filter(({ name }) => name.startsWith("Linux bridge agent")).length;
  return [
    ...(living.length < computes ? [`${living.length} of ${computes} nova-compute services have reported`] : []),
    ...(reports.hypervisors.length < computes
      ? [`the scheduler knows ${reports.hypervisors.length} of ${computes} hypervisors`]
      : []),
    ...wanted
      .filter((type) => !agents.some(({ name }) => name === `${type} ${controller}`))
      .map((type) => `${type} has not reported`),
    ...(bridges < computes ? [`${bridges} of ${computes} bridge agents have reported`] : []),
    ...(fresh(reports.volumes).length === 0 ? ["cinder-volume has not reported"] : []),
  ];
}

/** Seconds until all have reported; a report comes at the latest after one interval of 30 s. */
const healthLimit = 180;

/** Resolves when nothing is missing. `progress` is told what still is, when that changes. */
export async function untilHealthy(
  api: Api,
  shape: Shape,
  /** When each service was started, by name; undefined for one that does not run. */
  starts: () => ReadonlyMap<string, number | undefined>,
  at: Layout,
  progress: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const until = Date.now() + healthLimit * 1000;
  let last = "";
  for (;;) {
    signal?.throwIfAborted();
    const now = starts();
    const dead = [...now].filter(([, time]) => time === undefined).map(([name]) => name);
    if (dead[0] !== undefined) {
      const log = serviceLog(at, dead[0]);
      throw new ToolchainError(`Of the development cloud ${dead.join(", ")} ended soon after the start.`, {
        log,
        tail: lastLines(log, 12),
        remedy: "mend what the last words name, then run the same command again: it starts what is down.",
      });
    }
    const left = complaints(await readReports(api), shape, now).join("; ");
    if (left === "") return;
    if (left !== last) progress(left);
    last = left;
    if (Date.now() > until) {
      throw new ToolchainError(`The development cloud is not well after ${healthLimit} s: ${last}.`, {
        remedy: `look into the logs of those services in ${at.log}, then run the same command again.`,
      });
    }
    await sleep(500);
  }
}
