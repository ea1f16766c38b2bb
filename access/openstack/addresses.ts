/** Where a guest on OpenStack can be reached right now: Nova and Neutron are asked each time, nothing is stored. */
import { type GuestAddress, GuestError } from "../guest.ts";
import type { Reach } from "../reach.ts";
import { type Cloud, CloudError } from "./cloud.ts";

export interface Place {
  host: string;
  port: number;
}

/** The places to try, best first. Throws a GuestError when the guest cannot have any now. */
export type LookUp = () => Promise<readonly Place[]>;

const sshPort = 22;

/** What is used of Nova's server. */
export interface ServerView {
  id: string;
  status: string;
  "OS-EXT-STS:task_state"?: string | null;
  fault?: { message?: string };
  metadata?: Readonly<Record<string, string>>;
  addresses?: Readonly<Record<string, readonly ServerAddress[]>>;
}

interface ServerAddress {
  addr: string;
  version: number;
  "OS-EXT-IPS:type"?: string;
}

export function lookUpServer(cloud: Cloud, address: GuestAddress): LookUp {
  const server = String(address.server);
  const reach = address.reach as Reach;
  return async () => {
    const view = await getServer(cloud, server, address.name);
    const trouble = whyNot(view, address);
    if (trouble) throw trouble;
    const known = hostsOf(view, reach);
    const hosts = known.length || reach.by !== "floating-ip" ? known : await floatingHosts(cloud, server, address.name);
    if (hosts.length) return hosts.map((host) => ({ host, port: sshPort }));
    const kind = reach.by === "floating-ip" ? "floating IP" : "fixed address";
    throw new GuestError(
      "unreachable",
      `the server ${server} of ${address.name} has no ${kind} (now); reach: ${reach.by} needs one`,
    );
  };
}

/** Nova's view of a server. Its own 404 proves that it is absent, for the project that was asked; a proxy's does not. */
export async function getServer(cloud: Cloud, id: string, name: string): Promise<ServerView> {
  const path = `/servers/${encodeURIComponent(id)}`;
  const answer = await cloud.call<{ server: ServerView }>("compute", path).catch((error: unknown) => {
    throw asGuestError(error, `the server ${id} of ${name}`, cloud);
  });
  return answer.server;
}

/** What a failed call to the cloud means for the guest it was about. */
export function asGuestError(error: unknown, what: string, cloud: Cloud): GuestError {
  if (error instanceof GuestError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const problem = error instanceof CloudError ? error.problem : "failed";
  if (problem === "absent" && /could not be found/i.test(words)) {
    const where = `the project of the cloud "${cloud.name}"`;
    return new GuestError("absent", `${what}: ${where} does not have it (any more)`, { cause: error });
  }
  const passing = problem === "unreachable" || problem === "timeout" || problem === "conflict";
  return new GuestError(passing ? "unreachable" : "failed", `${what}: ${words}`, { cause: error });
}

/** Nova's states in which a connection may be tried. */
const running = new Set(["ACTIVE", "VERIFY_RESIZE", "MIGRATING", "REVERT_RESIZE", "PASSWORD"]);
/** States that pass by themselves. */
const passing = new Set(["BUILD", "REBUILD", "REBOOT", "HARD_REBOOT", "RESIZE", "UNKNOWN"]);
/** States that somebody asked for, and that end when the server is started. */
const stopped = new Set(["SHUTOFF", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED"]);

/** Why nobody can log in now, as Nova sees it; undefined when it may be tried. */
export function whyNot(server: ServerView, address: Pick<GuestAddress, "name" | "uuid">): GuestError | undefined {
  const what = `the server ${server.id} of ${address.name}`;
  const owner = server.metadata?.["coffer.instance"];
  if (owner !== address.uuid) {
    const whose = owner ? `belongs to the instance ${owner}` : "is not one of Coffer's";
    return new GuestError("failed", `${what} ${whose}, expected ${address.uuid}; it is left alone`);
  }
  if (running.has(server.status)) return undefined;
  if (server.status === "DELETED") return new GuestError("absent", `${what}: it was deleted`);
  const words = `${what} does not run: ${stateOf(server)}`;
  if (stopped.has(server.status)) return new GuestError("stopped", words);
  if (passing.has(server.status)) return new GuestError("unreachable", words);
  return new GuestError("failed", `${words}; look at it with: openstack server show ${server.id}`);
}

/** Status, task and fault in words. */
export function stateOf(server: ServerView): string {
  const task = server["OS-EXT-STS:task_state"];
  const fault = server.fault?.message;
  return `status ${server.status}${task ? `, task ${task}` : ""}${fault ? `, fault: ${fault}` : ""}`;
}

/** The networks in Nova's order, which is that of the server's ports; in each one IPv4 first. */
export function hostsOf(server: ServerView, reach: Reach): string[] {
  const wanted = reach.by === "floating-ip" ? "floating" : "fixed";
  return Object.values(server.addresses ?? {}).flatMap((addresses) =>
    addresses
      .filter((address) => (address["OS-EXT-IPS:type"] ?? "fixed") === wanted)
      .toSorted((a, b) => a.version - b.version)
      .map(({ addr }) => addr),
  );
}

/** Neutron's own word: Nova's copy of a server's addresses may lack a floating IP that was just given. */
async function floatingHosts(cloud: Cloud, server: string, name: string): Promise<string[]> {
  try {
    const query = { device_id: server };
    const ports = await cloud.list<{ id: string }>("network", "/ports", "ports", { query });
    if (ports.length === 0) return [];
    const found = await cloud.list<{ floating_ip_address: string }>("network", "/floatingips", "floatingips", {
      query: { port_id: ports.map(({ id }) => id) },
    });
    return found.map((ip) => ip.floating_ip_address);
  } catch (error) {
    // Not `asGuestError`: a 404 of Neutron does not say that the guest is gone.
    const words = error instanceof Error ? error.message : String(error);
    throw new GuestError("unreachable", `the floating IP of ${name}: ${words}`, { cause: error });
  }
}
