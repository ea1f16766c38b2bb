/** What of a stack exists on a Docker engine: containers, volumes and networks with Coffer's labels. */
import type Docker from "dockerode";
import { GuestError } from "../guest.ts";
import type { Inventory, ObjectKind, RealObject } from "../inventory.ts";
import { asGuestError, bounded } from "./engine.ts";
import { instanceLabel, nameLabel, roleLabel, stackLabel, urnLabel } from "./labels.ts";
import { limitsOf } from "./limits.ts";

/** Milliseconds that a database server has for its clean shutdown. */
const stopLimit = 120_000;
/** Milliseconds for the engine to count a volume's bytes. */
const sizeLimit = 120_000;

type Labels = Readonly<Record<string, string>> | null | undefined;

export class DockerInventory implements Inventory {
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  async list(stackId?: string): Promise<readonly RealObject[]> {
    const what = stackId === undefined ? "the objects of all stacks" : `the objects of stack ${stackId}`;
    const filters = JSON.stringify({ label: [stackId === undefined ? stackLabel : `${stackLabel}=${stackId}`] });
    const [containers, { Volumes: volumes }, networks] = await ask(what, () =>
      Promise.all([
        this.#docker.listContainers({ all: true }),
        this.#docker.listVolumes({ filters }),
        this.#docker.listNetworks({ filters }),
      ]),
    );
    const own = containers.filter(({ Labels: { [stackLabel]: stack } }) =>
      stackId === undefined ? stack !== undefined : stack === stackId,
    );
    const servers = await Promise.all(own.map((c) => this.#server(c)));
    const objects = [
      ...servers.filter((s) => s !== undefined),
      ...(volumes ?? []).map((v) => volumeObject(v, containers)),
      ...networks.map((n) => networkObject(n, containers)),
    ];
    return objects.sort((a, b) => (a.createdAt ?? "").localeCompare(b.createdAt ?? "") || a.name.localeCompare(b.name));
  }

  async volume(id: string): Promise<RealObject | undefined> {
    const what = `the volume ${id}`;
    const info = await this.#inspectVolume(id);
    if (!info) return undefined;
    const containers = await ask(what, () => this.#docker.listContainers({ all: true }));
    // The engine tells sizes only together with everything else that uses its disk.
    const usage = await ask(`the size of ${what}`, () => this.#docker.df(), sizeLimit);
    const known = (usage.Volumes as { Name: string; UsageData?: { Size: number } }[] | null)?.find(
      (v) => v.Name === id,
    );
    const size = known?.UsageData?.Size ?? -1;
    return { ...volumeObject(info, containers), ...(size >= 0 ? { sizeBytes: size } : {}) };
  }

  async startServer(id: string): Promise<void> {
    const { container, info } = await this.#own(id);
    if (info.State.Running) return;
    await ask(`the start of container ${id}`, () => container.start());
  }

  async stopServer(id: string): Promise<void> {
    const { container, info } = await this.#own(id);
    if (!info.State.Running) return;
    const what = `the stop of container ${plainName(info.Name)}`;
    // Not the engine's own stop, which kills when its time is over.
    const gone = ended(container);
    await ask(what, () => container.kill({ signal: "SIGTERM" }));
    await bounded(gone, what, stopLimit).catch((error: unknown) => {
      if (error instanceof GuestError) {
        const words = `its server did not end within ${stopLimit / 1000} s; it was not killed and may still be shutting down`;
        throw new GuestError("timeout", `${what}: ${words}`);
      }
      throw asGuestError(error, what);
    });
  }

  async rebootServer(id: string, hard: boolean): Promise<void> {
    if (hard) await this.#cut(id);
    else await this.stopServer(id);
    await this.startServer(id);
  }

  async removeServer(id: string): Promise<void> {
    await ifPresent(async () => {
      await this.stopServer(id);
      const { container } = await this.#own(id);
      await ask(`the removal of container ${id}`, () => container.remove({ v: false, force: false }));
    });
  }

  async removeNetwork(id: string): Promise<void> {
    await ifPresent(async () => {
      const network = this.#docker.getNetwork(id);
      const info = await ask(`the network ${id}`, () => network.inspect());
      mustBeOurs(info.Labels, `the network ${info.Name}`);
      await ask(`the removal of network ${info.Name}`, () => network.remove());
    });
  }

  async remove({ kind, id, name }: RealObject): Promise<void> {
    if (kind === "server") return this.removeServer(id);
    if (kind === "network") return this.removeNetwork(id);
    throw new GuestError("failed", `the ${kind} ${name} was not removed: on Docker only servers and networks are`);
  }

  async deleteVolume(id: string): Promise<void> {
    const info = await this.#inspectVolume(id);
    if (!info) throw new GuestError("absent", `the volume ${id}: it does not exist (any more)`);
    mustBeOurs(info.Labels, `the volume ${id}`);
    const containers = await ask(`the volume ${id}`, () => this.#docker.listContainers({ all: true }));
    const { attachedTo } = volumeObject(info, containers);
    if (attachedTo.length > 0) {
      const words = `it is attached to ${attachedTo.join(", ")}; remove that first (it counts stopped or running)`;
      throw new GuestError("failed", `the volume ${id} was not deleted: ${words}`);
    }
    await ask(`the removal of volume ${id}`, () => this.#docker.getVolume(id).remove());
  }

  /** What a power cut is to a machine. */
  async #cut(id: string): Promise<void> {
    const { container, info } = await this.#own(id);
    if (!info.State.Running) return;
    const what = `the end of container ${plainName(info.Name)}`;
    const gone = ended(container);
    await ask(what, () => container.kill({ signal: "SIGKILL" }));
    await ask(what, () => gone);
  }

  async #inspectVolume(id: string): Promise<Docker.VolumeInspectInfo | undefined> {
    try {
      return await ask(`the volume ${id}`, () => this.#docker.getVolume(id).inspect());
    } catch (error) {
      if (error instanceof GuestError && error.problem === "absent") return undefined;
      throw error;
    }
  }

  /** A container of Coffer's, by id or name. */
  async #own(id: string): Promise<{ container: Docker.Container; info: Docker.ContainerInspectInfo }> {
    const container = this.#docker.getContainer(id);
    const info = await ask(`the container ${id}`, () => container.inspect());
    mustBeOurs(info.Config.Labels, `the container ${plainName(info.Name)}`);
    return { container, info };
  }

  /** Undefined when it went away since it was listed. */
  async #server(listed: Docker.ContainerInfo): Promise<RealObject | undefined> {
    try {
      const info = await ask(`the container ${listed.Id}`, () => this.#docker.getContainer(listed.Id).inspect());
      return {
        ...marked("server", listed.Id, plainName(info.Name), info.Config.Labels),
        running: info.State.Running,
        image: info.Config.Image,
        limits: limitsOf(info.HostConfig),
        ...(info.State.Running ? {} : { exitCode: info.State.ExitCode }),
        attachedTo: [],
        createdAt: new Date(info.Created).toISOString(),
      };
    } catch (error) {
      if (error instanceof GuestError && error.problem === "absent") return undefined;
      throw error;
    }
  }
}

/** Waits from before the request that ends it; who asks for that request may fail first. */
function ended(container: Docker.Container): Promise<unknown> {
  const gone = container.wait({ condition: "not-running" });
  gone.catch(() => {});
  return gone;
}

function volumeObject(info: Docker.VolumeInspectInfo, containers: readonly Docker.ContainerInfo[]): RealObject {
  const users = containers.filter((c) => c.Mounts.some((mount) => mount.Name === info.Name));
  const createdAt = (info as { CreatedAt?: string }).CreatedAt;
  return {
    ...marked("volume", info.Name, info.Name, info.Labels),
    attachedTo: users.map((c) => plainName(c.Names[0] ?? c.Id)),
    ...(createdAt ? { createdAt: new Date(createdAt).toISOString() } : {}),
  };
}

function networkObject(info: Docker.NetworkInspectInfo, containers: readonly Docker.ContainerInfo[]): RealObject {
  const users = containers.filter((c) =>
    Object.entries(c.NetworkSettings?.Networks ?? {}).some(
      ([name, n]) => n.NetworkID === info.Id || name === info.Name,
    ),
  );
  return {
    ...marked("network", info.Id, info.Name, info.Labels),
    attachedTo: users.map((c) => plainName(c.Names[0] ?? c.Id)),
    createdAt: new Date(info.Created).toISOString(),
  };
}

function marked(kind: ObjectKind, id: string, name: string, labels: Labels) {
  const label = (key: string) => labels?.[key];
  const [instance, instanceName, urnHash] = [label(instanceLabel), label(nameLabel), label(urnLabel)];
  const stack = label(stackLabel);
  return {
    kind,
    id,
    name,
    ...(stack ? { stack } : {}),
    role: label(roleLabel) ?? "",
    ...(instance ? { instance } : {}),
    ...(instanceName ? { instanceName } : {}),
    ...(urnHash ? { urnHash } : {}),
  };
}

function mustBeOurs(labels: Labels, what: string): void {
  if (labels?.[stackLabel]) return;
  throw new GuestError("failed", `${what} has no label ${stackLabel}, so it is not one of Coffer's; it is left alone`);
}

/** The engine writes container names with a slash in front. */
function plainName(name: string): string {
  return name.replace(/^\//, "");
}

async function ask<T>(what: string, question: () => Promise<T>, limit?: number): Promise<T> {
  try {
    return await bounded(question(), what, limit);
  } catch (error) {
    throw asGuestError(error, what);
  }
}

/** What should be gone, and is, is no error; also when it went while we looked. */
async function ifPresent(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GuestError && error.problem === "absent")) throw error;
  }
}
