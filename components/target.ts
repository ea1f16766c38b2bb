/** What a target (Docker, OpenStack) gives the components: images, a network of the stack, machines with a volume. */
import type * as pulumi from "@pulumi/pulumi";
import type { GuestAddress } from "../access/guest.ts";
import type { Parameters, TlsMode } from "../engines/engine.ts";
import type { LogSettings } from "../engines/logs.ts";
import type { DatastoreVersion, InstanceSpec, StackSpec } from "../spec/model.ts";
import type { Identity } from "./resources.ts";

/** Where clients connect. With one server both are the same; a replica set has different ones. */
export interface Endpoint {
  writer: Address;
  reader: Address;
}

export interface Address {
  host: string;
  port: number;
}

/** A machine with its data volume: what an instance stands on. */
export interface Machine {
  /** The real object's id; changes when the machine is made anew. */
  id: pulumi.Output<string>;
  guest: pulumi.Output<GuestAddress>;
  endpoint: pulumi.Output<Endpoint>;
  /** All that clients may call it: host names, and addresses. */
  names: pulumi.Output<{ names: string[]; addresses: string[] }>;
  /** The data volume's name in the target. */
  volume: pulumi.Output<string>;
  /** The image that it was made from, as `Image.reference` has it. */
  image: pulumi.Output<string>;
  /** What the database server needs to be there before it starts. */
  ready: readonly pulumi.Resource[];
}

export interface StackIdentity {
  /** Random, made at the first apply; on every object of the stack. */
  stackId: string;
  stack: string;
}

/** An image that machines start from. */
export interface Image {
  /** What the target starts a machine from (Docker: a name; OpenStack: an id). */
  reference: pulumi.Output<string>;
  /** A plain operating system: the database server is installed in each machine. */
  stock?: boolean;
}

export interface Target {
  /** The addresses that ports are published on, when the target publishes ports on this host; else empty. */
  bind: readonly string[];
  /** Which of several clouds, where there are several. */
  cloud?: string;
  image(datastore: DatastoreVersion, parent: pulumi.Resource): Image;
  /** Made once for each stack: what the machines share. */
  shared(identity: StackIdentity): Shared;
}

/** A target that has settled what only it can know. */
export interface OpenTarget {
  /** With the sizes of all flavors. */
  spec: StackSpec;
  target: Target;
}

/** What the database server of a machine is to be; a machine that changes its size needs it again. */
export interface MachineDatabase {
  engine: string;
  uuid: pulumi.Output<string>;
  version: string;
  memoryBytes: number;
  vcpus: number;
  volumeBytes: number;
  parameters: Parameters;
  restart?: "hold";
  tls: TlsMode;
  logs?: LogSettings;
}

export interface MachineArgs {
  spec: InstanceSpec;
  identity: Identity;
  image: Image;
  portRoles: readonly { role: string; port: number }[];
  database: MachineDatabase;
  parent: pulumi.Resource;
}

export interface Shared {
  machine(args: MachineArgs): Machine;
}
