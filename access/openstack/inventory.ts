/** What of a stack exists in an OpenStack project: everything with Coffer's marks. */
import { GuestError } from "../guest.ts";
import type { Inventory, RealObject } from "../inventory.ts";
import { asGuestError } from "./addresses.ts";
import { type Cloud, CloudError } from "./cloud.ts";
import { openCloud } from "./cloud-session.ts";
import { unlessAbsent } from "./cloud-wait.ts";
import { type Marks, marksOfDescription, marksOfMetadata, stackKey } from "./inventory-marks.ts";
import {
  type Described,
  lookAtNetwork,
  type NetworkKind,
  type NeutronPort,
  networkObjects,
  neutronNames,
} from "./inventory-network.ts";
import {
  deleteServer,
  faultOf,
  getServer,
  listServers,
  rebootServer,
  type Server,
  startServer,
  stopServer,
} from "./servers.ts";
import {
  deleteSnapshot,
  deleteVolume,
  findVolume,
  getSnapshot,
  listSnapshots,
  listVolumes,
  type Snapshot,
  type Volume,
} from "./volumes.ts";

/** Milliseconds. Nova waits 180 s for a guest of Coffer's images (os_shutdown_timeout) before it pulls the plug. */
const stopLimit = 240_000;
const startLimit = 300_000;
const removeLimit = 300_000;

/** Opens the cloud; the first question logs in. */
export function openstackInventory(choice: { cloud?: string | undefined }): Inventory {
  return new OpenstackInventory(openCloud(choice));
}

