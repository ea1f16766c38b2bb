/**
 * What the numbers of MariaDB's parameters count. The server keeps that to its manual, so the list is written by hand; a
 * test holds it against the names that real servers have. Whatever is not named here counts things, rows or pages.
 */

const units: readonly { unit: string; names: RegExp }[] = [
  {
    unit: "B",
    names:
      /^(aria_(block_size|checkpoint_log_activity|log_file_size|max_sort_file_size|pagecache_buffer_size|sort_buffer_size)|binlog_(cache_size|file_cache_size|gtid_index_page_size|large_commit_threshold|row_event_max_size|space_limit|stmt_cache_size)|bulk_insert_buffer_size|column_compression_threshold|group_concat_max_len|innodb_(buffer_pool_chunk_size|buffer_pool_size|buffer_pool_size_auto_min|buffer_pool_size_max|ft_cache_size|ft_result_cache_limit|ft_total_cache_size|log_buffer_size|log_file_size|log_write_ahead_size|max_undo_log_size|online_alter_log_max_size|page_size|sort_buffer_size)|join_buffer_(size|space_limit)|key_buffer_size|key_cache_block_size|log_bin_compress_min_len|max_allowed_packet|max_binlog_(cache_size|size|stmt_cache_size|total_size)|max_heap_table_size|max_length_for_sort_data|max_relay_log_size|max_rowid_filter_size|max_session_mem_used|max_sort_length|max_tmp_(session|total)_space_usage|mhnsw_max_cache_size|mrr_buffer_size|myisam_(block_size|max_sort_file_size|mmap_size|sort_buffer_size)|net_buffer_length|optimizer_trace_max_mem_size|preload_buffer_size|(query|transaction)_(alloc_block_size|prealloc_size)|query_cache_(limit|min_res_unit|size)|range_alloc_block_size|read_buffer_size|read_rnd_buffer_size|relay_log_space_limit|rowid_merge_buff_size|slave_max_allowed_packet|sort_buffer_size|thread_stack|tmp_(disk_table|memory_table|table)_size)$/,
  },
  { unit: "MB", names: /^innodb_autoextend_increment$/ },
  {
    unit: "s",
    names:
      /^(aria_checkpoint_interval|binlog_expire_logs_seconds|connect_timeout|delayed_insert_timeout|flush_time|idle_(readonly_|write_)?transaction_timeout|innodb_(fatal_semaphore_wait_threshold|flush_log_at_timeout|lock_wait_timeout)|interactive_timeout|lock_wait_timeout|log_slow_(always_)?query_time|long_query_time|max_statement_time|net_(read|write)_timeout|progress_report_time|slave_(max_statement_time|net_timeout|transaction_retry_interval)|slow_launch_time|tcp_keepalive_(interval|time)|thread_pool_idle_timeout|wait_timeout)$/,
  },
  {
    unit: "ms",
    names:
      /^(innodb_old_blocks_time|rpl_semi_sync_master_timeout|thread_pool_prio_kickup_timer|thread_pool_stall_limit)$/,
  },
  {
    unit: "us",
    names:
      /^(aria_group_commit_interval|binlog_commit_wait_usec|deadlock_timeout_(long|short)|innodb_max_purge_lag_delay)$/,
  },
  { unit: "d", names: /^(default_password_lifetime|expire_logs_days)$/ },
];

/** The unit of a bare number: `B`, `MB`, `s`, `ms`, `us` or `d`; undefined when it has none. */
export function unitNameOf(name: string): string | undefined {
  return units.find(({ names }) => names.test(name))?.unit;
}
