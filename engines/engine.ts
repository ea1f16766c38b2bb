/**
 * What every database engine offers. An engine is a folder beside this file, registered in `index.ts`; nothing
 * outside `engines/` names one. Plan and act are apart: the `plan*` functions are pure and return steps as data,
 * and an open server carries a step out.
 */
import type { Guest } from "../access/guest.ts";
import type { Database, ManagedUser, ObservedDatabase, ObservedUser, SqlStep, User } from "./contents.ts";
import type { Logs } from "./logs.ts";
import type { OwnSetting, ParameterReading, ParameterRule, Parameters, ParameterValue } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import type {
  ConfigurationFile,
  ObservedServer,
  ServerActivity,
  ServerPlan,
  ServerReadings,
  ServerSpec,
  ServerStep,
  TlsMode,
} from "./server.ts";

export * from "./contents.ts";
export type * from "./parameters.ts";
export type * from "./plan.ts";
export * from "./server.ts";

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
