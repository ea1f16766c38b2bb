/**
 * What every database engine offers. An engine is a folder beside this file, registered in `index.ts`; nothing
 * outside `engines/` names one. Plan and act are apart: the `plan*` functions are pure and return steps as data,
 * and an open server carries a step out.
 */
import { type Guest, layout, type Marker } from "../access/guest.ts";
import type { LogSettings, Logs } from "./logs.ts";

/** How members of one database can work together. */
export type Topology = "single" | "primary-replica" | "consensus" | "multi-primary";

export interface Capabilities {
  /** Today's engines offer `single`; a spec that asks for another is refused by name. */
  topologies: readonly Topology[];
  databases: boolean;
  users: boolean;
  /** True when a user is a name and a host pattern (MySQL family), false when the name alone is the identity. */
  userHosts: boolean;
  /** True when a database can have extensions. */
  extensions: boolean;
  /** True when a database belongs to a user. */
  owners: boolean;
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

/** What a version's server says of one parameter, and what Coffer says of it. Plain data for lists. */
export interface ParameterRule {
  name: string;
  /** `list`: words separated by commas; `flags`: `word=on` or `word=off`, separated by commas. */
  type: "integer" | "number" | "boolean" | "enum" | "list" | "flags" | "text";
  /** What a bare number counts: `B`, `kB`, `8kB`, `MB`, `us`, `ms`, `s`, `min` or `d`. Absent: no size and no time. */
  unit?: string;
  /** Inclusive, in `unit`. */
  min?: number;
  max?: number;
  values?: readonly string[];
  /** As the server prints it, in `unit`. */
  default?: string;
  /** False: a change takes effect at a restart. */
  dynamic: boolean;
  /** Why it is Coffer's own and no configuration may name it. */
  owned?: string;
}

/** A parameter that Coffer sets by itself: as its own (`coffer`), or computed from the flavor until a spec says otherwise. */
export interface OwnSetting {
  name: string;
  /** As the configuration file has it. */
  value: string;
  from: "coffer" | "flavor";
}

/** `read`: SELECT; `write`: read + INSERT, UPDATE, DELETE; `all`: everything in the database, tables created too. */
export type Privileges = "read" | "write" | "all";
export const privilegeLevels: readonly Privileges[] = ["read", "write", "all"];

export interface Database {
  name: string;
  charset?: string;
  collation?: string;
  /** Extensions to have; others that somebody made are left alone. Only where `capabilities.extensions`. */
  extensions?: readonly string[];
  /** The user who owns it; the administrator without one. Only where `capabilities.owners`, and brought about with the users. */
  owner?: string;
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
  /** Who it was before: a user of that name and host becomes this one, with its password. No matter once this one is there. */
  was?: { name: string; host: string };
  /** Databases that it owns; each has one owner at most. Only where `capabilities.owners`. */
  owns?: readonly string[];
  /**
   * It is `rootUser`: whatever is in the server is its to administer, as far as that breaks no promise (docs/decisions/0013). Its
   * `grants` name the databases that are known, each with `all`.
   */
  administrator?: true;
}

/** The administrator that a spec can ask for; no other user has its name. */
export const rootUser: User = { name: "root", host: "%", grants: [], administrator: true };

export function isRoot({ name, host }: { name: string; host: string }): boolean {
  return name === rootUser.name && host === rootUser.host;
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
export const defaultTlsMode: TlsMode = "enforced";

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
  /**
   * What is done about parameters that take effect at a restart. `allow` (the default): the server is restarted, which the
   * preview announces. `hold`: their values are written and wait for a restart that somebody else asks for.
   */
  restart?: RestartRule;
  tls: TlsMode;
  /** Absent: the error log alone. */
  logs?: LogSettings;
}

export type RestartRule = "allow" | "hold";
export const restartRules: readonly RestartRule[] = ["allow", "hold"];

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
  /** True when the guest bounds the files of logs, where the engine has any. */
  boundsLogs?: boolean;
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

/** What a running server is busy with. It changes all the time, so no plan is made of it and no state keeps it. */
export interface ServerActivity {
  /** Client connections open now, without the one that asks. */
  connections: number;
  /** As many as it lets in. */
  maxConnections: number;
  /** Since the server started. */
  uptimeSeconds: number;
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

export interface ServerPlan extends Plan<ServerStep> {
  /** Under `restart: hold`: parameters that are not in effect and wait for a restart. Absent when none does. */
  waiting?: readonly string[];
}

/** The parameters that a plan restarts the server for, or that wait for a restart. */
export function pendingRestart({ steps, waiting = [] }: ServerPlan): readonly string[] {
  return [...steps.flatMap((step) => (step.kind === "restart" ? step.because : [])), ...waiting];
}

export interface ObservedDatabase {
  name: string;
  charset?: string;
  collation?: string;
  /** Differences that the engine would repair (open to every user, closed to connections ...). */
  repairs?: readonly string[];
  /** Who owns it, where `capabilities.owners`. */
  owner?: string;
  /** Those it has, where it was asked for them; `needed`: something else would have to go with it. */
  extensions?: readonly { name: string; needed: boolean }[];
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
  /** What every user of Coffer's has and this one lacks, though it does nothing by itself: the engine adds it to one that is listed. */
  unmarked?: string;
  /** The common name in the certificate without which the server refuses the user; absent where the user is not asked for one. */
  certificate?: string;
  /** Which of the databases asked for it owns, where `capabilities.owners`. */
  owns?: readonly string[];
}

/** A user that Coffer managed so far. */
export interface ManagedUser {
  name: string;
  host: string;
  /** Databases that Coffer made it the owner of. */
  owns?: readonly string[];
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
  /** One query. */
  activity(): Promise<ServerActivity>;
  /** `extensionsOf`: the databases whose extensions are to be read, too. */
  databases(extensionsOf?: readonly string[]): Promise<readonly ObservedDatabase[]>;
  /**
   * All users that are not the engine's own, with the truth about the databases named. `passwords` are those that
   * Coffer knows, by `userKey`, to compare with the server's verifiers.
   */
  users(databases: readonly string[], passwords: Readonly<Record<string, string>>): Promise<readonly ObservedUser[]>;
  /** How many tables, views, sequences, routines and events a database has; 0 in one that was just made. */
  objects(database: string): Promise<number>;
  /** Carries out one step of `planDatabases` or `planUsers`. Passwords, by `userKey`, for the steps that need one. */
  execute(step: SqlStep, passwords?: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Carries out the steps of one plan, in their order but for those that have nothing to do with each other; `begins` is told each.
   * After an error nothing is begun any more; it names what failed where that is not the step begun last.
   */
  executeAll(
    steps: readonly SqlStep[],
    passwords: Readonly<Record<string, string>>,
    begins: (step: SqlStep) => void,
  ): Promise<void>;
  /** Makes the running server take the files of `tlsFiles` for new connections; those that are open go on. */
  reloadCertificate(): Promise<void>;
  /** True when new connections get the certificate in `tlsFiles`, of which this is known; `written` is in seconds since 1970. */
  showsCertificate(certificate: { notAfter: Date; written: number }): Promise<boolean>;
  close(): Promise<void>;
}

/** A program of the guest that writes a dump to stdout or reads one from stdin. It ends with 0 when all went well. */
export interface DumpProgram {
  argv: readonly string[];
  /** The operating system user. */
  user: string;
  /** May hold the password of `connection`. */
  env: Record<string, string>;
}

/** How one database becomes a file and comes back, by the engine's own tools. */
export interface Dumps {
  /** As the administrator by OS identity; consistent where the engine's tables are transactional. */
  dump(database: string): DumpProgram;
  /**
   * A dump is a stranger's text: it is loaded with the rights of a user of the database and of an OS user without any,
   * by a client that runs no commands. `replace`: objects of the dump take the place of those of the same name.
   */
  load(connection: Connection & { database: string }, replace: boolean): DumpProgram;
  /** Whether bytes are a dump's beginning; given its first `dumpEndBytes` or all there are. */
  begins(head: Buffer): boolean;
  /** Whether bytes are the end of a whole dump. Always true for a format whose reader notices a missing end itself. */
  ends(tail: Buffer): boolean;
  /** True: a load that fails changes nothing. */
  atomic: boolean;
  /** What the loading program said, without the rows that it may quote. */
  reason(words: string): string;
}

/** The operating system user that loads a dump: one without any rights. */
export const loadingUser = "nobody";

/** How many bytes of a dump's beginning and end its engine looks at. */
export const dumpEndBytes = 512;

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
  /** `version` is known where the version matters. */
  checkDatabase(database: Database, version?: string): readonly Problem[];
  checkUser(user: User): readonly Problem[];
  checkPassword(password: string): readonly Problem[];
  /** Unknown names (with candidates), owned ones (with the reason), wrong types and ranges, sizes above the memory. */
  checkParameters(version: string, parameters: Parameters, memoryBytes: number): readonly Problem[];

