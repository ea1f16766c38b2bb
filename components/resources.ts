/** The resources of Coffer's own provider, as Pulumi classes. What they do is in `provider/resources/`. */
import * as pulumi from "@pulumi/pulumi";
import type { GuestAddress } from "../access/guest.ts";
import type { Database, Parameters, TlsMode, User } from "../engines/engine.ts";
import type { LogSettings } from "../engines/logs.ts";
import type { MachineDatabase } from "./target.ts";

/** The component that all resources of an instance are children of. */
export const instanceType = "coffer:components:Instance";

export interface IdentityArgs {
  name: string;
  target: string;
  /** Which of several clouds. */
  cloud?: string;
  /** With its version, for messages. */
  datastore: string;
  /** False: the version takes no new instances. */
  active: boolean;
  /** Versions of the same datastore that take new instances, for messages; where this one takes none. */
  alternatives?: readonly string[];
  /** Port roles of the engine, each published. */
  portRoles: readonly string[];
  bind: readonly string[];
  fixedPorts: Readonly<Record<string, number>>;
  /** A retained volume whose data the instance takes over; its uuid becomes the instance's. */
  adopt?: string;
}

export class Identity extends pulumi.CustomResource {
  declare readonly uuid: pulumi.Output<string>;
  declare readonly ports: pulumi.Output<Record<string, number>>;
  /** The volume that was taken over when the instance was made, or "". */
  declare readonly adopted: pulumi.Output<string>;
  constructor(name: string, args: IdentityArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:index:Identity", name, { ...args, uuid: undefined, ports: undefined, adopted: undefined }, options);
  }
}

export interface LimitsArgs {
  guest: pulumi.Output<GuestAddress>;
  machineId: pulumi.Input<string>;
  cpus: number;
  memoryBytes: number;
}

export class Limits extends pulumi.CustomResource {
  constructor(name: string, args: LimitsArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:Limits", name, { ...args }, options);
  }
}

/** The key that Coffer logs in to a stack's guests with. */
export class LoginKey extends pulumi.CustomResource {
  declare readonly publicKey: pulumi.Output<string>;
  declare readonly privateKey: pulumi.Output<string>;
  constructor(name: string, args: { comment: string }, options: pulumi.CustomResourceOptions) {
    const outputs = { publicKey: undefined, privateKey: undefined };
    super("coffer:index:LoginKey", name, { ...args, ...outputs }, options);
  }
}

/** The host key that a machine is given in its user-data, for its first connection only. */
export class BootKey extends pulumi.CustomResource {
  declare readonly publicKey: pulumi.Output<string>;
  declare readonly privateKey: pulumi.Output<string>;
  constructor(name: string, args: { comment: string }, options: pulumi.CustomResourceOptions) {
    const outputs = { publicKey: undefined, privateKey: undefined };
    super("coffer:index:BootKey", name, { ...args, ...outputs }, options);
  }
}

export interface HostKeyArgs {
  target: string;
  cloud?: string;
  /** The instance's, for messages. */
  name: string;
  server: pulumi.Input<string>;
  image: pulumi.Input<string>;
  /** The number of the rebuild that is asked for. */
  rebuilt?: string;
  /** How it is learnt. */
  way: "console" | "user-data";
  /** The public half of what its user-data gives it. */
  bootKey?: pulumi.Output<string>;
  /** Without a host key. */
  guest: pulumi.Output<GuestAddress>;
}

export class HostKey extends pulumi.CustomResource {
  declare readonly hostKey: pulumi.Output<string>;
  constructor(name: string, args: HostKeyArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:HostKey", name, { ...args, hostKey: undefined }, options);
  }
}

export interface OwnHostKeyArgs {
  guest: pulumi.Output<GuestAddress>;
  hostKey: pulumi.Output<string>;
  bootKey: pulumi.Output<string>;
}

/** Puts a guest's own host key in the place of the one from its user-data. */
export class OwnHostKey extends pulumi.CustomResource {
  /** As given: who needs it needs it in place. */
  declare readonly hostKey: pulumi.Output<string>;
  constructor(name: string, args: OwnHostKeyArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:OwnHostKey", name, { ...args }, options);
  }
}

export interface SoftwareArgs {
  guest: pulumi.Output<GuestAddress>;
  machineId: pulumi.Input<string>;
  engine: string;
  version: string;
}

/** What makes a guest of a machine whose image is no guest's. */
export class Software extends pulumi.CustomResource {
  /** The hash of what was installed. */
  declare readonly recipe: pulumi.Output<string>;
  constructor(name: string, args: SoftwareArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:Software", name, { ...args, recipe: undefined }, options);
  }
}

