/** What of a stack exists for real on its target, seen by the marks that Coffer leaves on everything it makes. */

export type ObjectKind = "server" | "volume" | "network";

export interface RealObject {
  kind: ObjectKind;
  id: string;
  name: string;
  /** `server`, `data` or `network`. */
  role: string;
  /** The uuid and the name of the instance it belongs to; a network belongs to none. */
  instance?: string;
  instanceName?: string;
  /** 16 hexadecimal digits of the SHA-256 of the URN that made it. */
  urnHash?: string;
  /** Of a server. */
  running?: boolean;
  /** Of a server that does not run. */
  exitCode?: number;
  /** Of a volume: the servers that have it, running or not. Of a network: the servers in it. Names. */
  attachedTo: readonly string[];
  /** Of a volume, where the target knows it: the bytes in use. */
  sizeBytes?: number;
  /** ISO 8601. */
  createdAt?: string;
}

/** Errors are GuestErrors: `unreachable`, `absent` (proven), `failed` with the reason. */
export interface Inventory {
  /** All that bears the stack's id, oldest first. */
  list(stackId: string): Promise<readonly RealObject[]>;
  /** One volume, with the bytes in use; undefined when it is proven not to exist. */
  volume(id: string): Promise<RealObject | undefined>;
  startServer(id: string): Promise<void>;
  /** A clean shutdown; fails when the server does not end within 120 s, and kills nothing. */
  stopServer(id: string): Promise<void>;
  /** Stops as `stopServer`, then removes the server; its volumes stay. One that is already gone is fine. */
  removeServer(id: string): Promise<void>;
  /** One that is already gone is fine. */
  removeNetwork(id: string): Promise<void>;
  /** Destroys data. Refuses a volume that a server has, running or not, by the server's name. */
  deleteVolume(id: string): Promise<void>;
}
