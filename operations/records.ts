/** What the program records about a stack: the shapes of its outputs `coffer` and `instances`. */
import type { ParameterValue, Privileges, RestartRule, TlsMode } from "../engines/engine.ts";
import type { LogSettings } from "../engines/logs.ts";

export interface StackRecord {
  stackId: string;
  stack: string;
  /** The spec file: relative to the checkout when inside it, else absolute. */
  spec: string;
  /** Coffer's version at the last apply. */
  version: string;
}

export interface Address {
  host: string;
  port: number;
}

export interface UserRecord {
  name: string;
  host: string;
  databases: string[];
  grants: { database: string; privileges: Privileges }[];
}

export interface InstanceRecord {
  uuid: string;
  name: string;
  kind: string;
  target: string;
  datastore: string;
  datastoreVersion: string;
  engine: string;
  flavor: string;
  vcpus: number;
  memoryBytes: number;
  volumeBytes: number;
  /** The data volume's name in the target. */
  volume: string;
  configuration: string | null;
  parameters: Record<string, ParameterValue>;
  serverVersion: string;
  /** Absent in a record of an older Coffer, whose servers had no TLS. */
  tls?: TlsMode;
  /** When the server's certificate ends, ISO 8601; absent as `tls`. */
  certificateExpires?: string;
  /** Absent in a record of an older Coffer: the error log alone. */
  logs?: LogSettings;
  endpoint: { writer: Address; reader: Address };
  databases: string[];
  users: UserRecord[];
  /** Whether the instance has an administrator of its spec's, and whether it ever had; absent in a record of an older Coffer: false. */
  root?: boolean;
  rootEnabledEver?: boolean;
  /** Absent in a record of an older Coffer, as the next one: `allow`. */
  restart?: RestartRule;
  /** False: its datastore version takes no new instances. Absent: true. */
  datastoreActive?: boolean;
  /** Parameters that wait for a restart. */
  pendingRestart: string[];
}
