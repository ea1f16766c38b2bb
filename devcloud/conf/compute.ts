/** Nova: one file for the control services, one without databases for hypervisors, and one for each hypervisor. */
import { join } from "node:path";
import { controller, endpoint, hypervisorAddress, hypervisorName, management, ports, region } from "../layout.ts";
import { derivedUuid } from "../secrets.ts";
import type { Shape } from "../shape.ts";
import { database, type Files, login, oslo, type Setup, serviceUser, tokenChecks, withMessaging } from "./common.ts";
import { type Ini, ini, lines, type Section } from "./ini.ts";

export function computeFiles(setup: Setup, shape: Shape): Files {
  const files: Record<string, string> = {
    // The `database` of a control service is that of cell1. A hypervisor has none: it asks the conductor.
    "nova/nova.conf": ini({
      ...nova(setup),
      api_database: database("nova_api", setup),
      database: database("nova", setup),
    }),
    "nova/nova-compute.conf": ini(nova(setup)),
  };
  for (let number = 1; number <= shape.hypervisors; number++) {
    const name = hypervisorName(number);
    files[`nova/${name}.conf`] = ini(hypervisor(setup, number));
    files[`libvirt/${name}.conf`] = lines({ ...libvirtd, host_uuid: `"${derivedUuid(setup.secrets, name)}"` });
  }
  files["libvirt/qemu.conf"] = lines(qemu);
  if (shape.fake > 0) files["nova/fake.conf"] = ini(fake(setup));
  return files;
}

const nova = (setup: Setup): Ini => ({
  DEFAULT: {
    ...withMessaging(setup),
    my_ip: management.address,
    host: controller,
    state_path: join(setup.at.state, "nova"),
    instances_path: join(setup.at.state, "nova", "instances"),
    rootwrap_config: "/etc/nova/rootwrap.conf",
    osapi_compute_listen: management.address,
    osapi_compute_workers: 1,
    metadata_listen: management.address,
    metadata_workers: 1,
    allow_resize_to_same_host: true,
    default_schedule_zone: "nova",
    report_interval: 30,
    service_down_time: 120,
    update_resources_interval: 120,
    heal_instance_info_cache_interval: 300,
    sync_power_state_interval: 300,
    scheduler_instance_sync_interval: 600,
    bandwidth_poll_interval: 0,
    shelved_poll_interval: 0,
    instance_usage_audit: false,
    reboot_timeout: 0,
    reclaim_instance_interval: 0,
    resume_guests_state_on_host_boot: true,
    vif_plugging_timeout: 300,
    vif_plugging_is_fatal: true,
    block_device_allocate_retries: 300,
    block_device_allocate_retries_interval: 1,
    max_concurrent_builds: 4,
    cpu_allocation_ratio: "64.0",
    ram_allocation_ratio: "16.0",
    disk_allocation_ratio: "8.0",
    reserved_host_memory_mb: 256,
    shutdown_timeout: 15,
    compute_monitors: "",
    max_local_block_devices: 3,
    ssl_only: false,
  },
  api: { auth_strategy: "keystone" },
  wsgi: { api_paste_config: "/etc/nova/api-paste.ini" },
  vnc: { enabled: false },
  spice: { enabled: false },
  key_manager: { backend: "nova.keymgr.conf_key_mgr.ConfKeyManager" },
  glance: { api_servers: endpoint(ports.image) },
  cinder: { catalog_info: "volumev3::publicURL", os_region_name: region, ...login("nova", setup) },
  neutron: {
    service_metadata_proxy: true,
    metadata_proxy_shared_secret: setup.secrets.metadata,
    extension_sync_interval: 3600,
    ...login("neutron", setup),
  },
  placement: login("placement", setup),
  // A new hypervisor is mapped by the scheduler: calling nova-manage for it costs seconds of Python's start.
  scheduler: { workers: 1, discover_hosts_in_cells_interval: 3 },
  filter_scheduler: {
    enabled_filters:
      "ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter",
    track_instance_changes: false,
    shuffle_best_same_weighed_hosts: true,
  },
  conductor: { workers: 1 },
  compute: { resource_provider_association_refresh: 600 },
  workarounds: { enable_qemu_monitor_announce_self: false },
  ...tokenChecks("nova", setup),
  ...serviceUser("nova", setup),
  ...oslo("nova", setup),
});

/**
 * `writeback` on both kinds of disk honours the guest's flushes: a killed QEMU loses nothing that was acknowledged. With
 * `unsafe` a killed QEMU would leave root disks with broken qcow2 tables, and the server could not be started again.
 */
const libvirtDriver: Section = {
  virt_type: "qemu",
  cpu_mode: "none",
  images_type: "qcow2",
  disk_cachemodes: "file=writeback,network=writeback",
  inject_partition: -2,
  use_virtio_for_bridges: true,
  live_migration_permit_auto_converge: false,
  num_pcie_ports: 8,
  rbd_connect_timeout: 5,
  hw_disk_discard: "unmap",
  file_backed_memory: 0,
  wait_soft_reboot_seconds: 20,
  sysinfo_serial: "unique",
  volume_use_multipath: false,
};

function hypervisor({ at }: Setup, number: number): Ini {
  const host = hypervisorName(number);
  const driver = { compute_driver: "libvirt.LibvirtDriver" };
  if (number === 1) return { DEFAULT: { host, ...driver }, libvirt: libvirtDriver };
  return {
    DEFAULT: { host, my_ip: hypervisorAddress(number), state_path: join(at.state, "hosts", host, "nova"), ...driver },
    libvirt: libvirtDriver,
    oslo_concurrency: { lock_path: join(at.state, "hosts", host, "lock") },
  };
}

const fake = ({ at }: Setup): Ini => ({
  DEFAULT: {
    host: "fake",
    compute_driver: "fake.DevFake",
    state_path: join(at.state, "fake"),
    instances_path: join(at.state, "fake", "instances"),
    vif_plugging_is_fatal: false,
    vif_plugging_timeout: 0,
    max_concurrent_builds: 50,
  },
  oslo_concurrency: { lock_path: join(at.state, "fake", "lock") },
});

/** Nothing of the cloud listens on the network but its APIs: libvirt has its unix socket only. */
const libvirtd: Section = {
  listen_tls: 0,
  listen_tcp: 0,
  auth_unix_ro: '"none"',
  auth_unix_rw: '"none"',
  unix_sock_group: '"root"',
  unix_sock_rw_perms: '"0700"',
  log_outputs: '"3:stderr"',
  min_workers: 2,
  max_workers: 10,
  prio_workers: 2,
  keepalive_interval: -1,
};

/** The cloud lives in namespaces of its own, without cgroups and without security labels. */
const qemu: Section = {
  user: '"root"',
  group: '"root"',
  dynamic_ownership: 0,
  remember_owner: 0,
  security_driver: '"none"',
  security_default_confined: 0,
  cgroup_controllers: "[ ]",
  namespaces: "[ ]",
  stdio_handler: '"file"',
  max_core: 0,
  clear_emulator_capabilities: 0,
};
