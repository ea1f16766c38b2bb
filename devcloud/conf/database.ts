/** MariaDB, RabbitMQ: the services below OpenStack. */
import { join } from "node:path";
import { management, ports } from "../layout.ts";
import { databaseSocket, type Files, type Setup } from "./common.ts";
import { lines } from "./ini.ts";

/** A killed MariaDB loses nothing (the log is written at each commit); a power cut may cost the last second. */
export const databaseFiles = ({ at, secrets }: Setup): Files => ({
  "mysql/my.cnf": `[mysqld]
user=mysql
datadir=${join(at.state, "mysql")}
socket=${databaseSocket(at)}
pid-file=${join(at.run, "mysql", "mysqld.pid")}
tmpdir=${join(at.run, "mysql")}
skip-networking
skip-name-resolve
skip-log-bin
performance_schema=off
innodb_buffer_pool_size=256M
innodb_log_file_size=64M
innodb_flush_log_at_trx_commit=2
innodb_doublewrite=0
innodb_flush_method=O_DIRECT
max_connections=600
table_open_cache=2000
character-set-server=utf8mb3
collation-server=utf8mb3_general_ci
`,
  "mysql/init.sql": `CREATE USER IF NOT EXISTS os@localhost IDENTIFIED BY '${secrets.database}';
GRANT ALL ON *.* TO os@localhost;
`,
  "rabbit/rabbitmq.conf": lines({
    "listeners.tcp.1": `${management.address}:${ports.messaging}`,
    default_user: "openstack",
    default_pass: secrets.messaging,
    loopback_users: "none",
    "log.file.level": "warning",
    "log.console": false,
    "vm_memory_high_watermark.absolute": "1GB",
    "disk_free_limit.absolute": "50MB",
    collect_statistics_interval: 60000,
    heartbeat: 0,
  }),
  "rabbit/enabled_plugins": "[].\n",
});
