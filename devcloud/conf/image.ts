/** Glance, with images as files. */
import { join } from "node:path";
import { endpoint, management, ports } from "../layout.ts";
import { database, type Files, oslo, type Setup, tokenChecks } from "./common.ts";
import { ini } from "./ini.ts";

export function imageFiles(setup: Setup): Files {
  const store = join(setup.at.state, "glance");
  return {
    "glance/glance-api.conf": ini({
      DEFAULT: {
        use_stderr: true,
        bind_host: management.address,
        bind_port: ports.image,
        workers: 0,
        enabled_backends: "file:file",
        show_image_direct_url: true,
        show_multiple_locations: false,
        enabled_import_methods: "[glance-direct]",
        worker_self_reference_url: endpoint(ports.image),
        node_staging_uri: `file://${store}/staging`,
      },
      glance_store: { default_backend: "file" },
      file: { filesystem_store_datadir: `${store}/images` },
      os_glance_tasks_store: { filesystem_store_datadir: `${store}/tasks` },
      os_glance_staging_store: { filesystem_store_datadir: `${store}/staging` },
      database: database("glance", setup),
      paste_deploy: { flavor: "keystone", config_file: "/etc/glance/glance-api-paste.ini" },
      ...tokenChecks("glance", setup),
      ...oslo("glance", setup),
    }),
  };
}
