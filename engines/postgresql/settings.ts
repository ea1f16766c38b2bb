/** Every parameter that Coffer sets on a server, and its value. */
import { layout } from "../../access/guest.ts";
import { type Parameters, type ParameterValue, type ServerSpec, tlsFiles } from "../engine.ts";
import { GiB, MiB, roundDown } from "../shared/units.ts";
import { type Catalogue, catalogueOf, type Variable } from "./catalogue.ts";
import { logParameters } from "./logs.ts";
import { parseValue } from "./values.ts";

export const port = 5432;
export const socketDirectory = "/run/postgresql";
export const configurationPath = `${layout.conf}/postgresql.conf`;
export const hbaPath = `${layout.conf}/pg_hba.conf`;

/** Files that the server itself names, whatever its configuration says. */
export const selfNamed: ReadonlySet<string> = new Set(["config_file"]);

/** What Coffer alone decides: the same on every server, so that a replica can come later without a restart. */
const fixed: Parameters = {
  data_directory: layout.data,
  hba_file: hbaPath,
  ident_file: `${layout.data}/pg_ident.conf`,
  unix_socket_directories: socketDirectory,
  listen_addresses: "*",
  port,
  password_encryption: "scram-sha-256",
  ssl: true,
  ssl_cert_file: tlsFiles.certificate,
  ssl_key_file: tlsFiles.key,
  ssl_ca_file: tlsFiles.authority,
  ssl_min_protocol_version: "TLSv1.2",
  fsync: true,
  full_page_writes: true,
  synchronous_commit: "on",
  wal_level: "replica",
  wal_log_hints: true,
  max_wal_senders: 10,
  max_replication_slots: 10,
  logging_collector: false,
  log_destination: "stderr",
  lc_messages: "C",
};

/** Bounds of what is kept for replicas, by the volume's size; owned as well. */
function bounds(volumeBytes: number): Parameters {
  return {
    wal_keep_size: megabytes(Math.min(volumeBytes / 16, 4 * GiB)),
    max_slot_wal_keep_size: megabytes(volumeBytes / 4),
  };
}

/** Defaults from the flavor and the volume, which a spec may override. */
export function defaults(spec: Pick<ServerSpec, "memoryBytes" | "volumeBytes">): Parameters {
  const { memoryBytes, volumeBytes } = spec;
  const walBytes = between(volumeBytes / 8, 64 * MiB, 8 * GiB);
  return {
    TimeZone: "UTC",
    log_timezone: "UTC",
    shared_buffers: megabytes(memoryBytes / 4),
    effective_cache_size: megabytes(memoryBytes / 2),
    maintenance_work_mem: megabytes(between(memoryBytes / 16, 16 * MiB, GiB)),
    work_mem: megabytes(between(memoryBytes / 128, MiB, 64 * MiB)),
    max_wal_size: megabytes(walBytes),
    min_wal_size: megabytes(between(walBytes / 4, 32 * MiB, GiB)),
  };
}

function between(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function megabytes(bytes: number): string {
  return `${roundDown(bytes, MiB) / MiB}MB`;
}

/** A parameter with its rule and its canonical value (values.ts). */
export interface Setting {
  variable: Variable;
  value: string;
}

/** All settings of a server, sorted by name. Throws for a value that `checkParameters` would refuse. */
export function settingsOf(spec: ServerSpec): ReadonlyMap<string, Setting> {
  const catalogue = catalogueOf(spec.version);
  const all: Record<string, ParameterValue> = {
    ...defaults(spec),
    ...spec.parameters,
    ...fixed,
    ...bounds(spec.volumeBytes),
  };
  Object.assign(all, logParameters(spec.logs ?? {}, spec.parameters));
  return new Map(
    Object.entries(all)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, setting(catalogue, name, value)]),
  );
}

function setting(catalogue: Catalogue, name: string, value: ParameterValue): Setting {
  const variable = catalogue.get(name);
  if (!variable) throw new Error(`PostgreSQL has no parameter "${name}"`);
  const parsed = parseValue(name, variable, value);
  if ("message" in parsed) throw new Error(`parameter ${name}: ${parsed.message}; allowed: ${parsed.allowed}`);
  return { variable, value: parsed.value };
}
