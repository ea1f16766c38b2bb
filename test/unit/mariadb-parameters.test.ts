import assert from "node:assert/strict";
import { test } from "node:test";
import type { ParameterValue } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { ownedReason } from "../../engines/mariadb/owned.ts";
import { settings } from "../../engines/mariadb/settings.ts";
import { type ParameterRow, tableOf, versions } from "../../engines/mariadb/table.ts";
import { unitNameOf } from "../../engines/mariadb/unit-names.ts";
import { canonicalValue, reads } from "../../engines/mariadb/values.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";

const accepted: { name: string; value: ParameterValue; canonical: string; why: string }[] = [
  { name: "max_connections", value: 200, canonical: "200", why: "a number" },
  { name: "max_connections", value: "200", canonical: "200", why: "a number as text" },
  { name: "innodb_buffer_pool_size", value: "256M", canonical: "268435456", why: "a size" },
  { name: "innodb_buffer_pool_size", value: "262144k", canonical: "268435456", why: "a size in lower case" },
  { name: "innodb_buffer_pool_size", value: "256MB", canonical: "268435456", why: "a size as PostgreSQL writes it" },
  {
    name: "innodb_buffer_pool_size",
    value: "0.25GiB",
    canonical: "268435456",
    why: "a fraction that makes whole bytes",
  },
  { name: "wait_timeout", value: "10min", canonical: "600", why: "a time, in the parameter's seconds" },
  { name: "wait_timeout", value: "2h", canonical: "7200", why: "hours" },
  { name: "thread_pool_stall_limit", value: "1s", canonical: "1000", why: "a time, in the parameter's milliseconds" },
  { name: "innodb_autoextend_increment", value: "64MB", canonical: "64", why: "a size, in the parameter's megabytes" },
  { name: "long_query_time", value: "250ms", canonical: "0.25", why: "a time below the unit of a fraction" },
  {
    name: "innodb_buffer_pool_size",
    value: 100_000_000,
    canonical: "99614720",
    why: "rounded down to the server's block",
  },
  { name: "innodb_print_all_deadlocks", value: true, canonical: "ON", why: "a boolean" },
  { name: "innodb_print_all_deadlocks", value: "off", canonical: "OFF", why: "a boolean as the server writes it" },
  { name: "innodb_print_all_deadlocks", value: 1, canonical: "ON", why: "a boolean as a number" },
  { name: "long_query_time", value: 0.5, canonical: "0.5", why: "a fraction" },
  {
    name: "transaction_isolation",
    value: "read-committed",
    canonical: "READ-COMMITTED",
    why: "an enum in another case",
  },
  { name: "concurrent_insert", value: 2, canonical: "ALWAYS", why: "an enum by its number" },
  { name: "query_cache_type", value: true, canonical: "ON", why: "a YAML boolean for an enum that has ON" },
  { name: "sql_mode", value: "", canonical: "", why: "an empty set" },
  {
    name: "sql_mode",
    value: "no_zero_date,STRICT_ALL_TABLES",
    canonical: "STRICT_ALL_TABLES,NO_ZERO_DATE",
    why: "a set, in order",
  },
  {
    name: "optimizer_switch",
    value: "MRR=on, rowid_filter=off",
    canonical: "mrr=on,rowid_filter=off",
    why: "some flags",
  },
  { name: "default_time_zone", value: "+02:00", canonical: "+02:00", why: "an offset" },
  { name: "max_user_connections", value: -1, canonical: "-1", why: "a negative bound" },
  { name: "character_set_server", value: "latin1", canonical: "latin1", why: "a character set" },
];

test("values that are accepted, as the server writes them", async (t) => {
  for (const { name, value, canonical, why } of accepted)
    await t.test(`${name} = ${value}: ${why}`, () => {
      assert.deepEqual(mariadb.checkParameters("10.11", { [name]: value }, 2 * GiB), []);
      assert.deepEqual(canonicalValue(name, row(name), value), { value: canonical });
    });
});

