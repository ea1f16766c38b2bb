/** Neutron: ml2 with Linux bridges and vxlan, and its agents. */
import { join } from "node:path";
import { controller, external, hypervisorAddress, hypervisorName, management, ports } from "../layout.ts";
import type { Shape } from "../shape.ts";
import { database, type Files, login, oslo, type Setup, tokenChecks, withMessaging } from "./common.ts";
import { type Ini, ini } from "./ini.ts";

/** The underlay's bridge has an MTU of 1600: room for 50 bytes of vxlan. */
const mtu = 1550;

export function networkFiles(setup: Setup, shape: Shape): Files {
  const files: Record<string, string> = {
    "neutron/neutron.conf": ini(neutron(setup)),
    "neutron/ml2.ini": ini(ml2),
    "neutron/l3.ini": ini({
      DEFAULT: {
        interface_driver: "linuxbridge",
        agent_mode: "legacy",
        enable_metadata_proxy: true,
        metadata_port: 9697,
      },
      agent: { root_helper: "sudo", extensions: "" },
    }),
    "neutron/dhcp.ini": ini({
      DEFAULT: {
        interface_driver: "linuxbridge",
        dhcp_driver: "neutron.agent.linux.dhcp.Dnsmasq",
        enable_isolated_metadata: true,
        force_metadata: false,
        dnsmasq_local_resolv: false,
        dnsmasq_dns_servers: external.gateway,
        resync_interval: 30,
        bulk_reload_interval: 0,
      },
      agent: { root_helper: "sudo" },
    }),
    "neutron/metadata.ini": ini({
      DEFAULT: {
        nova_metadata_host: management.address,
        nova_metadata_port: ports.metadata,
        metadata_proxy_shared_secret: setup.secrets.metadata,
        metadata_workers: 0,
      },
      cache: { enabled: true, backend: "dogpile.cache.memory" },
      agent: { root_helper: "sudo" },
    }),
    [`neutron/bridge-${controller}.ini`]: ini(bridgeAgent(management.address, `public:${external.bridge}`)),
  };
  for (let number = 2; number <= shape.hypervisors; number++) {
    const host = hypervisorName(number);
    const folder = join(setup.at.state, "hosts", host);
    files[`neutron/bridge-${host}.ini`] = ini({
      DEFAULT: { host, state_path: `${folder}/neutron` },
      oslo_concurrency: { lock_path: `${folder}/lock` },
      ...bridgeAgent(hypervisorAddress(number), ""),
    });
  }
  return files;
}

const neutron = (setup: Setup): Ini => ({
  DEFAULT: {
    ...withMessaging(setup),
    host: controller,
    core_plugin: "ml2",
    service_plugins: "router",
    state_path: join(setup.at.state, "neutron"),
    bind_host: management.address,
    bind_port: ports.network,
    api_workers: 0,
    rpc_workers: 1,
    rpc_state_report_workers: 0,
    api_paste_config: "/etc/neutron/api-paste.ini",
    auth_strategy: "keystone",
    allow_overlapping_ips: true,
    global_physnet_mtu: mtu,
    notify_nova_on_port_status_changes: true,
    notify_nova_on_port_data_changes: true,
    send_events_interval: 1,
    agent_down_time: 180,
    dhcp_agents_per_network: 1,
    network_auto_schedule: true,
    allow_automatic_dhcp_failover: false,
  },
  nova: login("nova", setup),
  database: database("neutron", setup),
  agent: { root_helper: "sudo", report_interval: 30 },
  privsep: { helper_command: `sudo privsep-helper --config-file ${join(setup.at.etc, "neutron/neutron.conf")}` },
  quotas: {
    quota_network: 1000,
    quota_subnet: 1000,
    quota_port: 5000,
    quota_router: 500,
    quota_floatingip: 500,
    quota_security_group: 1000,
    quota_security_group_rule: 10000,
  },
  experimental: { linuxbridge: true },
  ...tokenChecks("neutron", setup),
  ...oslo("neutron", setup),
});

const ml2: Ini = {
  ml2: {
    type_drivers: "flat,vxlan,vlan,local",
    tenant_network_types: "vxlan",
    mechanism_drivers: "linuxbridge,l2population",
    extension_drivers: "port_security",
    path_mtu: mtu,
  },
  ml2_type_flat: { flat_networks: "public" },
  ml2_type_vxlan: { vni_ranges: "1:9999" },
  securitygroup: { enable_ipset: true },
};

const bridgeAgent = (address: string, mappings: string): Ini => ({
  linux_bridge: { physical_interface_mappings: "", bridge_mappings: mappings },
  vxlan: { enable_vxlan: true, local_ip: address, l2_population: true, arp_responder: false },
  securitygroup: { enable_security_group: true, firewall_driver: "iptables", enable_ipset: true },
  agent: { root_helper: "sudo", polling_interval: 2, quitting_rpc_timeout: 5, report_interval: 30, extensions: "" },
});