  /** All parameters of a version, sorted by name. */
  parameters(version: string): readonly ParameterRule[];
  /** What a server reads of a parameter, as a spec would say it; `checkParameters` says whether one may. */
  written(version: string, name: string, reading: ParameterReading): ParameterValue;
  /** What Coffer sets on such a server by itself, sorted by name: the configuration of one whose `parameters` are empty. */
  ownSettings(spec: ServerSpec): readonly OwnSetting[];

  // Planning, pure.
  renderConfiguration(spec: ServerSpec): readonly ConfigurationFile[];
  planServer(desired: ServerSpec, observed: ObservedServer): ServerPlan;
  /**
   * `previous`: the names that Coffer managed so far; one that left the list is refused unless it is in `drop`. `extensions`:
   * those that Coffer managed so far, by database; one that left the list is dropped, and refused while something needs it.
   */
  planDatabases(
    desired: readonly Database[],
    observed: readonly ObservedDatabase[],
    previous: readonly string[],
    drop: readonly string[],
    extensions?: Readonly<Record<string, readonly string[]>>,
  ): Plan<SqlStep>;
  /**
   * `previous`: the users that Coffer managed so far; those that left the list are dropped, others are left alone. What they own and
   * nobody is to own any more goes to the administrator. `tls`: under `mtls`, what a server knows of each user's certificate is part
   * of the plan. Default: `defaultTlsMode`.
   */
  planUsers(
    desired: readonly User[],
    observed: readonly ObservedUser[],
    previous: readonly ManagedUser[],
    tls?: TlsMode,
  ): Plan<SqlStep>;
  /** The common name in the certificate that lets a user in under `mtls`. Pure. */
  certificateName(user: { name: string; host: string }): string;

