/** Which parameters a spec may not set, and why. Everything else that the server lets change is free. */
import type { Variable } from "./catalogue.ts";
import { freeTexts } from "./texts.ts";

interface Ownership {
  names: RegExp;
  reason: string;
}

/** The first entry that matches gives the reason. */
const owned: readonly Ownership[] = [
  {
    names:
      /^(fsync|full_page_writes|synchronous_commit|wal_sync_method|data_sync_retry|ignore_checksum_failure|ignore_invalid_pages|ignore_system_indexes|zero_damaged_pages|recovery_init_sync_method|restart_after_crash|remove_temp_files_after_crash)$/,
    reason: "Coffer keeps it so that no acknowledged write is lost",
  },
  {
    names:
      /(_command|_library|_libraries|_library_path)$|^(jit_provider|extension_destdir|ssl_passphrase_command_supports_reload)$/,
    reason: "it loads a library or runs a command on the server",
  },
  { names: /^(ssl|krb|gss)(_|$)/, reason: "Coffer owns TLS and how clients prove who they are" },
  {
    names:
      /^(wal_level|wal_log_hints|wal_keep_size|wal_decode_buffer_size|wal_sender_timeout|wal_receiver_.*|wal_retrieve_.*|max_wal_senders|max_replication_slots|max_slot_wal_keep_size|archive_.*|hot_standby.*|max_standby_.*|primary_.*|promote_trigger_file|recovery_.*|synchronous_standby_names|max_logical_replication_workers|max_sync_workers_per_subscription|max_parallel_apply_workers_per_subscription|sync_replication_slots|synchronized_standby_slots|summarize_wal|wal_summary_keep_time|vacuum_defer_cleanup_age|session_replication_role)$/,
    reason: "Coffer owns replication and recovery, and bounds what they keep by the volume's size",
  },
  {
    names:
      /^(data_directory.*|config_file|hba_file|ident_file|external_pid_file|cluster_name|event_source|(default|temp)_tablespaces?|allow_in_place_tablespaces|timezone_abbreviations|default_table_access_method)$/,
    reason: "Coffer owns the server's identity and where its files lie",
  },
  {
    names: /^(listen_addresses|port|unix_socket_.*|bonjour.*|db_user_namespace|password_encryption|scram_iterations)$/,
    reason: "Coffer owns where the server listens and whom it lets in",
  },
  {
    names:
      /^(superuser_reserved_connections|composite_type_mismatch|lo_compat_privileges|standard_conforming_strings|lc_.*|max_stack_depth|allow_alter_system|createrole_self_grant)$/,
    reason: "Coffer's own administration and the promises about access stand on it",
  },
  {
    names:
      /^(logging_collector|log_destination|log_directory|log_file.*|log_rotation_.*|log_truncate_on_rotation|syslog_.*)$/,
    reason: "the server logs to the guest, which keeps and bounds its log",
  },
  { names: /^log_statement$/, reason: "the instance's `logs` switches it (general)" },
  {
    names: /^(dynamic_shared_memory_type|shared_memory_type|huge_page.*)$/,
    reason: "it depends on the guest that the server runs in",
  },
  {
    names:
      /^(debug_.*|trace_.*|(pre|post)_auth_delay|wal_consistency_checking|backtrace_functions|jit_(debugging_support|dump_bitcode|profiling_support)|exit_on_error|force_parallel_mode|send_abort_for_.*|allow_system_table_mods|log_(parser|planner|executor)_stats)$/,
    reason: "it is a switch for developers of the server",
  },
  {
    names:
      /^(transaction_(deferrable|isolation|read_only|timeout)|client_encoding|application_name|restrict_nonsystem_relation_kind)$/,
    reason: "it belongs to one session or transaction: let the client set it",
  },
];

/** Why a spec may not set the parameter; undefined when it may. */
export function ownedReason(name: string, variable: Variable): string | undefined {
  const reason = owned.find((o) => o.names.test(name))?.reason;
  if (reason !== undefined) return reason;
  if (variable.context === "internal") return "the server fixes it; it only tells what it is";
  if (variable.type === "string" && !freeTexts.has(name)) return "Coffer does not know yet how to check its values";
  return undefined;
}

/**
 * Names or families that touch durability, replication, identity, paths, listeners, TLS, libraries, commands or roles.
 * Each parameter that matches must be owned or reviewed below; a test sees to it for every version.
 */
export const risky =
  /file|director|path|librar|command|ssl|krb|gss|tls|socket|listen|port$|fsync|sync|wal|archiv|recover|replica|primary|standby|slot|role|owner|privilege|password|auth|preload|provider|tablespace|checksum|corrupt|damage|system|debug|trace|bonjour|cluster|collector|destination|bind|host|user|senders|superuser/;

/** Risky by name, looked at, and free: they change speed, space or what is measured, not what is kept or who gets in. */
export const reviewed: ReadonlySet<string> = new Set([
  "authentication_timeout",
  "enable_async_append",
  "file_extend_method",
  "log_hostname",
  "log_recovery_conflict_waits",
  "log_replication_commands",
  "max_files_per_process",
  "max_wal_size",
  "min_wal_size",
  "search_path",
  "synchronize_seqscans",
  "tcp_user_timeout",
  "temp_file_limit",
  "log_temp_files",
  "track_wal_io_timing",
  "wal_buffers",
  "wal_compression",
  "wal_init_zero",
  "wal_recycle",
  "wal_skip_threshold",
  "wal_writer_delay",
  "wal_writer_flush_after",
]);