const refused: { name: string; value: ParameterValue; words: RegExp; candidate?: string; why: string }[] = [
  { name: "max_conections", value: 1, words: /no parameter/, candidate: "max_connections", why: "unknown" },
  { name: "max-connections", value: 1, words: /write max_connections/, why: "dashes" },
  { name: "MAX_CONNECTIONS", value: 1, words: /write max_connections/, why: "upper case" },
  {
    name: "tx_isolation",
    value: "SERIALIZABLE",
    words: /write transaction_isolation/,
    why: "the variable, not the option",
  },
  { name: "__proto__", value: 1, words: /no parameter/, why: "a name of JavaScript's" },
  { name: "max_connections", value: 5, words: /5, below 10/, why: "below the minimum" },
  { name: "max_connections", value: "1G", words: /above 100000/, why: "above the maximum" },
  { name: "max_connections", value: true, words: /true.*whole number/, why: "a boolean for a number" },
  { name: "max_connections", value: 1.5, words: /1\.5.*whole number/, why: "a fraction" },
  { name: "max_connections", value: "lots", words: /"lots".*from 10 to 100000/, why: "text for a number" },
  { name: "innodb_buffer_pool_size", value: "256X", words: /256X.*K, M and G/, why: "an unknown unit" },
  {
    name: "wait_timeout",
    value: "5M",
    words: /units: us, ms, s, min, h, d/,
    why: "mega of a time would be taken for minutes",
  },
  { name: "wait_timeout", value: "1500ms", words: /whole number.*counts s/, why: "no whole number of its unit" },
  { name: "wait_timeout", value: "10MB", words: /units: us/, why: "a size for a time" },
  { name: "max_connections", value: "10s", words: /10s/, why: "a time for a number" },
  { name: "innodb_buffer_pool_size", value: "-1M", words: /-1M/, why: "a negative size" },
  { name: "innodb_print_all_deadlocks", value: "maybe", words: /maybe.*ON or OFF/, why: "text for a boolean" },
  { name: "innodb_print_all_deadlocks", value: 2, words: /ON or OFF/, why: "a number for a boolean" },
  { name: "long_query_time", value: "fast", words: /fast.*number/, why: "text for a number" },
  { name: "transaction_isolation", value: "none", words: /one of READ-UNCOMMITTED/, why: "not in the enum" },
  { name: "event_scheduler", value: "DISABLED", words: /OFF, ON/, why: "cannot be left without a restart" },
  { name: "sql_mode", value: "STRICT_ALL_TABLES,NOPE", words: /unknown nope/, why: "not in the set" },
  { name: "optimizer_switch", value: "mrr", words: /not a flag/, why: "a flag without a state" },
  { name: "optimizer_switch", value: "default", words: /not a flag/, why: "undoes what the others say" },
  { name: "default_time_zone", value: "Europe/Berlin", words: /offset/, why: "the server has no time zone tables" },
  { name: "lc_messages", value: "a\nplugin_load=x", words: /belongs to Coffer/, why: "owned first" },
  { name: "default_storage_engine", value: "a\nplugin_load=x", words: /control character/, why: "a line of its own" },
  { name: "character_set_server", value: "utf9", words: /no character set/, candidate: "utf8mb4", why: "unknown" },
  { name: "collation_server", value: "utf9_bin", words: /no collation/, candidate: "utf8mb4_bin", why: "unknown" },
  { name: "sync_binlog", value: 0, words: /belongs to Coffer: .*survives a crash/, why: "durability" },
  { name: "innodb_flush_log_at_trx_commit", value: 2, words: /survives a crash/, why: "durability" },
  { name: "datadir", value: "/tmp", words: /fixed places/, why: "a path" },
  { name: "init_connect", value: "SET x", words: /runs statements/, why: "runs commands" },
  { name: "plugin_load", value: "x.so", words: /no parameter/, why: "an option that is no variable at all" },
  { name: "innodb_buffer_pool_size", value: "1700M", words: /1638M in all/, why: "above 80% of 2 GiB" },
];

