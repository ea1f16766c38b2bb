/** What the configuration of every OpenStack service has in common. */
import { join } from "node:path";
import { endpoint, type Layout, management, ports, region } from "../layout.ts";
import type { Secrets } from "../secrets.ts";
import type { Ini, Section } from "./ini.ts";

/** What configuration is made from. */
export interface Setup {
  at: Layout;
  secrets: Secrets;
}

/** A file of configuration: its path below `etc/`, and what is in it. */
export type Files = Readonly<Record<string, string>>;

export const databaseSocket = (at: Layout): string => join(at.run, "mysql", "mysql.sock");

/** How a service logs in to Keystone as itself. */
export const login = (user: string, { secrets }: Setup): Section => ({
  auth_url: endpoint(ports.identity),
  auth_type: "password",
  project_domain_name: "Default",
  user_domain_name: "Default",
  project_name: "service",
  username: user,
  password: secrets.service,
  region_name: region,
});

export const tokenChecks = (user: string, setup: Setup): Ini => ({
  keystone_authtoken: {
    www_authenticate_uri: endpoint(ports.identity),
    memcached_servers: `${management.address}:${ports.cache}`,
    token_cache_time: 3600,
    service_token_roles_required: true,
    service_token_roles: "service",
    ...login(user, setup),
  },
});

export const serviceUser = (user: string, setup: Setup): Ini => ({
  service_user: { send_service_user_token: true, ...login(user, setup) },
});

export const messagingUrl = ({ secrets }: Setup): string =>
  `rabbit://openstack:${secrets.messaging}@${management.address}:${ports.messaging}/`;

export const logging: Section = { use_syslog: false, use_stderr: true };

export const withMessaging = (setup: Setup): Section => ({
  transport_url: messagingUrl(setup),
  ...logging,
  rpc_response_timeout: 180,
});

export const oslo = (service: string, { at }: Setup): Ini => ({
  oslo_messaging_rabbit: { heartbeat_timeout_threshold: 0, rpc_conn_pool_size: 10, kombu_reconnect_delay: 1 },
  oslo_messaging_notifications: { driver: "noop" },
  oslo_concurrency: { lock_path: join(at.state, "lock", service) },
});

export const database = (name: string, { at, secrets }: Setup): Section => ({
  connection: `mysql+pymysql://os:${secrets.database}@localhost/${name}?charset=utf8&unix_socket=${databaseSocket(at)}`,
  max_pool_size: 10,
  max_overflow: 40,
  connection_recycle_time: 3600,
});
