/** Instance: a machine with a data volume, and in it a database server with its databases and users. */
import * as pulumi from "@pulumi/pulumi";
import type { Engine, User } from "../engines/engine.ts";
import type { InstanceSpec } from "../spec/model.ts";
import type { Datastore } from "./datastore.ts";
import { Databases, Identity, instanceType, Server, Users } from "./resources.ts";
import type { Machine, Shared } from "./target.ts";

export interface InstanceArgs {
  spec: InstanceSpec;
  engine: Engine;
  datastore: Datastore;
  /** The target's name, as resources record it. */
  target: string;
  bind: readonly string[];
  shared: Shared;
  /** Passwords that the spec gives, by user key. */
  given: Readonly<Record<string, string>>;
}

export class Instance extends pulumi.ComponentResource {
  readonly identity: Identity;
  readonly machine: Machine;
  readonly server: Server;
  readonly databases?: Databases;
  readonly users?: Users;

  constructor(args: InstanceArgs, options?: pulumi.ComponentResourceOptions) {
    const { spec, engine, shared, datastore } = args;
    super(instanceType, spec.name, {}, options);

    this.identity = new Identity(
      `${spec.name}-identity`,
      {
        name: spec.name,
        target: args.target,
        datastore: `${spec.datastore}@${spec.version}`,
        active: datastore.active,
        portRoles: engine.ports.map((port) => port.role),
        bind: args.bind,
        fixedPorts: spec.ports,
        adopt: spec.volume.adopt,
      },
      { parent: this },
    );
    this.machine = shared.machine(spec, this.identity, datastore.image, engine.ports, this);

    const inGuest = { guest: this.machine.guest, uuid: this.identity.uuid, engine: engine.name };
    this.server = new Server(
      `${spec.name}-database-server`,
      {
        ...inGuest,
        machineId: this.machine.id,
        version: spec.version,
        memoryBytes: spec.flavor.memoryBytes,
        vcpus: spec.flavor.vcpus,
        volumeBytes: spec.volume.bytes,
        parameters: spec.parameters,
      },
      { parent: this, dependsOn: [...this.machine.ready] },
    );
    // Both are retained: removing an instance must not run DROP, and needs no living guest.
    if (spec.databases) {
      this.databases = new Databases(
        `${spec.name}-databases`,
        { ...inGuest, databases: spec.databases, drop: spec.drop },
        { parent: this, dependsOn: [this.server], retainOnDelete: true },
      );
    }
    if (spec.users) {
      this.users = new Users(
        `${spec.name}-users`,
        {
          ...inGuest,
          users: spec.users.map(withoutPassword),
          databases: databasesOf(spec),
          given: pulumi.secret({ ...args.given }),
        },
        { parent: this, dependsOn: [this.server, ...(this.databases ? [this.databases] : [])], retainOnDelete: true },
      );
    }
    this.registerOutputs({ uuid: this.identity.uuid, endpoint: this.machine.endpoint });
  }
}

const withoutPassword = ({ name, host, grants }: User): User => ({ name, host, grants });

/** The databases whose grants matter: those listed and those that users are granted. */
function databasesOf(spec: InstanceSpec): string[] {
  const listed = (spec.databases ?? []).map((database) => database.name);
  const granted = (spec.users ?? []).flatMap((user) => user.grants.map((grant) => grant.database));
  return [...new Set([...listed, ...granted])].sort();
}
