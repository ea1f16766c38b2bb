/**
 * What somebody with the openstack client and a shell would do for one MariaDB: the same image, volume, port and floating
 * IP, then SSH, a file system, a data directory, a server, one database and one user.
 */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import mysql from "mysql2/promise";

const run = promisify(execFile);

/** The datastore version of the demo's `orders`, which it is measured against. */
const version = "10.11";
/** Milliseconds for a guest to answer on SSH. */
const bootLimit = 600_000;

const script = `set -e
device=/dev/disk/by-id/virtio-$(echo "$1" | cut -c1-20)
until [ -b "$device" ]; do sleep 0.2; done
mkfs.ext4 -q "$device"
mount "$device" /srv/coffer
mkdir -p /srv/coffer/data /run/mysqld
chown mysql:mysql /srv/coffer/data /run/mysqld
mariadb-install-db --user=mysql --datadir=/srv/coffer/data --auth-root-authentication-method=socket --skip-test-db >/dev/null
setsid mariadbd --no-defaults --user=mysql --datadir=/srv/coffer/data --socket=/run/mysqld/mysqld.sock --bind-address=0.0.0.0 \\
  --log-bin --sync-binlog=1 --skip-name-resolve >/dev/null 2>&1 </dev/null &
until mariadb-admin ping >/dev/null 2>&1; do sleep 0.2; done
mariadb -e "CREATE DATABASE shop; CREATE USER app@'%' IDENTIFIED BY '$2'; GRANT ALL ON shop.* TO app@'%'"
`;

export interface ByHand {
  toFirstQuery(): Promise<void>;
  remove(): Promise<void>;
}

export function serverByHand(cloud: string): ByHand {
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
      for (const port of ["22", "3306"])
        await openstack("security", "group", "rule", "create", "--dst-port", port, "--protocol", "tcp", name);
      const volume = await id("volume", "create", "--size", "1", name);
      const port = await id("port", "create", "--network", "private", "--security-group", name, name);
      const image = await newestImage(openstack);
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
      writeFileSync(join(folder, "set-up.sh"), script);
      const code = await ssh(["sudo", "sh", "-s", volume, password], script);
      if (code !== 0) throw new Error(`setting the engine up by hand failed (${code})`);
      const connection = await mysql.createConnection({ host: address, user: "app", password, database: "shop" });
      await connection.query("SELECT 1");
      await connection.end();
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

async function newestImage(openstack: (...args: string[]) => Promise<string>): Promise<string> {
  const properties = ["--property", "coffer_engine=mariadb", "--property", `coffer_version=${version}`];
  const filter = [...properties, "--sort", "created_at:desc"];
  const ids = await openstack("image", "list", ...filter, "-f", "value", "-c", "ID");
  const [newest] = ids.split("\n");
  if (!newest) throw new Error(`the cloud has no image of MariaDB ${version}`);
  return newest;
}
