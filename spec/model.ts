/**
 * A spec after loading: valid, with every default filled in and every reference resolved. The rest of Coffer works on
 * this and never on YAML.
 */
import type { Database, Parameters, User } from "../engines/engine.ts";

export interface StackSpec {
  target: Target;
  datastores: readonly DatastoreVersion[];
  configurations: readonly ConfigurationGroupSpec[];
  instances: readonly InstanceSpec[];
}

/** Where a stack runs. */
export type Target = { kind: "docker"; docker: DockerTarget };

export interface DockerTarget {
  /** Addresses of this host that ports are published on; default `["127.0.0.1"]`; never 0.0.0.0 or ::. */
  bind: readonly string[];
}

/** One version of a datastore that the spec declares. */
export interface DatastoreVersion {
  /** The datastore's name in the spec. */
  datastore: string;
  version: string;
  engine: string;
  /** An image by name; undefined: the one built from Coffer's recipe. */
  image?: string;
  /** False: existing instances live on, new ones are refused. */
  active: boolean;
  isDefault: boolean;
}

export interface ConfigurationGroupSpec {
  name: string;
  datastore: string;
  version: string;
  description?: string;
  parameters: Parameters;
}

export interface Flavor {
  name: string;
  vcpus: number;
  memoryBytes: number;
}

export interface InstanceSpec {
  name: string;
  datastore: string;
  version: string;
  engine: string;
  flavor: Flavor;
  /** The data volume: size in bytes; `adopt` names a retained volume whose data this instance takes over. */
  volume: { bytes: number; adopt?: string };
  /** The configuration group's name, when one is attached. */
  configuration?: string;
  /** The group's parameters overlaid by the instance's own. */
  parameters: Parameters;
  /** A fixed published port per port role of the engine (Docker); else Coffer picks free ones once, for life. */
  ports: Readonly<Record<string, number>>;
  /** Undefined: databases are not managed at all. */
  databases?: readonly Database[];
  /** Databases that may be dropped when they are no longer listed. */
  drop: readonly string[];
  /** Undefined: users are not managed at all. */
  users?: readonly UserSpec[];
}

export interface UserSpec extends User {
  /** Where a given password comes from; undefined: generated. */
  password?: { env: string } | { file: string };
}