export class OpenstackInventory implements Inventory {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Seven questions, whatever the stack's size, and one for each server that failed. */
  async list(stackId?: string): Promise<readonly RealObject[]> {
    const what = stackId === undefined ? "the objects of all stacks" : `the objects of stack ${stackId}`;
    const [servers, volumes, snapshots, network] = await this.#ask(what, () =>
      Promise.all([
        listServers(this.#cloud),
        listVolumes(this.#cloud),
        listSnapshots(this.#cloud),
        lookAtNetwork(this.#cloud),
      ]),
    ).catch(neverAbsent);
    const names = new Map(servers.map(({ id, name }) => [id, name]));
    const volumeNames = new Map(volumes.map(({ id, name }) => [id, name]));
    const ours = <T extends { metadata: Readonly<Record<string, string>> }>(one: T) => {
      const stack = marksOfMetadata(one.metadata)?.stack;
      return stackId === undefined ? stack !== undefined : stack === stackId;
    };
    const objects = [
      ...(await this.#withFaults(servers.filter(ours))).map(serverObject),
      ...volumes.filter(ours).map((volume) => volumeObject(volume, names)),
      ...snapshots.filter(ours).map((snapshot) => snapshotObject(snapshot, volumeNames)),
      ...networkObjects(network, stackId, names),
    ];
    return objects.sort((a, b) => (a.createdAt ?? "").localeCompare(b.createdAt ?? "") || a.name.localeCompare(b.name));
  }

  /** Nova's list leaves out why a server failed that never came to a host. */
  #withFaults(servers: readonly Server[]): Promise<Server[]> {
    const mute = ({ status, fault }: Server) => status === "ERROR" && fault === undefined;
    const look = (server: Server) => getServer(this.#cloud, server.id).catch(() => undefined);
    return Promise.all(servers.map(async (server) => (mute(server) ? ((await look(server)) ?? server) : server)));
  }

  async volume(id: string): Promise<RealObject | undefined> {
    return this.#ask(`the volume ${id}`, async () => {
      const volume = await findVolume(this.#cloud, id);
      return volume && volumeObject(volume, await this.#serverNames(volume));
    });
  }

  async startServer(id: string): Promise<void> {
    await this.#ownServer(id);
    await this.#ask(`the start of server ${id}`, () => startServer(this.#cloud, id, { timeout: startLimit }));
  }

  async stopServer(id: string): Promise<void> {
    const { name } = await this.#ownServer(id);
    const what = `the stop of server ${name} (${id})`;
    await this.#ask(what, () => stopServer(this.#cloud, id, { timeout: stopLimit }));
  }

  async rebootServer(id: string, hard: boolean): Promise<void> {
    const { name } = await this.#ownServer(id);
    const what = `the reboot of server ${name} (${id})`;
    await this.#ask(what, () => rebootServer(this.#cloud, id, { timeout: startLimit }, hard));
  }

  async removeServer(id: string): Promise<void> {
    await ifPresent(async () => {
      const server = await this.#ownServer(id);
      // In ERROR, or half-made, there is nothing that could shut down; without a volume, nothing that could be lost.
      if (server.status === "ACTIVE" && server.volumes.length > 0) await this.stopServer(id);
      const what = `the removal of server ${server.name} (${id})`;
      await this.#ask(what, () => deleteServer(this.#cloud, id, { timeout: removeLimit }));
    });
  }

  /** Networks are the cloud's, never ours. */
  async removeNetwork(): Promise<void> {}

  async remove(object: RealObject): Promise<void> {
    const { kind, id, name, role } = object;
    if (kind === "volume" || kind === "network" || role === "data") {
      const words = kind === "network" ? "networks are the cloud's" : "data goes only by its own command";
      throw new GuestError("failed", `the ${kind} ${name} (${id}) was not removed: ${words}`);
    }
    await ifPresent(async () => {
      if (kind === "server") {
        mustBeSame(object, marksOfMetadata((await this.#ownServer(id)).metadata));
        await this.removeServer(id);
      } else if (kind === "snapshot") await this.#removeSnapshot(object);
      else await this.#removeOfNetwork(object, kind);
    });
  }

  async deleteVolume(id: string): Promise<void> {
    const what = `the volume ${id}`;
    await this.#ask(what, async () => {
      const volume = await findVolume(this.#cloud, id);
      if (!volume) throw new GuestError("absent", `${what}: it does not exist (any more)`);
      mustBeOurs(marksOfMetadata(volume.metadata), what);
      const refusal = await this.#whyKept(volume);
      if (refusal) throw new GuestError("failed", `${what} was not deleted: ${refusal}`);
      await deleteVolume(this.#cloud, volume.id, { timeout: removeLimit });
    });
  }

  async #whyKept(volume: Volume): Promise<string | undefined> {
    const { attachedTo } = volumeObject(volume, await this.#serverNames(volume));
    if (attachedTo.length > 0) {
      return `it is attached to ${attachedTo.join(", ")}; remove that first (it counts stopped or running)`;
    }
    if (!/^(available|error)/.test(volume.status)) return `it is ${volume.status}; wait until it is available`;
    const snapshots = await listSnapshots(this.#cloud, { volume: volume.id });
    const names = snapshots.map(({ id, name }) => (name ? `${name} (${id})` : id));
    return names.length > 0 ? `it has snapshots: ${names.join(", ")}; remove those first` : undefined;
  }

  async #removeSnapshot(object: RealObject): Promise<void> {
    const what = `the snapshot ${object.name} (${object.id})`;
    await this.#ask(what, async () => {
      const snapshot = await getSnapshot(this.#cloud, object.id);
      if (!snapshot) return;
      mustBeSame(object, marksOfMetadata(snapshot.metadata));
      await deleteSnapshot(this.#cloud, object.id, { timeout: removeLimit });
    });
  }

  async #removeOfNetwork(object: RealObject, kind: NetworkKind): Promise<void> {
    const { path, one } = neutronNames[kind];
    const place = `${path}/${encodeURIComponent(object.id)}`;
    const what = `the ${kind} ${object.name} (${object.id})`;
    await this.#ask(what, async () => {
      const answer = await unlessAbsent(this.#cloud.call<Record<string, Described>>("network", place));
      const seen = answer?.[one];
      if (!seen) return;
      mustBeSame(object, marksOfDescription(seen.description));
      // Neutron would take it from a running server without asking.
      const server = kind === "port" ? (seen as NeutronPort).device_id : "";
      if (server)
        throw new GuestError("failed", `${what} was not removed: the server ${server} has it; remove that first`);
      await unlessAbsent(this.#cloud.call("network", place, { method: "DELETE" }));
    });
  }

  /** A server of Coffer's. */
  async #ownServer(id: string): Promise<Server> {
    const what = `the server ${id}`;
    const server = await this.#ask(what, () => getServer(this.#cloud, id));
    if (!server) throw new GuestError("absent", `${what}: it does not exist (any more) on cloud "${this.#cloud.name}"`);
    mustBeOurs(marksOfMetadata(server.metadata), `${what} (${server.name})`);
    return server;
  }

  async #serverNames(volume: Volume): Promise<Map<string, string>> {
    const servers = await Promise.all(volume.attachments.map(({ server }) => getServer(this.#cloud, server)));
    return new Map(servers.flatMap((server) => (server ? [[server.id, server.name] as const] : [])));
  }

  async #ask<T>(what: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      // A guest that could not be reached in time is something else than a cloud that took too long.
      if (error instanceof CloudError && error.problem === "timeout") {
        throw new GuestError("timeout", `${what}: ${error.message}`, { cause: error });
      }
      throw asGuestError(error, what, this.#cloud);
    }
  }
}

/** By Nova's status. */
const busy: Readonly<Record<string, RealObject["busy"]>> = {
  BUILD: "build",
  REBUILD: "build",
  REBOOT: "reboot",
  HARD_REBOOT: "reboot",
  RESIZE: "resize",
  VERIFY_RESIZE: "resize",
  REVERT_RESIZE: "resize",
};

function serverObject(server: Server): RealObject {
  return {
    kind: "server",
    id: server.id,
    name: server.name,
    ...ownMarks(server.metadata),
    running: server.status === "ACTIVE",
    state: faultOf(server),
    ...(busy[server.status] ? { busy: busy[server.status] } : {}),
    ...(server.image === undefined ? {} : { image: server.image }),
    flavor: server.flavor,
    ...(server.tags ? { tags: server.tags } : {}),
    addresses: server.addresses.map(({ kind, address }) => ({ kind, address })),
    ...(server.status === "ERROR" && !server.task ? { broken: faultOf(server) } : {}),
    attachedTo: [],
    createdAt: server.createdAt,
  };
}

function volumeObject(volume: Volume, servers: ReadonlyMap<string, string>): RealObject {
  return {
    kind: "volume",
    id: volume.id,
    name: volume.name,
    ...ownMarks(volume.metadata),
    attachedTo: volume.attachments.map(({ server }) => servers.get(server) ?? server),
    servers: volume.attachments.map(({ server }) => server),
    ...(volume.status === "error" ? { broken: "its status is error" } : {}),
    sizeBytes: volume.bytes,
    createdAt: volume.createdAt,
  };
}

function snapshotObject(snapshot: Snapshot, volumes: ReadonlyMap<string, string>): RealObject {
  return {
    kind: "snapshot",
    id: snapshot.id,
    name: snapshot.name,
    ...ownMarks(snapshot.metadata),
    attachedTo: [volumes.get(snapshot.volume) ?? snapshot.volume],
    sizeBytes: snapshot.bytes,
    createdAt: snapshot.createdAt,
  };
}

function ownMarks(metadata: Readonly<Record<string, string>>): Partial<Marks> & Pick<Marks, "role"> {
  return marksOfMetadata(metadata) ?? { role: "" };
}

function mustBeOurs(marks: Marks | undefined, what: string): void {
  if (marks) return;
  throw new GuestError("failed", `${what} has no mark ${stackKey}, so it is not one of Coffer's; it is left alone`);
}

/** What has an id may have been given to something else since it was listed. */
function mustBeSame(object: RealObject, marks: Marks | undefined): void {
  const what = `the ${object.kind} ${object.name} (${object.id})`;
  mustBeOurs(marks, what);
  const same = marks?.role === object.role && marks.instance === object.instance && marks.urnHash === object.urnHash;
  if (!same) throw new GuestError("failed", `${what} bears other marks than when it was listed; it is left alone`);
}

/** A list that is not there proves nothing about what would be in it. */
function neverAbsent(error: unknown): never {
  if (!(error instanceof GuestError && error.problem === "absent")) throw error;
  throw new GuestError("failed", error.message, { cause: error });
}

/** What should be gone, and is, is no error; also when it went while we looked. */
async function ifPresent(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GuestError && error.problem === "absent")) throw error;
  }
}
