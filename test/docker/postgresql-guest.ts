/** A PostgreSQL guest for tests: a container of the project's own image with a volume of its own. */
import { randomBytes, randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { type Guest, volumeRoot } from "../../access/guest.ts";
import { openGuest } from "../../access/index.ts";
import { type ServerSpec, tlsFiles } from "../../engines/engine.ts";
import { connect, disconnect } from "../../engines/postgresql/connection.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";
import { ensureImage, recipeOf } from "../../images/index.ts";
import { giveCertificate } from "./tls-guest.ts";

export interface RunningServer {
  guest: Guest;
  spec: ServerSpec;
  /** The published port. */
  address: { host: string; port: number };
  /** Runs SQL as the administrator, as somebody at the server would; the rows of the last statement. */
  admin(database: string, sql: string): Promise<Record<string, unknown>[]>;
  /** What psql prints for a query over TCP, called as `coffer connect` does. */
  psql(user: string, password: string, database: string, sql: string): Promise<string>;
  remove(): Promise<void>;
}

/** A guest on a blank volume, with no server in it yet. */
export async function startGuest(version: string): Promise<RunningServer> {
  const docker = new Docker();
  const cacheDir = join(tmpdir(), "coffer-test-images");
  const image = await ensureImage(docker, recipeOf("postgresql", version), { cacheDir });
  const uuid = randomUUID();
  const name = `coffer-test-postgresql-${randomBytes(4).toString("hex")}`;
  const volume = await docker.createVolume({ Name: name });
  const container = await docker.createContainer({
    name,
    Image: image.id,
    Labels: { "coffer.instance": uuid },
    ExposedPorts: { "5432/tcp": {} },
    HostConfig: {
      Memory: 512 * MiB,
      Mounts: [{ Type: "volume", Source: name, Target: volumeRoot }],
      PortBindings: { "5432/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    },
  });
  await container.start();
  const ports = (await container.inspect()).NetworkSettings.Ports["5432/tcp"];
  const guest = await openGuest({ target: "docker", name, uuid, container: name });
  await giveCertificate(guest, postgresql);
  return {
    guest,
    spec: { uuid, version, memoryBytes: 512 * MiB, vcpus: 1, volumeBytes: 2 * GiB, parameters: {}, tls: "basic" },
    address: { host: "127.0.0.1", port: Number(ports?.[0]?.HostPort) },
    admin: (database, sql) => admin(guest, database, sql),
    psql: (user, password, database, sql) => psql(guest, user, password, database, sql),
    remove: async () => {
      await guest.close();
      await container.remove({ force: true });
      await volume.remove();
    },
  };
}

/** A guest whose server runs. */
export async function startServer(version: string): Promise<RunningServer> {
  const server = await startGuest(version);
  try {
    const observed = await postgresql.observe(server.guest, server.spec);
    for (const step of postgresql.planServer(server.spec, observed).steps)
      await postgresql.executeServer(server.guest, step, server.spec);
    await postgresql.waitHealthy(server.guest, 60_000);
    return server;
  } catch (error) {
    await server.remove();
    throw error;
  }
}

async function admin(guest: Guest, database: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connect(guest, database);
  try {
    await client.query("RESET search_path");
    // Several statements in one text answer with several results.
    const result = [await client.query<Record<string, unknown>>(sql)].flat();
    return result.at(-1)?.rows ?? [];
  } finally {
    await disconnect(client);
  }
}

async function psql(guest: Guest, user: string, password: string, database: string, sql: string): Promise<string> {
  const { argv, env } = postgresql.client({
    host: "127.0.0.1",
    port: 5432,
    user,
    password,
    database,
    authority: tlsFiles.authority,
  });
  const { stdout } = await guest.must([...argv, "--no-psqlrc", "-At", "-c", sql], { env: { ...env } });
  return stdout;
}
