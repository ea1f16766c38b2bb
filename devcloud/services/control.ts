/** OpenStack's control services, and the tasks that give each its database. Tasks stand in the order of their urgency. */
import { join } from "node:path";
import { databaseSocket, type Setup } from "../conf/common.ts";
import { endpoint, type Layout, management, ports, region } from "../layout.ts";
import { type Command, type Part, quick, type Service, type Task } from "../parts.ts";
import { emptyDatabases, sh, task } from "./base.ts";

const novaTables = ["nova-api-database", "nova-cell-database"] as const;

export function controlParts(setup: Setup): Part[] {
  const { at } = setup;
  const conf = (path: string): [string, string] => ["--config-file", join(at.etc, path)];
  const nova = conf("nova/nova.conf");
  const neutron = [...conf("neutron/neutron.conf"), ...conf("neutron/ml2.ini")];
  const cinder = conf("cinder/cinder.conf");
  const python = (script: string, ...words: string[]): Service["argv"] => [
    "/usr/bin/python3",
    join(at.launch, script),
    ...words,
  ];
  return [
    ...identity(setup),
    task(
      "neutron-database",
      ["database-user"],
      [emptyDatabases(at, "neutron"), { argv: ["neutron-db-manage", ...neutron, "upgrade", "head"] }],
    ),
    task(
      "nova-api-database",
      ["database-user"],
      [emptyDatabases(at, "nova_api"), { argv: python("nova_databases.py", "api", ...nova) }],
    ),
    task(
      "nova-cell-database",
      ["database-user"],
      [
        emptyDatabases(at, "nova", "nova_cell0"),
        { argv: python("nova_databases.py", "cell", ...nova) },
        // The database of what was never scheduled has the same tables: copying them takes a second, making them again ten.
        sh(
          'mariadb-dump -S "$1" -u root nova >"$2"; mariadb -S "$1" -u root nova_cell0 <"$2"; rm "$2"',
          databaseSocket(at),
          join(at.state, "tmp", "cell.sql"),
        ),
      ],
    ),
    task(
      "cinder-database",
      ["database-user"],
      [emptyDatabases(at, "cinder"), { argv: ["cinder-manage", ...cinder, "db", "sync"] }],
    ),
    task(
      "placement-database",
      ["database-user"],
      [
        emptyDatabases(at, "placement"),
        {
          argv: ["placement-manage", ...conf("placement/placement.conf"), "db", "sync"],
          env: { OS_PLACEMENT_CONFIG_DIR: join(at.etc, "placement") },
        },
      ],
    ),
    task(
      "glance-database",
      ["database-user"],
      [emptyDatabases(at, "glance"), { argv: ["glance-manage", ...conf("glance/glance-api.conf"), "db_sync"] }],
    ),
    api(
      "placement",
      ["placement-database", "memcached"],
      ports.placement,
      wsgi(ports.placement, "/usr/bin/placement-api"),
      { OS_PLACEMENT_CONFIG_DIR: join(at.etc, "placement") },
    ),
    api(
      "neutron-server",
      ["neutron-database", "rabbitmq", "keystone"],
      ports.network,
      python("neutron_server.py", ...neutron),
    ),
    api("nova-api", [...novaTables, "rabbitmq", "keystone"], ports.compute, python("nova_api.py", ...nova)),
    service("nova-conductor", [...novaTables, "rabbitmq", "keystone"], ["nova-conductor", ...nova]),
    api("glance-api", ["glance-database", "keystone"], ports.image, ["glance-api", ...conf("glance/glance-api.conf")]),
    api("cinder-api", ["cinder-database", "rabbitmq", "keystone"], ports.volume, ["cinder-api", ...cinder]),
    service("cinder-volume", ["cinder-database", "rabbitmq", "ceph-pool", "ceph-osd"], ["cinder-volume", ...cinder]),
    service("cinder-scheduler", ["cinder-database", "rabbitmq"], ["cinder-scheduler", ...cinder]),
    service("nova-scheduler", [...novaTables, "rabbitmq", "catalogue"], ["nova-scheduler", ...nova]),
    api("nova-metadata", [...novaTables, "rabbitmq"], ports.metadata, python("nova_metadata.py", ...nova)),
    ...agents(at, neutron, conf, python),
    apiTask("catalogue", ["keystone"], "catalogue"),
    apiTask("networks", ["catalogue", "neutron-bridge", "neutron-l3", "neutron-dhcp"], "networks"),
    apiTask("flavors", ["catalogue", "nova-api"], "flavors"),
    apiTask("volume-type", ["catalogue", "cinder-api"], "volume-type"),
  ];
}

