/**
 * What every database engine offers. An engine is a folder beside this file, registered in `index.ts`; nothing
 * outside `engines/` names one. Plan and act are apart: the `plan*` functions are pure and return steps as data,
 * and an open server carries a step out.
 */
import { type Guest, layout, type Marker } from "../access/guest.ts";

/** How members of one database can work together. */
export type Topology = "single" | "primary-replica" | "consensus" | "multi-primary";

export interface Capabilities {
  /** Today's engines offer `single`; a spec that asks for another is refused by name. */
  topologies: readonly Topology[];
  databases: boolean;
  users: boolean;
  /** True when a user is a name and a host pattern (MySQL family), false when the name alone is the identity. */
  userHosts: boolean;
}

/** Who starts the server and who writes its configuration: Coffer, or a cluster manager that the engine brings. */
export interface Ownership {
  service: "coffer" | "engine";
  configuration: "coffer" | "engine";
}

/** A port the engine listens on, by role; `sql` is the one clients use. */
export interface EnginePort {
  role: string;
  port: number;
}

/** What is wrong with a value of the spec. `path` is relative to the object that was checked. */
export interface Problem {
  path: readonly (string | number)[];
  /** What is wrong, with the value received. */
  message: string;
  /** What is allowed, or what to do instead. */
  allowed?: string;
  /** All valid names, when a name is unknown: the nearest one is suggested. */
  candidates?: readonly string[];
}

export type ParameterValue = string | number | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** `read`: SELECT; `write`: read + INSERT, UPDATE, DELETE; `all`: everything in the database, tables created too. */
export type Privileges = "read" | "write" | "all";
export const privilegeLevels: readonly Privileges[] = ["read", "write", "all"];

export interface Database {
  name: string;
  charset?: string;
  collation?: string;
}

export interface Grant {
  database: string;
  privileges: Privileges;
}

export interface User {
  name: string;
  /** Where it may connect from; `%` is anywhere. Always `%` where `capabilities.userHosts` is false. */
  host: string;
  grants: readonly Grant[];
}

export interface UserWithPassword extends User {
  /** In clear, only ever in memory: an engine sends a verifier to the server. */
  password: string;
}

/** Where a server's certificate lies, on the data volume. Who may read the key: root and the engine's group. */
const tlsFolder = `${layout.conf}/tls`;
export const tlsFiles = {
  folder: tlsFolder,
  certificate: `${tlsFolder}/server.pem`,
  key: `${tlsFolder}/server.key`,
  /** The stack's authority: what clients' certificates are held against. */
  authority: `${tlsFolder}/authority.pem`,
} as const;

/**
 * `basic`: TLS for clients that ask for it. `enforced`: plain connections over the network are refused. `mtls`: and so is a client
 * without a certificate of the stack's authority that names its user.
 */
export type TlsMode = "basic" | "enforced" | "mtls";
export const tlsModes: readonly TlsMode[] = ["basic", "enforced", "mtls"];

/** What a server is to be. */
export interface ServerSpec {
  uuid: string;
  version: string;
  /** The flavor: what defaults are computed from. */
  memoryBytes: number;
  vcpus: number;
  /** The data volume's size in bytes; binlogs and write-ahead logs are bounded by it. */
  volumeBytes: number;
  /** The user's parameters; checked by `checkParameters` before. */
  parameters: Parameters;
  tls: TlsMode;
}

/** One parameter as the server reports it. */
export interface ParameterReading {
  /** In effect now, as the server prints it. */
  value: string;
  /** The server's unit for a bare number (PostgreSQL: `8kB`, `ms` ...), when it has one. */
  unit?: string;
  /** True when it can change without a restart. */
  dynamic: boolean;
}

/** What a server is. Plain data: it is kept in Pulumi's state between Read and Diff. */
export interface ObservedServer {
  /** The marker on the volume; undefined on a blank volume. */
  marker?: Marker;
  /** The data directory exists and is complete. */
  prepared: boolean;
  running: boolean;
  enabled: boolean;
  /** The server answers queries. */
  healthy: boolean;
  /** As the server reports it, for example `10.11.14-MariaDB-0+deb12u2`. */
  serverVersion?: string;
  role?: "single" | "primary" | "replica";
  /** The text of each file that `renderConfiguration` names, by path; absent files are left out. */
  configuration: Readonly<Record<string, string>>;
  /** Every parameter that Coffer sets (its own and the user's), while healthy. */
  parameters: Readonly<Record<string, ParameterReading>>;
}

/** What a running server says of itself. */
export interface ServerReadings {
  /** As the server reports it. */
  version: string;
  role: "single" | "primary" | "replica";
  parameters: Readonly<Record<string, ParameterReading>>;
  /** When it last read its configuration, in seconds since 1970, where files can be newer than what is in effect. */
  loaded?: number;
}

/** A file of rendered configuration. */
export interface ConfigurationFile {
  path: string;
  content: string;
  mode: number;
  owner: string;
}

/** One step towards the desired server. `summary` is for people and holds no secret. */
export type ServerStep =
  | { kind: "prepare"; from: PrepareSource; summary: string }
  | { kind: "configure"; files: readonly string[]; summary: string }
  | { kind: "start"; summary: string }
  /** Applied to the running server, without a restart. */
  | { kind: "apply-live"; parameters: Readonly<Record<string, string>>; summary: string }
  | { kind: "restart"; because: readonly string[]; summary: string };

