/** A machine on OpenStack: a Nova server and the Cinder volumes it has. */
import { type BoundedOptions, type Machine, type MachineAddress, type MachineState, MissingError } from "../machine.ts";
import type { Cloud } from "./cloud.ts";
import { openCloud } from "./cloud-session.ts";
import { readHostKey } from "./host-key.ts";
import {
  confirmResize,
  consoleLog,
  faultOf,
  getServer,
  rebootServer,
  rebuildServer,
  resizeServer,
  revertResize,
  type Server,
  startServer,
  stopServer,
} from "./servers.ts";
import { createSnapshot, extendVolume, GiB, getVolume, type Volume } from "./volumes.ts";

export const openstackMachine = (address: MachineAddress): Machine =>
  new OpenstackMachine(openCloud({ cloud: address.cloud }), address);

class OpenstackMachine implements Machine {
  private readonly cloud: Cloud;
  private readonly address: MachineAddress;

  constructor(cloud: Cloud, address: MachineAddress) {
    this.cloud = cloud;
    this.address = address;
  }

  async state(): Promise<MachineState> {
    const server = await getServer(this.cloud, this.address.server);
    return { power: powerOf(server), words: faultOf(server) };
  }

  hostKey(options: BoundedOptions): Promise<string> {
    return readHostKey(this.cloud, this.address.server, { ...options, name: this.address.name });
  }

  console(lines: number): Promise<string> {
    return consoleLog(this.cloud, this.address.server, lines);
  }

  stop(options: BoundedOptions): Promise<void> {
    return stopServer(this.cloud, this.address.server, options);
  }

  start(options: BoundedOptions): Promise<void> {
    return startServer(this.cloud, this.address.server, options);
  }

  reboot(options: BoundedOptions): Promise<void> {
    return rebootServer(this.cloud, this.address.server, options);
  }

  async flavor(): Promise<{ id: string; unconfirmed: boolean }> {
    const { flavor, status } = await this.server();
    return { id: flavor, unconfirmed: status === "VERIFY_RESIZE" };
  }

  resize(flavor: string, options: BoundedOptions): Promise<void> {
    return resizeServer(this.cloud, this.address.server, flavor, options);
  }

  confirmResize(options: BoundedOptions): Promise<void> {
    return confirmResize(this.cloud, this.address.server, options);
  }

  revertResize(options: BoundedOptions): Promise<void> {
    return revertResize(this.cloud, this.address.server, options);
  }

  async image(): Promise<string | undefined> {
    return (await this.server()).image;
  }

  rebuild(image: string, options: BoundedOptions): Promise<void> {
    return rebuildServer(this.cloud, this.address.server, { image }, options);
  }

  async volume(volume: string): Promise<Volume> {
    const found = await getVolume(this.cloud, volume);
    if (!found) throw new MissingError(`the volume ${volume} of "${this.address.name}" does not exist any more`);
    return found;
  }

  growVolume(volume: string, bytes: number, options: BoundedOptions): Promise<void> {
    return extendVolume(this.cloud, volume, Math.ceil(bytes / GiB), options);
  }

  async snapshot(volume: string, labels: Readonly<Record<string, string>>, options: BoundedOptions): Promise<string> {
    const name = `coffer-${this.address.name}-${new Date()
      .toISOString()
      .replaceAll(/[^0-9]/g, "")
      .slice(0, 14)}`;
    return (await createSnapshot(this.cloud, volume, { name, metadata: labels }, options)).id;
  }

  private async server(): Promise<Server> {
    const { server, name } = this.address;
    const found = await getServer(this.cloud, server);
    if (!found) throw new MissingError(`the server ${server} of "${name}" does not exist any more`);
    return found;
  }
}

function powerOf(server: Server | undefined): MachineState["power"] {
  if (!server || server.status === "DELETED" || server.status === "SOFT_DELETED") return "absent";
  if (server.status === "SHUTOFF" && !server.task) return "stopped";
  return server.status === "ACTIVE" ? "running" : "other";
}
