/** Containers and volumes for the tests of access and images: made with Coffer's labels, and removed at the end. */
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { connectDocker } from "../../access/docker/engine.ts";
import { DockerGuest } from "../../access/docker/guest.ts";
import type { Guest } from "../../access/guest.ts";
import { layout, volumeRoot } from "../../access/guest.ts";
import { ensureImage, recipeOf } from "../../images/index.ts";

export const docker: Docker = connectDocker();
export const cacheDir = join(tmpdir(), "coffer-test-images");

/** Everything a test file makes belongs to this stack. */
export const stackId = `access-${randomUUID()}`;

export interface EngineFixture {
  engine: string;
  version: string;
  /** Makes a data directory and the least configuration, on a blank volume. */
  prepare(guest: Guest): Promise<void>;
  /** Runs SQL as the administrator; prints bare values. */
  sql(guest: Guest, statement: string): Promise<string>;
  /** A client that is connected, idle, and stays so. */
  idleClient: { argv: readonly string[]; user: string; hello: string; answer: string };
  cleanEnd: RegExp;
}

export const mariadb: EngineFixture = {
  engine: "mariadb",
  version: "10.11",
  async prepare(guest) {
    const conf = `[mysqld]\ndatadir=${layout.data}\nsocket=/run/mysqld/mysqld.sock\nskip-networking\nuser=mysql\n`;
    await guest.must(["install", "-d", "-o", "mysql", "-g", "mysql", "-m", "0700", layout.data]);
    await guest.must(["mariadb-install-db", "--no-defaults", `--datadir=${layout.data}`, "--user=mysql"]);
    await guest.putFile(`${layout.conf}/mariadb.cnf`, conf);
  },
  async sql(guest, statement) {
    const argv = ["mariadb", "--batch", "--skip-column-names", "--connect-timeout=5"];
    return (await guest.must(argv, { stdin: statement })).stdout.trim();
  },
  idleClient: {
    argv: ["mariadb", "--batch", "--skip-column-names", "--unbuffered"],
    user: "root",
    hello: "SELECT 'hello';\n",
    answer: "hello\n",
  },
  cleanEnd: /mariadbd: Shutdown complete/,
};

export const postgresql: EngineFixture = {
  engine: "postgresql",
  version: "15",
  async prepare(guest) {
    const conf = [
      "listen_addresses = ''",
      `hba_file = '${layout.data}/pg_hba.conf'`,
      `ident_file = '${layout.data}/pg_ident.conf'`,
      "unix_socket_directories = '/run/postgresql'",
    ];
    await guest.must(["install", "-d", "-o", "postgres", "-g", "postgres", "-m", "0700", layout.data]);
    await guest.must(["initdb", "-D", layout.data, "--auth=peer"], { user: "postgres" });
    await guest.putFile(`${layout.conf}/postgresql.conf`, `${conf.join("\n")}\n`);
  },
  async sql(guest, statement) {
    const argv = ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"];
    return (await guest.must(argv, { user: "postgres", stdin: statement })).stdout.trim();
  },
  idleClient: {
    argv: ["psql", "-X", "-A", "-t", "-q"],
    user: "postgres",
    hello: "SELECT 'hello';\n",
    answer: "hello\n",
  },
  cleanEnd: /database system is shut down/,
};

export interface Made {
  guest: DockerGuest;
  container: Docker.Container;
  name: string;
  uuid: string;
  volume: string;
}

/** A running container of the engine's image, on a new volume or the one given. */
export async function makeGuest(
  { engine, version }: Pick<EngineFixture, "engine" | "version">,
  options: { volume?: string; restart?: string } = {},
): Promise<Made> {
  const image = await ensureImage(docker, recipeOf(engine, version), { cacheDir });
  const uuid = randomUUID();
  const name = `access-${uuid}`;
  const labels = {
    "coffer.stack": stackId,
    "coffer.instance": uuid,
    "coffer.name": "orders",
    "coffer.urn": "0123456789abcdef",
  };
  const volume = options.volume ?? name;
  if (!options.volume) await docker.createVolume({ Name: name, Labels: { ...labels, "coffer.role": "data" } });
  const container = await docker.createContainer({
    name,
    Image: image.name,
    Labels: { ...labels, "coffer.role": "server" },
    HostConfig: {
      Mounts: [{ Type: "volume", Source: volume, Target: volumeRoot }],
      RestartPolicy: { Name: options.restart ?? "no" },
      NetworkMode: "none",
    },
  });
  await container.start();
  const guest = new DockerGuest(docker, { target: "docker", name: "orders", uuid, container: name });
  return { guest, container, name, uuid, volume };
}

/** Removes all that this test file made; data too. */
export async function removeAll(): Promise<void> {
  const filters = JSON.stringify({ label: [`coffer.stack=${stackId}`] });
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: false });
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes) await docker.getVolume(Name).remove();
}

/** Asks until the answer is there; at most 60 s. */
export async function eventually<T>(what: string, question: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 60_000;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await question();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within 60 s`, { cause: last });
}