/** Where a new data directory comes from. Today's engines prepare from `blank` and refuse the others by name. */
export type PrepareSource = { from: "blank" } | { from: "member"; uuid: string } | { from: "backup"; id: string };

/** A plan, or why there is none. A refusal is one sentence for the user with what to do. */
export interface Plan<S> {
  steps: readonly S[];
  refusals: readonly string[];
}

export interface ObservedDatabase {
  name: string;
  charset?: string;
  collation?: string;
  /** Differences that the engine would repair (open to every user, closed to connections ...). */
  repairs?: readonly string[];
}

/** A user as the server has it, without its verifier. Plain data. */
export interface ObservedUser {
  name: string;
  host: string;
  /** The effective level per database; `partial` when privileges are there but make up no level exactly. */
  grants: readonly { database: string; privileges: Privileges | "partial" }[];
  /** True when the server's verifier fits the password Coffer knows; undefined when it knows none. */
  passwordMatches?: boolean;
  /** Differences beyond grants that the engine would repair (a lost default privilege, a locked account ...). */
  repairs?: readonly string[];
}

/** A step on databases or users: the engine's own plain data, with words for people that hold no secret. */
export interface SqlStep {
  kind: string;
  summary: string;
  [detail: string]: unknown;
}

/** A connection to a running server, as its administrator, over the local socket by OS identity. */
export interface OpenServer {
  readings(desired: ServerSpec): Promise<ServerReadings>;
  databases(): Promise<readonly ObservedDatabase[]>;
  /**
   * All users that are not the engine's own, with the truth about the databases named. `passwords` are those that
   * Coffer knows, by `userKey`, to compare with the server's verifiers.
   */
  users(databases: readonly string[], passwords: Readonly<Record<string, string>>): Promise<readonly ObservedUser[]>;
  /** Carries out one step of `planDatabases` or `planUsers`. Passwords, by `userKey`, for the steps that need one. */
  execute(step: SqlStep, passwords?: Readonly<Record<string, string>>): Promise<void>;
  /** Makes the running server take the files of `tlsFiles` for new connections; those that are open go on. */
  reloadCertificate(): Promise<void>;
  /** True when new connections get the certificate in `tlsFiles`, of which this is known; `written` is in seconds since 1970. */
  showsCertificate(certificate: { notAfter: Date; written: number }): Promise<boolean>;
  close(): Promise<void>;
}

/** Lends an open server to `act`, for as long as that works. */
export type Session = <T>(act: (server: OpenServer) => Promise<T>) => Promise<T>;

export interface Engine {
  /** The name in specs, for example `mariadb`. */
  readonly name: string;
  /** For people, for example `MariaDB`. */
  readonly title: string;
  /** Datastore versions it serves, oldest first. */
  readonly versions: readonly string[];
  readonly capabilities: Capabilities;
  readonly ownership: Ownership;
  readonly ports: readonly EnginePort[];
  /** The operating system group that the server runs as. */
  readonly group: string;

  // Rules, pure: what a spec may say. They return all problems.
  checkDatabase(database: Database): readonly Problem[];
  checkUser(user: User): readonly Problem[];
  checkPassword(password: string): readonly Problem[];
  /** Unknown names (with candidates), owned ones (with the reason), wrong types and ranges, sizes above the memory. */
  checkParameters(version: string, parameters: Parameters, memoryBytes: number): readonly Problem[];

  // Planning, pure.
  renderConfiguration(spec: ServerSpec): readonly ConfigurationFile[];
  planServer(desired: ServerSpec, observed: ObservedServer): Plan<ServerStep>;
  /** `previous`: the names that Coffer managed so far; one that left the list is refused unless it is in `drop`. */
  planDatabases(
    desired: readonly Database[],
    observed: readonly ObservedDatabase[],
    previous: readonly string[],
    drop: readonly string[],
  ): Plan<SqlStep>;
  /** `previous`: the users that Coffer managed so far; those that left the list are dropped, others are left alone. */
  planUsers(
    desired: readonly User[],
    observed: readonly ObservedUser[],
    previous: readonly { name: string; host: string }[],
  ): Plan<SqlStep>;

  // Acting.
  /** `session`: another one than its own, for example one that is shared. A server that does not answer is an observation. */
  observe(guest: Guest, desired: ServerSpec, session?: Session): Promise<ObservedServer>;
  executeServer(guest: Guest, step: ServerStep, desired: ServerSpec): Promise<void>;
  /** Waits until the server answers, at most `timeout` milliseconds; the error has the server's last words. */
  waitHealthy(guest: Guest, timeout: number): Promise<void>;
  open(guest: Guest): Promise<OpenServer>;

  /** The engine's own client for `coffer connect`: argv and environment; the password is never in argv. */
  client(connection: Connection): { argv: readonly string[]; env: Readonly<Record<string, string>> };
  /** A connection URL without a password, for tables and documentation. */
  url(connection: Omit<Connection, "password" | "authority">): string;
}

export interface Connection {
  host: string;
  port: number;
  user: string;
  password: string;
  database?: string;
  /** A file with the certificate of the stack's authority, where the client runs. */
  authority: string;
}

/** The key of a user in maps of passwords: `name@host` where hosts matter, else the name. */
export function userKey(engine: Pick<Engine, "capabilities">, user: { name: string; host: string }): string {
  return engine.capabilities.userHosts ? `${user.name}@${user.host}` : user.name;
}