  // Acting.
  /** `session`: another one than its own, for example one that is shared. A server that does not answer is an observation. */
  observe(guest: Guest, desired: ServerSpec, session?: Session): Promise<ObservedServer>;
  executeServer(guest: Guest, step: ServerStep, desired: ServerSpec): Promise<void>;
  /** Waits until the server answers, at most `timeout` milliseconds; the error has the server's last words. */
  waitHealthy(guest: Guest, timeout: number): Promise<void>;
  open(guest: Guest): Promise<OpenServer>;

  readonly dumps: Dumps;
  readonly logs: Logs;

  /** The engine's own client for `coffer connect`: argv and environment; the password is never in argv. */
  client(connection: Connection): { argv: readonly string[]; env: Readonly<Record<string, string>> };
  /** A connection URL without a password, for tables and documentation. */
  url(connection: Omit<Connection, "password" | "authority" | "own">): string;
}

export interface Connection {
  host: string;
  port: number;
  user: string;
  password: string;
  database?: string;
  /** A file with the certificate of the stack's authority, where the client runs. Absent where the server has no TLS yet. */
  authority?: string;
  /** Files with the user's own certificate and its private key, where the client runs; needed under `mtls`. */
  own?: { certificate: string; key: string };
}

/** The key of a user in maps of passwords: `name@host` where hosts matter, else the name. */
export function userKey(engine: Pick<Engine, "capabilities">, user: { name: string; host: string }): string {
  return engine.capabilities.userHosts ? `${user.name}@${user.host}` : user.name;
}
