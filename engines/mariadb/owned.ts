/**
 * Parameters that belong to Coffer, with the reason: a configuration that names one is refused. A test compares this
 * list with every name that a real server has, so that a new version's additions are classified by a person.
 */

interface Owned {
  /** Completes the sentence "it belongs to Coffer: ...". */
  reason: string;
  names: readonly (string | RegExp)[];
}

const owned: readonly Owned[] = [
  {
    reason: "it decides whether an acknowledged commit survives a crash",
    names: [
      "innodb_flush_log_at_trx_commit",
      "innodb_flush_log_at_timeout",
      "innodb_doublewrite",
      "innodb_flush_method",
      "innodb_use_atomic_writes",
      "innodb_use_native_aio",
      "innodb_linux_aio",
      "innodb_log_file_buffering",
      "innodb_log_file_mmap",
      "innodb_log_file_write_through",
      "innodb_data_file_buffering",
      "innodb_data_file_write_through",
      "innodb_log_write_ahead_size",
      "innodb_checksum_algorithm",
      "innodb_fast_shutdown",
      "innodb_force_recovery",
      "innodb_read_only",
      "sync_binlog",
      "sync_frm",
      "sync_master_info",
      "sync_relay_log",
      "sync_relay_log_info",
      "log_tc_size",
      "flush",
      "flush_time",
      "delay_key_write",
      "myisam_recover_options",
      "myisam_use_mmap",
      /^aria_(sync_log_dir|page_checksum|recover_options|log_purge_type|group_commit.*|force_start_after.*)$/,
      /checksum$/,
    ],
  },
  {
    reason: "it decides who is primary, and what replicas receive",
    names: [
      /^(slave|replicate|rpl|gtid|relay|report|wsrep)_/,
      "relay_log",
      "log_bin",
      /^log_bin_(index|compress.*)$/,
      "log_slave_updates",
      "server_id",
      "read_only",
      "transaction_read_only",
      "init_slave",
      "binlog_alter_two_phase",
      "binlog_annotate_row_events",
      "binlog_direct_non_transactional_updates",
      "binlog_format",
      /^binlog_gtid_index/,
      "binlog_large_commit_threshold",
      "binlog_legacy_event_pos",
      /^binlog_row_/,
      "read_binlog_speed_limit",
      "max_relay_log_size",
    ],
  },
  {
    reason: "it bounds the binary logs by the size of the volume",
    names: [
      "max_binlog_size",
      "max_binlog_total_size",
      "binlog_space_limit",
      "binlog_expire_logs_seconds",
      "expire_logs_days",
    ],
  },
  {
    reason: "files have fixed places on the data volume",
    names: [
      "basedir",
      "datadir",
      "pid_file",
      "log_error",
      "ignore_db_dirs",
      "character_set_filesystem",
      /dir$/,
      /_(dir|directory)_?/,
      /_file$/,
      /_(file|dir)_path$/,
      "innodb_buffer_pool_filename",
    ],
  },
  {
    reason: "it decides where the server listens and how clients find it",
    names: [
      "socket",
      "port",
      "extra_port",
      "bind_address",
      "skip_networking",
      "skip_name_resolve",
      "tcp_nodelay",
      "redirect_url",
      /^proxy_protocol_/,
    ],
  },
  {
    reason: "the instance's `logs` switches it (slow, general), and the guest bounds the file",
    names: ["general_log", "log_output", "log_slow_query", "slow_query_log"],
  },
  { reason: "it is another name of long_query_time", names: ["log_slow_query_time"] },
  { reason: "TLS is set up by Coffer", names: [/^ssl_/, "tls_version", "require_secure_transport"] },
  {
    reason: "encryption at rest needs a key plugin, which Coffer does not offer",
    names: [/^encrypt_/, /_encrypt_/, /^(?!block_).*_encryption_/],
  },
  {
    reason: "it loads a library or runs statements as another user",
    names: [/^plugin_/, "allow_suspicious_udfs", "init_connect", "init_file"],
  },
  {
    reason: "it decides who may log in and what they may reach",
    names: [
      "skip_grant_tables",
      "secure_auth",
      "secure_file_priv",
      "secure_timestamp",
      "old_passwords",
      "local_infile",
      "automatic_sp_privileges",
      "strict_password_validation",
      "default_password_lifetime",
      "disconnect_on_expired_password",
    ],
  },
  {
    reason: "it is fixed when the data directory is made",
    names: ["innodb_page_size", "innodb_undo_tablespaces", "lower_case_table_names", "aria_block_size"],
  },
  {
    reason: "it follows the guest's own limits",
    names: [
      "open_files_limit",
      "table_open_cache_instances",
      "thread_pool_size",
      "core_file",
      "large_pages",
      "innodb_numa_interleave",
      "innodb_buffer_pool_in_core_dump",
      "innodb_buffer_pool_size_max",
      "innodb_buffer_pool_size_auto_min",
      "innodb_buffer_pool_chunk_size",
      "debug_no_thread_alarm",
    ],
  },
  {
    reason: "only a running server can tell whether its text is right, and a wrong one keeps it from starting",
    names: [
      "character_set_collations",
      "ft_boolean_syntax",
      "lc_messages",
      "lc_time_names",
      "session_track_system_variables",
    ],
  },
  {
    reason: "it is an action or a reading, not a setting",
    names: [
      /_now$/,
      /^innodb_monitor_/,
      "innodb_buffer_pool_load_abort",
      "innodb_max_purge_lag_wait",
      "innodb_ft_enable_diag_print",
      /^innodb_ft_(aux|server_stopword|user_stopword)_table$/,
      "ignore_builtin_innodb",
      "large_files_support",
      "lower_case_file_system",
      "protocol_version",
      "server_uid",
      "date_format",
      "datetime_format",
      "time_format",
      "system_time_zone",
      /^version/,
    ],
  },
];

/** Why the parameter belongs to Coffer, to follow "it belongs to Coffer: "; undefined when it is the user's. */
export function ownedReason(name: string): string | undefined {
  return owned.find((group) => group.names.some((n) => (typeof n === "string" ? n === name : n.test(name))))?.reason;
}
