/** Ceph: one monitor, one manager, one disk in a sparse file; no keys, since only this machine reaches it. */
import { join } from "node:path";
import { management } from "../layout.ts";
import type { Files, Setup } from "./common.ts";
import { ini } from "./ini.ts";

/** Bytes of the sparse file that holds all volumes. */
const diskSize = 40 * 2 ** 30;

export function cephFiles({ at, secrets }: Setup): Files {
  const data = join(at.state, "ceph");
  const cluster = {
    fsid: secrets.cephCluster,
    mon_initial_members: "a",
    mon_host: `[v2:${management.address}:3300/0,v1:${management.address}:6789/0]`,
    public_addr: management.address,
    cluster_addr: management.address,
    auth_cluster_required: "none",
    auth_service_required: "none",
    auth_client_required: "none",
    auth_allow_insecure_global_id_reclaim: false,
    osd_pool_default_size: 1,
    osd_pool_default_min_size: 1,
    osd_pool_default_pg_num: 8,
    osd_pool_default_pg_autoscale_mode: "off",
    osd_crush_chooseleaf_type: 0,
    mon_allow_pool_size_one: true,
    mon_allow_pool_delete: true,
    mon_warn_on_pool_no_redundancy: false,
    mon_data_avail_warn: 2,
    mon_data_avail_crit: 1,
    mon_max_pg_per_osd: 1000,
    ms_type: "async+posix",
    ms_bind_ipv4: true,
    ms_bind_ipv6: false,
    ms_async_op_threads: 1,
    log_to_stderr: false,
    log_to_file: true,
    log_file: join(at.log, "ceph-$name.log"),
    admin_socket: join(at.run, "ceph-$name.$pid.asok"),
    pid_file: "",
    run_dir: at.run,
    crash_dir: join(data, "crash"),
    debug_ms: 0,
  };
  const mon = {
    mon_data: join(data, "mon-$id"),
    mon_cluster_log_file: join(at.log, "ceph-cluster.log"),
    rocksdb_cache_size: 64 * 2 ** 20,
    mon_memory_target: 256 * 2 ** 20,
  };
  const mgr = {
    mgr_data: join(data, "mgr-$id"),
    mgr_initial_modules: "",
    mgr_tick_period: 10,
    mgr_stats_period: 30,
    mon_mgr_beacon_grace: 120,
  };
  const osd = {
    osd_data: join(data, "osd-$id"),
    osd_objectstore: "bluestore",
    bluestore_block_size: diskSize,
    bluestore_block_create: true,
    bluestore_block_wal_create: false,
    bluestore_block_db_create: false,
    osd_memory_target: 896 * 2 ** 20,
    osd_memory_cache_min: 64 * 2 ** 20,
    bluestore_cache_autotune: true,
    osd_op_num_shards: 1,
    osd_op_num_threads_per_shard: 2,
    bluestore_fsck_on_mount: false,
    osd_max_object_name_len: 2048,
    osd_class_update_on_start: false,
  };
  // A client's cache holds back writes only until the guest flushes (rbd_cache_writethrough_until_flush is on by default).
  const client = { rbd_cache: true, admin_socket: "", log_to_file: false, log_file: "" };
  return { "ceph/ceph.conf": ini({ global: cluster, mon, mgr, osd, client }) };
}
