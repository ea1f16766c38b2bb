/** Cinder on Ceph. */
import { join } from "node:path";
import { controller, endpoint, management, ports } from "../layout.ts";
import { database, type Files, login, oslo, type Setup, serviceUser, tokenChecks, withMessaging } from "./common.ts";
import { ini } from "./ini.ts";

export const volumeFiles = (setup: Setup): Files => ({
  "cinder/cinder.conf": ini({
    DEFAULT: {
      ...withMessaging(setup),
      my_ip: management.address,
      host: controller,
      auth_strategy: "keystone",
      api_paste_config: "/etc/cinder/api-paste.ini",
      rootwrap_config: "/etc/cinder/rootwrap.conf",
      state_path: join(setup.at.state, "cinder"),
      osapi_volume_listen: management.address,
      osapi_volume_workers: 1,
      glance_api_servers: endpoint(ports.image),
      enabled_backends: "ceph",
      default_volume_type: "ceph",
      // The first heartbeat comes after one interval, and `up` waits for it.
      report_interval: 10,
      service_down_time: 120,
      periodic_interval: 120,
      periodic_fuzzy_delay: 5,
      backend_stats_polling_interval: 120,
      max_pool_size: 10,
    },
    ceph: {
      volume_driver: "cinder.volume.drivers.rbd.RBDDriver",
      volume_backend_name: "ceph",
      rbd_pool: "volumes",
      rbd_ceph_conf: "/etc/ceph/ceph.conf",
      rbd_flatten_volume_from_snapshot: false,
      rbd_exclusive_cinder_pool: true,
      report_discard_supported: true,
    },
    nova: login("nova", setup),
    database: database("cinder", setup),
    key_manager: { backend: "cinder.keymgr.conf_key_mgr.ConfKeyManager" },
    ...tokenChecks("cinder", setup),
    ...serviceUser("cinder", setup),
    ...oslo("cinder", setup),
  }),
});