test("values that are refused", async (t) => {
  for (const { name, value, words, candidate, why } of refused)
    await t.test(`${name} = ${value}: ${why}`, () => {
      const parameters = Object.fromEntries([[name, value]]);
      const [problem, ...more] = mariadb.checkParameters("10.11", parameters, 2 * GiB);
      assert.deepEqual(more, []);
      assert.match(`${problem?.message}; ${problem?.allowed}`, words);
      assert.deepEqual(problem?.path, [name]);
      if (candidate) assert.ok(problem?.candidates?.includes(candidate));
    });
});

test("all problems are returned, and buffers are summed", () => {
  const bad = mariadb.checkParameters("10.11", { nope: 1, datadir: "x", max_connections: 1 }, GiB);
  assert.deepEqual(
    bad.map((p) => p.path[0]),
    ["nope", "datadir", "max_connections"],
  );
  const sum = { innodb_buffer_pool_size: "600M", key_buffer_size: "300M" };
  assert.match(
    mariadb.checkParameters("10.11", sum, GiB)[0]?.message ?? "",
    /innodb_buffer_pool_size 600M.*key_buffer_size 300M/,
  );
  assert.deepEqual(mariadb.checkParameters("10.11", { ...sum, key_buffer_size: "100M" }, GiB), []);
  assert.deepEqual(mariadb.checkParameters("10.11", {}, 32 * MiB)[0]?.path, [], "the defaults alone are too much");
});

test("a collation must be of the character set that is given", () => {
  const mixed = { character_set_server: "latin1", collation_server: "utf8mb4_bin" };
  assert.match(mariadb.checkParameters("10.11", mixed, GiB)[0]?.message ?? "", /belongs to the character set utf8mb4/);
});

const readings: { name: string; canonical: string; reading: string; same: boolean; why: string }[] = [
  { name: "long_query_time", canonical: "0.5", reading: "0.500000", same: true, why: "numbers, not text" },
  { name: "max_connections", canonical: "200", reading: "151", same: false, why: "another number" },
  { name: "innodb_print_all_deadlocks", canonical: "ON", reading: "OFF", same: false, why: "another boolean" },
  { name: "sql_mode", canonical: "", reading: "STRICT_ALL_TABLES", same: false, why: "a set with more" },
  {
    name: "sql_mode",
    canonical: "TRADITIONAL",
    reading: "STRICT_ALL_TABLES,TRADITIONAL",
    same: true,
    why: "a mode that expands",
  },
  {
    name: "optimizer_switch",
    canonical: "mrr=on",
    reading: "index_merge=on,mrr=on",
    same: true,
    why: "the flags that are named",
  },
  {
    name: "optimizer_switch",
    canonical: "mrr=on",
    reading: "index_merge=on,mrr=off",
    same: false,
    why: "a flag differs",
  },
  { name: "datadir", canonical: "/srv/coffer/data", reading: "/srv/coffer/data/", same: true, why: "a trailing slash" },
];

test("readings against values", async (t) => {
  for (const { name, canonical, reading, same, why } of readings)
    await t.test(`${name}: ${why}`, () => assert.equal(reads(row(name), canonical, reading), same));
});

/** Names that sound as if they could harm durability, replication, paths, listeners or access, but are the user's. */
const reviewed = new Set(
  `aria_log_file_size aria_max_sort_file_size aria_pagecache_file_hash_size
 
  binlog_cache_size binlog_commit_wait_count binlog_commit_wait_usec binlog_file_cache_size
  block_encryption_mode binlog_optimize_thread_scheduling binlog_stmt_cache_size character_set_server collation_server
  innodb_adaptive_flushing innodb_adaptive_flushing_lwm innodb_disable_sort_file_cache innodb_file_per_table
  innodb_flush_neighbors innodb_flush_sync innodb_flushing_avg_loops innodb_log_file_size
  innodb_open_files innodb_sync_spin_loops
  keep_files_on_create key_cache_file_hash_size log_bin_trust_function_creators log_slow_slave_statements
  max_binlog_cache_size max_binlog_stmt_cache_size max_user_connections myisam_max_sort_file_size
  in_predicate_conversion_threshold progress_report_time innodb_deadlock_report innodb_read_only_compressed max_password_errors
  skip_show_database system_versioning_alter_history system_versioning_insert_history
  userstat`.split(/\s+/),
);

