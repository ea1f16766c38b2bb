/**
 * What somebody with the openstack client and a shell would do for one database: the same image, volume, port and floating
 * IP, then SSH, a file system, a data directory, a server, one database and one user.
 */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import mysql from "mysql2/promise";
import pg from "pg";

const run = promisify(execFile);

interface Recipe {
  version: string;
  port: number;
  /** Reads the volume's id and the user's password as its arguments. */
  script: string;
  query(login: { host: string; user: string; password: string; database: string }): Promise<void>;
}

const volumeMounted = `set -e
device=/dev/disk/by-id/virtio-$(echo "$1" | cut -c1-20)
until [ -b "$device" ]; do sleep 0.2; done
mkfs.ext4 -q "$device"
mount "$device" /srv/coffer
`;

/** Milliseconds for a guest to answer on SSH. */
const bootLimit = 600_000;

const recipes: Readonly<Record<string, Recipe>> = {
  mariadb: {
    version: "10.11",
    port: 3306,
    script: `${volumeMounted}
mkdir -p /srv/coffer/data /run/mysqld
chown mysql:mysql /srv/coffer/data /run/mysqld
mariadb-install-db --user=mysql --datadir=/srv/coffer/data --auth-root-authentication-method=socket --skip-test-db >/dev/null
setsid mariadbd --no-defaults --user=mysql --datadir=/srv/coffer/data --socket=/run/mysqld/mysqld.sock --bind-address=0.0.0.0 \\
  --log-bin --sync-binlog=1 --skip-name-resolve >/dev/null 2>&1 </dev/null &
until mariadb-admin ping >/dev/null 2>&1; do sleep 0.2; done
mariadb -e "CREATE DATABASE shop; CREATE USER app@'%' IDENTIFIED BY '$2'; GRANT ALL ON shop.* TO app@'%'"
`,
    async query(login) {
      const connection = await mysql.createConnection(login);
      await connection.query("SELECT 1");
      await connection.end();
    },
  },
  postgresql: {
    version: "15",
    port: 5432,
    script: `${volumeMounted}
who="setpriv --reuid postgres --regid postgres --clear-groups"
as() { $who "$@"; }
mkdir -p /srv/coffer/data /run/postgresql
chown postgres:postgres /srv/coffer/data /run/postgresql
bin=$(echo /usr/lib/postgresql/*/bin)
as "$bin/initdb" -D /srv/coffer/data --data-checksums --encoding=UTF8 --locale=C.UTF-8 >/dev/null
echo 'host all all 0.0.0.0/0 scram-sha-256' >>/srv/coffer/data/pg_hba.conf
# Not by the function: the shell that it would run in keeps the session's output open.
$who setsid "$bin/postgres" -D /srv/coffer/data -c unix_socket_directories=/run/postgresql -c "listen_addresses=*" \\
  >/dev/null 2>&1 </dev/null &
until as "$bin/pg_isready" -q -h /run/postgresql; do sleep 0.2; done
as psql -q -h /run/postgresql -d postgres -c "CREATE DATABASE shop" -c "CREATE ROLE app LOGIN PASSWORD '$2'" \\
  -c "GRANT ALL ON DATABASE shop TO app"
`,
    async query(login) {
      const client = new pg.Client(login);
      await client.connect();
      await client.query("SELECT 1");
      await client.end();
    },
  },
};

export interface ByHand {
  toFirstQuery(): Promise<void>;
  remove(): Promise<void>;
}

export function serverByHand(cloud: string, engine = "mariadb"): ByHand {
  const recipe = recipes[engine];
  if (!recipe) throw new Error(`nobody wrote down how ${engine} is set up by hand`);
  const name = `coffer-bench-${randomBytes(4).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "coffer-bench-"));
  const key = join(folder, "key");
  const openstack = async (...args: string[]) =>
    (await run("/usr/bin/openstack", ["--os-cloud", cloud, ...args])).stdout.trim();
  const id = (...args: string[]) => openstack(...args, "-f", "value", "-c", "id");
  let address = "";

  const ssh = (words: readonly string[], input = ""): Promise<number> =>
    new Promise((ended, failed) => {
      const options = [
        "UserKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=no",
        "ConnectTimeout=5",
        "LogLevel=ERROR",
      ];
      const args = ["-i", key, ...options.flatMap((option) => ["-o", option]), `coffer@${address}`, ...words];
      const child = spawn("ssh", args, { stdio: ["pipe", "ignore", "ignore"] });
      child.on("error", failed);
      child.on("close", (code) => ended(code ?? 1));
      child.stdin.end(input);
    });

  return {
    async toFirstQuery() {
      await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      await openstack("keypair", "create", "--public-key", `${key}.pub`, name);
      await openstack("security", "group", "create", name);
      for (const port of ["22", String(recipe.port)])
        await openstack("security", "group", "rule", "create", "--dst-port", port, "--protocol", "tcp", name);
      const volume = await id("volume", "create", "--size", "1", name);
      const port = await id("port", "create", "--network", "private", "--security-group", name, name);
      const image = await newestImage(openstack, engine, recipe.version);
      const options = ["--image", image, "--flavor", "m1.small", "--port", port, "--key-name", name];
      const server = await id("server", "create", ...options, "--config-drive", "True", "--wait", name);
      await openstack("server", "add", "volume", server, volume);
      address = await openstack(
        "floating",
        "ip",
        "create",
        "--port",
        port,
        "public",
        "-f",
        "value",
        "-c",
        "floating_ip_address",
      );
      const end = performance.now() + bootLimit;
      while ((await ssh(["true"])) !== 0) {
        if (performance.now() > end) throw new Error(`${address} did not answer on SSH within ${bootLimit / 1000} s`);
        await pause(500);
      }
      const password = randomBytes(12).toString("hex");
      const code = await ssh(["sudo", "sh", "-s", volume, password], recipe.script);
      if (code !== 0) throw new Error(`setting the engine up by hand failed (${code})`);
      await recipe.query({ host: address, user: "app", password, database: "shop" });
    },

    async remove() {
      const gone = (...args: string[]) => openstack(...args).catch(() => "");
      await gone("server", "delete", "--wait", name);
      if (address) await gone("floating", "ip", "delete", address);
      for (const kind of ["volume", "port", "keypair"]) await gone(kind, "delete", name);
      await gone("security", "group", "delete", name);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function newestImage(
  openstack: (...args: string[]) => Promise<string>,
  engine: string,
  version: string,
): Promise<string> {
  const properties = ["--property", `coffer_engine=${engine}`, "--property", `coffer_version=${version}`];
  const filter = [...properties, "--sort", "created_at:desc"];
  const ids = await openstack("image", "list", ...filter, "-f", "value", "-c", "ID");
  const [newest] = ids.split("\n");
  if (!newest) throw new Error(`the cloud has no image of ${engine} ${version}`);
  return newest;
}
