/**
 * A spec after loading: valid, with every default filled in and every reference resolved. The rest of Coffer works on
 * this and never on YAML.
 */
import type { Reach } from "../access/reach.ts";
import type { Database, Parameters, RestartRule, TlsMode, User } from "../engines/engine.ts";
import type { LogSettings } from "../engines/logs.ts";

export type { Bastion, Reach } from "../access/reach.ts";

export interface StackSpec {
  target: Target;
  datastores: readonly DatastoreVersion[];
  configurations: readonly ConfigurationGroupSpec[];
  instances: readonly InstanceSpec[];
}

/** Where a stack runs. */
export type Target = { kind: "docker"; docker: DockerTarget } | { kind: "openstack"; openstack: OpenstackTarget };

export interface OpenstackTarget {
  /** A cloud of clouds.yaml; undefined: the one that the OS_* variables name. */
  cloud?: string;
  /** Names or ids; a server gets a port in each, and the database is reached by the first. */
  networks: readonly string[];
  /** Name or id of a subnet of the first network; undefined: Neutron chooses. */
  subnet?: string;
  /** Name or id of the network that floating IPs come from. */
  external?: string;
  reach: Reach;
  /** How the SSH host key of a new guest is learnt; see docs/decisions/0009. */
  hostKey: "console" | "user-data";
  /** Nova's availability zone of the servers. */
  zone?: string;
  /** Cinder's type and availability zone of the data volumes. */
  volumeType?: string;
  volumeZone?: string;
  /** Neutron and Nova tags on everything made, besides Coffer's own marks. */
  tags: readonly string[];
  /** For instances that say nothing themselves; never public. */
  access: Access;
}

/** Who may connect. Everything not named is closed. */
export interface Access {
  /** Networks in canonical CIDR notation (IPv4 or IPv6) that may use the database's port; each is there once. */
  allow: readonly string[];
  /** Networks that Coffer's SSH connections come from. */
  admin: readonly string[];
  /** A floating IP of its own for the database. */
  public: boolean;
}

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
  /** Undefined: the one built from Coffer's recipe. */
  image?: ImageChoice;
  /** False: existing instances live on, new ones are refused. */
  active: boolean;
  isDefault: boolean;
  /** The configuration group of instances that name none. */
  configuration?: string;
}

/** Docker knows names only. Of several images with the tags the newest is taken. */
export type ImageChoice = (
  | { by: "name"; name: string }
  | { by: "id"; id: string }
  | { by: "tags"; tags: readonly string[] }
) & {
  /** A stock cloud image: the server's packages are installed at the first boot. */
  stock: boolean;
};

export interface ConfigurationGroupSpec {
  name: string;
  datastore: string;
  version: string;
  description?: string;
  parameters: Parameters;
}

/** Where flavors are the cloud's, the sizes are known once the loader was told the cloud's flavors. */
export interface Flavor {
  name: string;
  vcpus?: number;
  memoryBytes?: number;
}

export interface FlavorSize {
  vcpus: number;
  memoryBytes: number;
}

/** The size of a flavor that the loader has filled in; a flavor without one is a bug. */
export function sizeOf({ name, vcpus, memoryBytes }: Flavor): FlavorSize {
  if (vcpus === undefined || memoryBytes === undefined) throw new Error(`the size of flavor "${name}" is not known`);
  return { vcpus, memoryBytes };
}

export interface InstanceSpec {
  name: string;
  datastore: string;
  version: string;
  engine: string;
  flavor: Flavor;
  /**
   * The data volume: size in bytes; `adopt` names a retained volume whose data this instance takes over; `type` and
   * `zone` are the instance's, else the target's.
   */
  volume: { bytes: number; adopt?: string; type?: string; zone?: string };
  /** Nova's availability zone, where the target has them: the instance's, else the target's. */
  zone?: string;
  /** The target's defaults overlaid by the instance's own; on Docker, ports are on this host's `bind` addresses only. */
  access: Access;
  /** The configuration group's name, when one is attached: the instance's own, else its version's. */
  configuration?: string;
  /** What is done about parameters that take effect at a restart. */
  restart: RestartRule;
  /** The group's parameters overlaid by the instance's own. */
  parameters: Parameters;
  tls: TlsMode;
  /** Empty: the error log alone. */
  logs: LogSettings;
  /** A fixed published port per port role of the engine (Docker); else Coffer picks free ones once, for life. */
  ports: Readonly<Record<string, number>>;
  /** Undefined: databases are not managed at all. */
  databases?: readonly Database[];
  /** Databases that may be dropped when they are no longer listed. */
  drop: readonly string[];
  /** Undefined: users are not managed at all. */
  users?: readonly UserSpec[];
  /** The instance has an administrator; `generate`: its password is generated again for each other number. */
  root?: { generate?: number };
  /** Users that are not listed are dropped. */
  exclusive?: true;
}

export interface UserSpec extends User {
  /** Undefined: generated once. */
  password?: PasswordSetting;
}

/** `generate`: again for each other number. `keep`: the server's own, which Coffer neither knows nor sets. */
export type PasswordSetting = { env: string } | { file: string } | { generate: number } | { keep: true };