export interface VolumeArgs {
  guest: pulumi.Output<GuestAddress>;
  server: pulumi.Input<string>;
  machineId: pulumi.Input<string>;
  attachment: pulumi.Input<string>;
  volume: pulumi.Input<string>;
  bytes: number;
  volumeType?: string | undefined;
  volumeZone?: string | undefined;
}

export class Volume extends pulumi.CustomResource {
  constructor(name: string, args: VolumeArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:Volume", name, { ...args }, options);
  }
}

export interface SizeArgs {
  guest: pulumi.Output<GuestAddress>;
  server: pulumi.Input<string>;
  flavor: string;
  flavorName: string;
  /** What the database server is to be on that flavor. */
  database: MachineDatabase;
}

export class Size extends pulumi.CustomResource {
  constructor(name: string, args: SizeArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:Size", name, { ...args }, options);
  }
}

interface InGuestArgs {
  /** How to reach the guest; a secret. A change of it alone is no difference. */
  guest: pulumi.Output<GuestAddress>;
  uuid: pulumi.Input<string>;
  engine: string;
}

/** The certificate authority of a stack. */
export class Authority extends pulumi.CustomResource {
  declare readonly certificate: pulumi.Output<string>;
  declare readonly privateKey: pulumi.Output<string>;
  constructor(name: string, args: { name: string }, options: pulumi.CustomResourceOptions) {
    super("coffer:index:Authority", name, { ...args, certificate: undefined, privateKey: undefined }, options);
  }
}

export interface CertificateArgs extends InGuestArgs {
  subject: string;
  names: pulumi.Input<string[]>;
  addresses: pulumi.Input<string[]>;
  /** The stack's; a secret. */
  authority: pulumi.Input<{ certificate: string; privateKey: string }>;
}

export class Certificate extends pulumi.CustomResource {
  declare readonly expires: pulumi.Output<string>;
  constructor(name: string, args: CertificateArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:Certificate", name, { ...args, certificate: undefined, expires: undefined }, options);
  }
}

export interface ServerArgs extends InGuestArgs {
  /** The machine's id: a new machine under the same data needs its server configured and started again. */
  machineId: pulumi.Input<string>;
  version: string;
  memoryBytes: number;
  vcpus: number;
  volumeBytes: number;
  parameters: Parameters;
  /** Absent: restarts are allowed. */
  restart?: "hold";
  tls: TlsMode;
  /** Absent: the error log alone. */
  logs?: LogSettings;
}

export class Server extends pulumi.CustomResource {
  declare readonly tls: pulumi.Output<TlsMode>;
  declare readonly parameters: pulumi.Output<Parameters>;
  declare readonly serverVersion: pulumi.Output<string>;
  declare readonly pendingRestart: pulumi.Output<string[]>;
  constructor(name: string, args: ServerArgs, options: pulumi.CustomResourceOptions) {
    super("coffer:guest:Server", name, { ...args, serverVersion: undefined, pendingRestart: undefined }, options);
  }
}

export interface DatabasesArgs extends InGuestArgs {
  databases: readonly Database[];
  /** Databases that may be dropped when they are no longer listed. */
  drop: readonly string[];
}

export class Databases extends pulumi.CustomResource {
  static readonly type = "coffer:guest:Databases";
  declare readonly databases: pulumi.Output<Database[]>;
  constructor(name: string, args: DatabasesArgs, options: pulumi.CustomResourceOptions) {
    super(Databases.type, name, { ...args }, options);
  }
}

export interface UsersArgs extends InGuestArgs {
  users: readonly User[];
  /** All databases whose grants are looked at. */
  databases: readonly string[];
  /** Passwords that the spec gives, by user key; the others are generated. */
  given: pulumi.Output<Record<string, string>>;
  /** By user key: another number has another password generated. */
  generations?: Readonly<Record<string, number>>;
  /** User keys: their passwords are the server's own. */
  kept?: readonly string[];
  /** True: users that are not listed are dropped. */
  exclusive?: true;
  /** Under `mtls` each user needs its certificate. */
  tls?: "mtls";
  /** True: the spec says nothing of users; all but the administrator are left alone. */
  unlisted?: true;
}

export class Users extends pulumi.CustomResource {
  static readonly type = "coffer:guest:Users";
  declare readonly users: pulumi.Output<User[]>;
  declare readonly passwords: pulumi.Output<Record<string, string>>;
  /** Once there was an administrator, and for ever. */
  declare readonly rootEnabledEver: pulumi.Output<boolean>;
  constructor(name: string, args: UsersArgs, options: pulumi.CustomResourceOptions) {
    super(Users.type, name, { ...args, passwords: undefined, rootEnabledEver: undefined }, options);
  }
}
