/** What a server's configuration says: Coffer's own settings, defaults from the flavor, and the user's parameters. */
import { createHash } from "node:crypto";
import { layout } from "../../access/guest.ts";
import { type Parameters, type ParameterValue, type ServerSpec, tlsFiles } from "../engine.ts";
import { MiB, roundDown } from "../shared/units.ts";
import { logFiles, slowSeconds } from "./logs.ts";
import { socketPath } from "./sql.ts";
import { tableOf } from "./table.ts";
import { canonicalValue, charsetOf } from "./values.ts";

/** Binary and relay logs lie beside the data directory, where a folder would be taken for a database. */
export const logDirectory = `${layout.root}/binlog`;

export const sqlPort = 3306;

export interface Setting {
  /** As the option file has it. */
  name: string;
  /** In the server's spelling. */
  value: string;
  from: "coffer" | "flavor" | "user";
  /** False for an option that no system variable reports as it was written. */
  readable: boolean;
}

/** Every setting, in the order of the file; a name occurs once. */
export function settings(spec: ServerSpec): readonly Setting[] {
  const own = ownSettings(spec);
  const given = Object.fromEntries(
    Object.entries(spec.parameters).filter(([name]) => !own.some((setting) => setting.name === name)),
  );
  const defaults = Object.entries(defaultParameters(spec.version, given, spec.memoryBytes));
  return [
    ...own,
    ...defaults
      .filter(([name]) => !Object.hasOwn(given, name))
      .map(([name, value]) => setting(spec.version, name, value, "flavor")),
    ...Object.keys(given)
      .sort()
      .map((name) => setting(spec.version, name, given[name] ?? "", "user")),
  ];
}

function setting(version: string, name: string, value: ParameterValue, from: "flavor" | "user"): Setting {
  const row = tableOf(version).parameters[name];
  const canonical = row && canonicalValue(name, row, value);
  if (!canonical || "wrong" in canonical) throw new Error(`parameter ${name} was not checked before it was rendered`);
  return { name, value: canonical.value, from, readable: true };
}

function ownSettings(spec: ServerSpec): Setting[] {
  const own = (name: string, value: string | number, readable = true): Setting => ({
    name,
    value: String(value),
    from: "coffer",
    readable,
  });
  const { logs = {} } = spec;
  const slow = slowSeconds(logs, Object.hasOwn(spec.parameters, "long_query_time"));
  return [
    own("user", "mysql", false),
    own("datadir", layout.data),
    own("socket", socketPath),
    own("pid_file", "/run/mysqld/mysqld.pid"),
    own("bind_address", "0.0.0.0"),
    own("port", sqlPort),
    own("skip_name_resolve", "ON"),
    // Statements reach no file of the guest: the server must name a folder, and this one it cannot enter. FILE is also a
    // global privilege, which no user of a spec has.
    own("local_infile", "OFF"),
    own("secure_file_priv", layout.meta),
    own("log_output", "FILE"),
    own("general_log", logs.general ? "ON" : "OFF"),
    own("general_log_file", logFiles.general),
    own("slow_query_log", logs.slow ? "ON" : "OFF"),
    own("slow_query_log_file", logFiles.slow),
    ...(slow === undefined ? [] : [own("long_query_time", slow)]),
    own("ssl_cert", tlsFiles.certificate),
    own("ssl_key", tlsFiles.key),
    own("ssl_ca", tlsFiles.authority),
    own("tls_version", "TLSv1.2,TLSv1.3"),
    // The administrator's socket counts as secure.
    own("require_secure_transport", spec.tls === "basic" ? "OFF" : "ON"),
    // Durability.
    own("innodb_flush_log_at_trx_commit", 1),
    own("innodb_doublewrite", "ON"),
    own("sync_binlog", 1),
    // Ready for a replica that comes later, without a restart.
    own("server_id", serverId(spec.uuid)),
    own("log_bin", `${logDirectory}/mariadb-bin`, false),
    own("relay_log", `${logDirectory}/mariadb-relay-bin`),
    own("binlog_format", "ROW"),
    own("log_slave_updates", "ON"),
    // One domain for all: the members of a set share one history, and a single instance may become a member.
    own("gtid_domain_id", 1),
    own("gtid_strict_mode", "ON"),
    // Old logs go when a new one begins, so small files keep the sum near what two days write.
    own("max_binlog_size", binlogSize(spec.volumeBytes)),
    own("binlog_expire_logs_seconds", 2 * 24 * 3600),
  ];
}

/** A 64th of the volume, from 4 MiB to 256 MiB. */
function binlogSize(volumeBytes: number): number {
  return Math.min(256 * MiB, Math.max(4 * MiB, roundDown(volumeBytes / 64, MiB)));
}

/** A number from 1 to 2^32 - 1 that is the instance's for life. */
export function serverId(uuid: string): number {
  return (createHash("sha256").update(uuid).digest().readUInt32BE(0) % 0xffffffff) + 1;
}

/** What the flavor decides unless the user does. */
function defaultParameters(version: string, given: Parameters, memoryBytes: number): Parameters {
  const share = (part: number, least: number, most: number) =>
    Math.min(most, Math.max(least, roundDown(memoryBytes * part, MiB)));
  return {
    innodb_buffer_pool_size: Math.max(32 * MiB, roundDown(memoryBytes * 0.4, 16 * MiB)),
    aria_pagecache_buffer_size: share(1 / 32, 8 * MiB, 128 * MiB),
    key_buffer_size: share(1 / 64, 8 * MiB, 64 * MiB),
    performance_schema: "OFF",
    // Who may make functions and triggers, may: the binlog has rows, so that none of them runs anywhere else.
    log_bin_trust_function_creators: "ON",
    ...characterSet(version, given),
  };
}

/** utf8mb4, unless the user names one of the two: the other then follows it. */
function characterSet(version: string, given: Parameters): Parameters {
  const table = tableOf(version);
  const collation = given.collation_server === undefined ? undefined : String(given.collation_server);
  const charset = String(given.character_set_server ?? charsetOf(collation ?? "utf8mb4_general_ci", table));
  return { character_set_server: charset, collation_server: collation ?? table.charsets[charset]?.[0] ?? "" };
}

/** The large global buffers in bytes, the user's or the default, that a flavor's memory must hold. */
export function memoryUse(version: string, given: Parameters, memoryBytes: number): Readonly<Record<string, number>> {
  const all: Parameters = { ...defaultParameters(version, given, memoryBytes), ...given };
  const use: Record<string, number> = {};
  for (const name of [
    "innodb_buffer_pool_size",
    "innodb_log_buffer_size",
    "key_buffer_size",
    "aria_pagecache_buffer_size",
    "query_cache_size",
  ]) {
    const value = all[name];
    if (value !== undefined) use[name] = Number(setting(version, name, value, "user").value);
  }
  return use;
}
