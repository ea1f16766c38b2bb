/** What the tests of the cloud need of a real one. The cloud is the one that the environment names (OS_CLOUD and its kin). */
import { randomUUID } from "node:crypto";
import type { Cloud } from "../../access/openstack/cloud.ts";
import { deleteServer, waitForServer } from "../../access/openstack/servers.ts";
import { deleteVolume } from "../../access/openstack/volumes.ts";

/** In the name of everything made here. */
export const prefix = `cloud-${randomUUID().slice(0, 8)}`;

/** What the tiny guest writes to its console at each boot. */
export const greeting = "coffer-test: booted\r\n";

/** Work to undo, last first; a failure does not keep the rest from being undone. */
export class Undo {
  readonly #work: [what: string, undo: () => Promise<unknown>][] = [];

  later(what: string, undo: () => Promise<unknown>): void {
    this.#work.push([what, undo]);
  }

  async all(): Promise<void> {
    const failures: Error[] = [];
    for (const [what, undo] of this.#work.toReversed()) {
      await undo().catch((cause: unknown) => failures.push(new Error(`cannot undo: ${what}`, { cause })));
    }
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join("; "));
  }
}

/** Writes the greeting to the first serial port and halts: the smallest thing that boots, and it heeds no power button. */
function bootSector(): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(1024 * 1024);
  const code = [0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x15, 0x7c, 0xba, 0xf8, 0x03, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee];
  image.set([...code, 0xeb, 0xf8, 0xf4, 0xeb, 0xfd, ...Buffer.from(greeting)]);
  image.set([0x55, 0xaa], 510);
  return image;
}

export async function makeImage(cloud: Cloud, undo: Undo): Promise<string> {
  const body = {
    name: `${prefix}-image`,
    disk_format: "raw",
    container_format: "bare",
    // Nova's patience with a guest that does not shut down, in seconds.
    os_shutdown_timeout: "2",
  };
  const { id } = await cloud.call<{ id: string }>("image", "/images", { method: "POST", body });
  undo.later("the image", () => cloud.call("image", `/images/${id}`, { method: "DELETE" }));
  const content = new Blob([bootSector()]).stream();
  await cloud.upload("image", `/images/${id}/file`, content, {
    contentType: "application/octet-stream",
    timeout: 60_000,
  });
  return id;
}

export async function makeServer(
  cloud: Cloud,
  undo: Undo,
  wish: { image: string; port: string; metadata: Record<string, string> },
): Promise<string> {
  const body = {
    server: {
      name: `${prefix}-server`,
      imageRef: wish.image,
      flavorRef: await flavorId(cloud, "m1.tiny"),
      networks: [{ port: wish.port }],
      metadata: wish.metadata,
    },
  };
  const { server } = await cloud.call<{ server: { id: string } }>("compute", "/servers", { method: "POST", body });
  undo.later("the server", () => deleteServer(cloud, server.id, { timeout: 120_000 }));
  await waitForServer(cloud, server.id, { wanted: "ACTIVE", done: (s) => s.status === "ACTIVE", timeout: 300_000 });
  return server.id;
}

export async function makeVolume(
  cloud: Cloud,
  undo: Undo,
  name: string,
  metadata: Record<string, string>,
): Promise<string> {
  const body = { volume: { name, size: 1, metadata } };
  const { volume } = await cloud.call<{ volume: { id: string } }>("volume", "/volumes", { method: "POST", body });
  undo.later(`the volume ${name}`, () => deleteVolume(cloud, volume.id, { timeout: 60_000 }));
  return volume.id;
}

/** One of Neutron's things; `one` is its word in bodies. */
export async function makeOfNetwork(
  cloud: Cloud,
  undo: Undo,
  path: string,
  one: string,
  wish: object,
): Promise<string> {
  const request = { method: "POST", body: { [one]: wish } } as const;
  const made = (await cloud.call<Record<string, { id: string }>>("network", path, request))[one];
  if (!made) throw new Error(`Neutron answered without a ${one}`);
  undo.later(one, () =>
    cloud.call("network", `${path}/${made.id}`, { method: "DELETE" }).catch((error: { problem?: string }) => {
      if (error.problem !== "absent") throw error;
    }),
  );
  return made.id;
}

export async function networkId(cloud: Cloud, name: string): Promise<string> {
  const [network] = await cloud.list<{ id: string }>("network", "/networks", "networks", { query: { name } });
  if (!network) throw new Error(`the cloud has no network "${name}"`);
  return network.id;
}

export async function flavorId(cloud: Cloud, name: string): Promise<string> {
  const flavors = await cloud.list<{ id: string; name: string }>("compute", "/flavors", "flavors");
  const flavor = flavors.find((one) => one.name === name);
  if (!flavor) throw new Error(`the cloud has no flavor "${name}"`);
  return flavor.id;
}
