/** A MariaDB guest for tests: a container of the project's own image with a volume of its own. */
import { randomBytes, randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { type Guest, volumeRoot } from "../../access/guest.ts";
import { openGuest } from "../../access/index.ts";
import type { Parameters, ServerSpec } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { openGuestSql, type Row } from "../../engines/mariadb/sql.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";
import { ensureImage, recipeOf } from "../../images/index.ts";
import { giveCertificate } from "./tls-guest.ts";

export interface TestGuest {
  guest: Guest;
  spec: ServerSpec;
  address: { host: string; port: number };
  /** Ends every process of the guest at once, as a power failure would, and starts it again. */
  crash(): Promise<void>;
  /** Runs SQL as the administrator, as somebody at the server would. */
  admin(statement: string): Promise<readonly Row[]>;
  remove(): Promise<void>;
}

/** A guest on a blank volume, with no server in it yet. */
export async function startGuest(version: string): Promise<TestGuest> {
  const docker = new Docker();
  const cacheDir = join(homedir(), ".cache", "coffer", "images");
  const image = await ensureImage(docker, recipeOf("mariadb", version), { cacheDir });
  const uuid = randomUUID();
  const name = `coffer-test-mariadb-${randomBytes(4).toString("hex")}`;
  const volume = await docker.createVolume({ Name: name });
  const container = await docker.createContainer({
    name,
    Image: image.id,
    Labels: { "coffer.instance": uuid },
    ExposedPorts: { "3306/tcp": {} },
    HostConfig: {
      Memory: 512 * MiB,
      Mounts: [{ Type: "volume", Source: name, Target: volumeRoot }],
      PortBindings: { "3306/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    },
  });
  await container.start();
  const published = (await container.inspect()).NetworkSettings.Ports["3306/tcp"]?.[0];
  const guest = await openGuest({ target: "docker", name, uuid, container: name });
  await giveCertificate(guest, mariadb);
  return {
    guest,
    spec: { uuid, version, memoryBytes: 512 * MiB, vcpus: 1, volumeBytes: 2 * GiB, parameters: {}, tls: "basic" },
    address: { host: "127.0.0.1", port: Number(published?.HostPort) },
    async crash() {
      await container.kill();
      await container.start();
    },
    async admin(statement) {
      const sql = await openGuestSql(guest);
      try {
        return await sql.query(statement);
      } finally {
        await sql.close();
      }
    },
    async remove() {
      await guest.close();
      await container.remove({ force: true });
      await volume.remove();
    },
  };
}

/** Plans, executes and waits; returns what was done. */
export async function apply({ guest, spec }: TestGuest, parameters: Parameters = spec.parameters) {
  const desired = { ...spec, parameters };
  const plan = mariadb.planServer(desired, await mariadb.observe(guest, desired));
  if (plan.refusals.length > 0) throw new Error(plan.refusals.join("; "));
  for (const step of plan.steps) await mariadb.executeServer(guest, step, desired);
  await mariadb.waitHealthy(guest, 60_000);
  return plan.steps;
}