const risky =
  /file|dir|path|socket|ssl|tls|plugin|binlog|log_bin|gtid|slave|replic|wsrep|port|bind|server|secure|sync|flush|write_ahead|doublewrite|init_|user|master|relay|semi_sync|skip_|read_only|recover|crypt|password|auth|privilege|grant|proxy|debug|core|udf|checksum|version|infile/;

test("every parameter of a real server that sounds dangerous was classified by a person", () => {
  const freeOf = (version: string) =>
    Object.keys(tableOf(version).parameters).filter((name) => ownedReason(name) === undefined);
  const free = new Set(versions.flatMap(freeOf));
  assert.deepEqual(
    [...reviewed].filter((name) => !free.has(name) || !risky.test(name)),
    [],
    "the list has no more than it needs",
  );
  for (const version of versions) {
    const unclassified = freeOf(version).filter(
      (name) => risky.test(name) && !reviewed.has(name) && !/^performance_schema_/.test(name),
    );
    assert.deepEqual(unclassified, [], `${version}: add these to owned.ts or, after thought, to the list above`);
  }
});

test("what safety needs is owned by name", () => {
  const names = `innodb_flush_log_at_trx_commit innodb_doublewrite sync_binlog log_bin binlog_format server_id
    gtid_domain_id gtid_strict_mode log_slave_updates read_only datadir socket pid_file port bind_address ssl_key
    plugin_dir init_connect init_file init_slave skip_grant_tables secure_file_priv local_infile tmpdir log_error
    general_log_file wsrep_provider wsrep_notify_cmd rpl_semi_sync_master_enabled slave_skip_errors`;
  for (const name of names.split(/\s+/)) {
    assert.ok(ownedReason(name), name);
    assert.ok(tableOf("10.11").parameters[name], `${name} is a parameter of the server`);
  }
});

test("Coffer sets nothing of its own that a user may set too", () => {
  const spec = {
    uuid: "u",
    version: "10.11",
    memoryBytes: GiB,
    vcpus: 1,
    volumeBytes: GiB,
    parameters: {},
    tls: "enforced",
  } as const;
  for (const setting of settings(spec)) {
    if (setting.from === "coffer" && setting.name !== "user") assert.ok(ownedReason(setting.name), setting.name);
    if (setting.from === "flavor") assert.equal(ownedReason(setting.name), undefined, setting.name);
  }
});

function row(name: string): ParameterRow {
  const found = tableOf("10.11").parameters[name];
  assert.ok(found, name);
  return found;
}

test("every parameter whose name speaks of time or memory has a unit, or was seen to count something else", () => {
  const counted =
    /^(performance_schema_.*|(aria_pagecache|key_cache)_(file_hash_size|age_threshold)|default_week_format|gtid_cleanup_batch_size|histogram_size|host_cache_size|innodb_(change_buffer_max_size|ft_(max|min)_token_size|purge_batch_size|max_purge_lag_wait|encryption_rotate_key_age)|log_tc_size|max_join_size|metadata_locks_cache_size|myisam_data_pointer_size|profiling_history_size|rpl_semi_sync_slave_kill_conn_timeout|slave_abort_blocking_timeout|delayed_queue_size|thread_(cache|pool)_size|wsrep_.*)$/;
  for (const version of versions) {
    for (const [name, row] of Object.entries(tableOf(version).parameters)) {
      if (row.type !== "integer" && row.type !== "number") continue;
      if (!/(_size|_timeout|_time|_age|_wait|_usec|_seconds|_days|_buffers?)$/.test(name) || counted.test(name))
        continue;
      assert.notEqual(unitNameOf(name), undefined, `${version}: ${name}`);
    }
  }
});
