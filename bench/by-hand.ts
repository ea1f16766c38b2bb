/**
 * The same engine set up by hand, as fast as a shell script does it: a container with a volume, a data directory, a
 * server that answers, one database and one user. What Coffer's first `up` is measured against.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { docker } from "../test/support/checkout.ts";

const run = promisify(execFile);

const scripts: Readonly<Record<string, string>> = {
  mariadb: `set -e
    mkdir -p /srv/coffer/data /run/mysqld && chown mysql:mysql /srv/coffer/data /run/mysqld
    mariadb-install-db --user=mysql --datadir=/srv/coffer/data --auth-root-authentication-method=socket --skip-test-db >/dev/null
    mariadbd --no-defaults --user=mysql --datadir=/srv/coffer/data --socket=/run/mysqld/mysqld.sock --log-bin --sync-binlog=1 >/dev/null 2>&1 &
    until mariadb-admin ping >/dev/null 2>&1; do sleep 0.1; done
    mariadb -e "CREATE DATABASE shop; CREATE USER app@'%' IDENTIFIED BY 'x'; GRANT ALL ON shop.* TO app@'%'"`,
  postgresql: `set -e
    as() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
    mkdir -p /srv/coffer/data /run/postgresql && chown postgres:postgres /srv/coffer/data /run/postgresql
    bin=$(echo /usr/lib/postgresql/*/bin)
    as "$bin/initdb" -D /srv/coffer/data --data-checksums --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    as "$bin/postgres" -D /srv/coffer/data -c unix_socket_directories=/run/postgresql >/dev/null 2>&1 &
    until as "$bin/pg_isready" -q -h /run/postgresql; do sleep 0.1; done
    as psql -q -h /run/postgresql -d postgres -c "CREATE DATABASE shop" -c "CREATE ROLE app LOGIN PASSWORD 'x'" -c "GRANT ALL ON DATABASE shop TO app"`,
};

/** `image` is the one that Coffer uses. Everything made is removed again; the removal is not part of a first up. */
export async function initialiseByHand(engine: string, image: string): Promise<() => Promise<void>> {
  const name = `coffer-bench-${randomBytes(4).toString("hex")}`;
  await run("docker", [
    "run",
    "-d",
    "--name",
    name,
    "-v",
    `${name}:/srv/coffer`,
    "--memory",
    "512m",
    "--cpus",
    "1",
    "--entrypoint",
    "sleep",
    image,
    "600",
  ]);
  await run("docker", ["exec", name, "sh", "-c", scripts[engine] ?? ""]);
  return async () => {
    await docker.getContainer(name).remove({ force: true });
    await docker.getVolume(name).remove();
  };
}