function identity({ at, secrets }: Setup): Part[] {
  const folder = join(at.state, "keystone");
  const url = endpoint(ports.identity, "/v3/");
  return [
    task(
      "keystone-database",
      ["database-user"],
      [
        emptyDatabases(at, "keystone"),
        sh(
          'umask 077; for keys in fernet-keys credential-keys; do mkdir -p "$1/$keys"; for key in 0 1; do [ -s "$1/$keys/$key" ] || head -c 32 /dev/urandom | base64 | tr +/ -_ | tr -d "\\n" >"$1/$keys/$key"; done; done',
          folder,
        ),
        {
          argv: ["/usr/bin/python3", join(at.launch, "keystone_database.py"), join(at.etc, "keystone/keystone.conf")],
          env: {
            // What an earlier attempt left in memcached is not in the tables of this one.
            OS_CACHE__ENABLED: "false",
            OS_BOOTSTRAP_PASSWORD: secrets.admin,
            OS_BOOTSTRAP_ADMIN_URL: url,
            OS_BOOTSTRAP_INTERNAL_URL: url,
            OS_BOOTSTRAP_PUBLIC_URL: url,
            OS_BOOTSTRAP_REGION_ID: region,
          },
        },
      ],
    ),
    api(
      "keystone",
      ["keystone-database", "memcached"],
      ports.identity,
      wsgi(ports.identity, "/usr/bin/keystone-wsgi-public"),
      { OS_KEYSTONE_CONFIG_FILES: join(at.etc, "keystone/keystone.conf") },
    ),
  ];
}

function agents(
  at: Layout,
  neutron: readonly string[],
  conf: (path: string) => [string, string],
  python: (script: string, ...words: string[]) => Service["argv"],
): Part[] {
  const needs = ["neutron-server"];
  return [
    service("neutron-bridge", needs, python("linuxbridge_agent.py", ...neutron, ...conf("neutron/bridge-ctl.ini"))),
    service("neutron-dhcp", needs, ["neutron-dhcp-agent", ...neutron, ...conf("neutron/dhcp.ini")]),
    service("neutron-l3", needs, ["neutron-l3-agent", ...neutron, ...conf("neutron/l3.ini")]),
    service("neutron-metadata", needs, [
      "neutron-metadata-agent",
      ...neutron,
      "--config-file",
      join(at.etc, "neutron/metadata.ini"),
    ]),
  ];
}

const service = (name: string, needs: readonly string[], argv: Service["argv"]): Service => ({
  kind: "service",
  name,
  needs,
  argv,
  stop: quick,
});

export const api = (
  name: string,
  needs: readonly string[],
  port: number,
  argv: Service["argv"],
  env?: Command["env"],
): Service => ({
  ...service(name, needs, argv),
  ready: { kind: "http", url: endpoint(port, "/") },
  ...(env === undefined ? {} : { env }),
});

export const apiTask = (
  name: string,
  needs: readonly string[],
  call: Extract<Task["act"], { kind: "api" }>["call"],
): Task => ({ kind: "task", name, needs, lasts: "state", act: { kind: "api", call } });

const wsgi = (port: number, file: string): Service["argv"] => [
  "uwsgi_python3",
  "--http-socket",
  `${management.address}:${port}`,
  "--wsgi-file",
  file,
  "--processes",
  "1",
  "--threads",
  "4",
  "--enable-threads",
  "--lazy-apps",
  "--buffer-size",
  "65535",
  "--rem-header",
  "Content-Length",
  "--die-on-term",
  "--need-app",
  "--disable-logging",
];
