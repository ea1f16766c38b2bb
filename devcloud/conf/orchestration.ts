/** Heat. */
import { endpoint, management, ports, region } from "../layout.ts";
import { database, type Files, login, oslo, type Setup, tokenChecks, withMessaging } from "./common.ts";
import { ini } from "./ini.ts";

export const orchestrationFiles = (setup: Setup): Files => ({
  "heat/heat.conf": ini({
    DEFAULT: {
      ...withMessaging(setup),
      region_name_for_services: region,
      heat_metadata_server_url: endpoint(8000),
      heat_waitcondition_server_url: endpoint(8000, "/v1/waitcondition"),
      stack_domain_admin: "heat_domain_admin",
      stack_domain_admin_password: setup.secrets.service,
      stack_user_domain_name: "heat",
      num_engine_workers: 1,
      periodic_interval: 120,
      environment_dir: "/etc/heat/environment.d",
      template_dir: "/etc/heat/templates",
      enabled_services: "engine,api",
      auth_encryption_key: setup.secrets.orchestration,
    },
    database: database("heat", setup),
    heat_api: { bind_host: management.address, bind_port: ports.orchestration, workers: 1 },
    paste_deploy: { api_paste_config: "/etc/heat/api-paste.ini" },
    clients_keystone: { auth_uri: endpoint(ports.identity) },
    trustee: login("heat", setup),
    ...tokenChecks("heat", setup),
    ...oslo("heat", setup),
  }),
});
