/** What OpenStack stands on: MariaDB, RabbitMQ, memcached, Ceph. */
import { join } from "node:path";
import { databaseSocket, type Setup } from "../conf/common.ts";
import { type Layout, management, ports } from "../layout.ts";
import type { Command, Part, Task } from "../parts.ts";

export function baseParts(setup: Setup): Part[] {
  const { at } = setup;
  const mysql = join(at.etc, "mysql/my.cnf");
  const rabbit = join(at.state, "rabbit");
  return [
    {
      kind: "task",
      name: "mariadb-folder",
      needs: [],
      lasts: "world",
      act: commands(sh('mkdir -p "$1"; chown mysql: "$1"', join(at.run, "mysql"))),
    },
    {
      kind: "task",
      name: "mariadb-files",
      needs: ["mariadb-folder"],
      lasts: "state",
      act: commands(
        // What a killed attempt left is no data directory.
        sh('rm -rf "$1"; mkdir -p "$1"; chown mysql: "$1"', join(at.state, "mysql")),
        { argv: ["mariadb-install-db", `--defaults-file=${mysql}`, "--user=mysql", "--skip-test-db"] },
      ),
    },
    {
      kind: "service",
      name: "mariadb",
      needs: ["mariadb-folder", "mariadb-files"],
      argv: ["mariadbd", `--defaults-file=${mysql}`],
      ready: { kind: "socket", path: databaseSocket(at) },
      stop: { wave: 2, seconds: 30 },
    },
    {
      kind: "task",
      name: "database-user",
      needs: ["mariadb"],
      lasts: "state",
      // The statements hold a password: they come from a file that only root reads.
      act: commands(sh('exec mariadb -S "$1" -u root <"$2"', databaseSocket(at), join(at.etc, "mysql/init.sql"))),
    },
    {
      kind: "service",
      name: "memcached",
      needs: [],
      argv: [
        ...["memcached", "-l", management.address, "-p", String(ports.cache)],
        ...["-u", "nobody", "-m", "64", "-t", "1", "-c", "4096"],
      ] as unknown as [string, ...string[]],
      stop: { wave: 2, seconds: 5 },
    },
    {
      kind: "service",
      name: "rabbitmq",
      needs: [],
      argv: ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
      env: {
        HOME: rabbit,
        RABBITMQ_NODENAME: "rabbit@localhost",
        RABBITMQ_MNESIA_BASE: rabbit,
        RABBITMQ_LOG_BASE: at.log,
        RABBITMQ_CONFIG_FILE: join(at.etc, "rabbit/rabbitmq.conf"),
        RABBITMQ_ADVANCED_CONFIG_FILE: join(at.etc, "rabbit/advanced.config"),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(at.etc, "rabbit/enabled_plugins"),
        RABBITMQ_CONF_ENV_FILE: "/dev/null",
        RABBITMQ_DIST_PORT: "25672",
        ERL_EPMD_ADDRESS: "127.0.0.1",
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
          "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
      },
      ready: { kind: "tcp", address: management.address, port: ports.messaging },
      stop: { wave: 2, seconds: 20 },
    },
    ...ceph(setup),
  ];
}

function ceph({ at, secrets }: Setup): Part[] {
  const data = join(at.state, "ceph");
  const map = join(data, "monmap");
  const monitors = `[v2:${management.address}:3300,v1:${management.address}:6789]`;
  return [
    task(
      "ceph-monitor-files",
      [],
      [
        sh('rm -rf "$1/mon-a"; mkdir -p "$1/mon-a" "$1/mgr-x" "$1/osd-0" "$1/crash"', data),
        { argv: ["monmaptool", "--create", "--clobber", "--fsid", secrets.cephCluster, "--addv", "a", monitors, map] },
        { argv: ["ceph-mon", "--mkfs", "-i", "a", "--monmap", map] },
      ],
    ),
    {
      kind: "service",
      name: "ceph-mon",
      needs: ["ceph-monitor-files"],
      argv: ["ceph-mon", "-f", "-i", "a"],
      ready: { kind: "tcp", address: management.address, port: 3300 },
      stop: { wave: 3, seconds: 10 },
    },
    {
      kind: "service",
      name: "ceph-mgr",
      needs: ["ceph-mon"],
      argv: ["ceph-mgr", "-f", "-i", "x"],
      stop: { wave: 2, seconds: 5 },
    },
    lightTask(
      "ceph-disk",
      ["ceph-mon"],
      [
        ask("osd", "new", secrets.cephDisk, "0"),
        sh('rm -rf "$1"; mkdir -p "$1"', join(data, "osd-0")),
        { argv: ["ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", secrets.cephDisk] },
        ask("osd", "crush", "add", "osd.0", "1.0", "root=default", "host=ctl"),
      ],
    ),
    {
      kind: "service",
      name: "ceph-osd",
      needs: ["ceph-disk"],
      argv: ["ceph-osd", "-f", "-i", "0"],
      stop: { wave: 2, seconds: 20 },
    },
    lightTask(
      "ceph-pool",
      ["ceph-osd", "ceph-mgr"],
      [
        ask("osd", "require-osd-release", "pacific"),
        ask("osd", "pool", "create", "volumes", "8", "8"),
        ask("osd", "pool", "set", "volumes", "size", "1", "--yes-i-really-mean-it"),
        { argv: ["rbd", "pool", "init", "volumes"] },
      ],
    ),
  ];
}

const ask = (...words: string[]): Command => ({ argv: ["ceph", "--connect-timeout", "60", ...words] });

/** Migrations that were killed cannot go on: until a database's task is done, it begins with an empty one. */
export const emptyDatabases = (at: Layout, ...names: readonly string[]): Command => ({
  argv: ["mariadb", "-S", databaseSocket(at), "-u", "root", "-e", names.map(recreate).join(" ")],
});

const recreate = (name: string): string =>
  `DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name} DEFAULT CHARACTER SET utf8mb3;`;

export function sh(script: string, ...words: string[]): Command {
  return { argv: ["sh", "-euc", script, "sh", ...words] };
}

export const commands = (...list: readonly Command[]): Task["act"] => ({ kind: "commands", commands: list });

const lightTask = (name: string, needs: readonly string[], list: readonly Command[]): Task => ({
  ...task(name, needs, list),
  light: true,
});

export const task = (name: string, needs: readonly string[], list: readonly Command[]): Task => ({
  kind: "task",
  name,
  needs,
  lasts: "state",
  act: commands(...list),
});
