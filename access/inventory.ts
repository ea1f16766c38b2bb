/** What of a stack exists for real on its target, seen by the marks that Coffer leaves on everything it makes. */

import type { Limits } from "./machine-limits.ts";

/** In the order of `removalOrder`. A target makes only some of them. */
const kinds = ["server", "floating-ip", "port", "rule", "security-group", "network", "snapshot", "volume"] as const;
export type ObjectKind = (typeof kinds)[number];

export interface RealObject {
  kind: ObjectKind;
  id: string;
  name: string;
  /** The id of the stack that made it; undefined: it is not one of Coffer's. */
  stack?: string;
  /** `server`, `data`, `network`, `port`, `security-group`, `rule`, `floating-ip`, `snapshot`. */
  role: string;
  /** The uuid and the name of the instance it belongs to; a network belongs to none. */
  instance?: string;
  instanceName?: string;
  /** 16 hexadecimal digits of the SHA-256 of the URN that made it. */
  urnHash?: string;
  /** Of a server. */
  running?: boolean;
  /** Of a container that does not run. */
  exitCode?: number;
  /** Of a server, where the target has more words than running or not: its status, task and fault. */
  state?: string;
  /** Of a server: what the target is doing with it, which ends by itself or by the next apply. */
  busy?: "build" | "reboot" | "resize";
  /** Of a server: the image that it was made from, where that is known. */
  image?: string;
  /** Of a server, where they can change under it: what it may use, or the id of its flavor. */
  limits?: Limits;
  flavor?: string;
  /** Of a server, where it has addresses of its own: those on its networks, and those that lead to it from elsewhere. */
  addresses?: readonly { kind: "fixed" | "floating"; address: string }[];
  /** Of a volume, where attachments are objects of their own: ids of the servers that have it. */
  servers?: readonly string[];
  /** Of a port: ids of its security groups. */
  groups?: readonly string[];
  /** Of a security group: all that it lets in, whoever made the rules. */
  ingress?: readonly Ingress[];
  /** Of a floating IP: the id of its port; "" where it has none. */
  port?: string;
  /** What it is tagged with, where the target has tags and says so. */
  tags?: readonly string[];
  /** What the target says of one that failed while it was made and can never be used. */
  broken?: string;
  /**
   * Names. Of a volume: the servers that have it, running or not. Of a network: the servers in it. Of a port: its server. Of a
   * floating IP: its port. Of a security group: the ports in it. Of a rule: its group. Of a snapshot: its volume.
   */
  attachedTo: readonly string[];
  /** Of a volume: on Docker the bytes in use, where they are known; on OpenStack its size. Of a snapshot: its volume's then. */
  sizeBytes?: number;
  /** ISO 8601. */
  createdAt?: string;
}

export interface Ingress {
  /** The rule's id. */
  id: string;
  /** `tcp`, ...; undefined: all. */
  protocol?: string;
  /** Undefined: all. */
  ports?: { from: number; to: number };
  /** In CIDR notation; undefined: from anywhere, or from another group. */
  cidr?: string;
}

/** One TCP port for one network: what a spec can say. */
export function isPlain(rule: Ingress): rule is Ingress & { ports: { from: number; to: number }; cidr: string } {
  return (
    rule.protocol === "tcp" &&
    rule.ports?.from === rule.ports?.to &&
    rule.ports !== undefined &&
    rule.cidr !== undefined
  );
}

/** Errors are GuestErrors: `unreachable`, `timeout`, `absent` (proven), `failed` with the reason. */
export interface Inventory {
  /** All that bears the stack's id, or without one the marks of any stack; oldest first. */
  list(stackId?: string): Promise<readonly RealObject[]>;
  /** One volume by its id or name, with its size; undefined when it is proven not to exist. */
  volume(id: string): Promise<RealObject | undefined>;
  startServer(id: string): Promise<void>;
  /** A clean shutdown; fails when the server does not end in time (Docker 120 s, OpenStack 240 s), and kills nothing. */
  stopServer(id: string): Promise<void>;
  /** Through the operating system; `hard`: a power cut, for one that does not answer. Done when the target has it running. */
  rebootServer(id: string, hard: boolean): Promise<void>;
  /** Stops as `stopServer`, then removes the server; its volumes stay. One that is already gone is fine. */
  removeServer(id: string): Promise<void>;
  /** One that is already gone is fine. */
  removeNetwork(id: string): Promise<void>;
  /**
   * Removes one object that `list` told of, if it still bears the marks it had; one that is already gone is fine. Never a
   * volume, whatever its role: `deleteVolume` does that. A server as `removeServer`; what is still in use is refused.
   */
  remove(object: RealObject): Promise<void>;
  /** Destroys data. Refuses a volume that a server has, running or not, by the server's name. */
  deleteVolume(id: string): Promise<void>;
}

/** What `remove` may take away, in an order in which it can: servers before their ports, rules before their groups. */
export function removalOrder(objects: readonly RealObject[]): readonly RealObject[] {
  const removable = objects.filter(({ kind, role }) => kind !== "volume" && role !== "data");
  return removable.toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
}
