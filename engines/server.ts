/** A database server: what it is to be, what it is, and the steps from one to the other. Plain data. */
import { layout, type Marker } from "../access/guest.ts";
import type { LogSettings } from "./logs.ts";
import type { ParameterReading, Parameters } from "./parameters.ts";
import type { Plan } from "./plan.ts";

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

export interface ServerPlan extends Plan<ServerStep> {
  /** Under `restart: hold`: parameters that are not in effect and wait for a restart. Absent when none does. */
  waiting?: readonly string[];
}

/** The parameters that a plan restarts the server for, or that wait for a restart. */
export function pendingRestart({ steps, waiting = [] }: ServerPlan): readonly string[] {
  return [...steps.flatMap((step) => (step.kind === "restart" ? step.because : [])), ...waiting];
}
