/** Instance: a machine with a data volume, and in it a database server with its databases and users. */
import * as pulumi from "@pulumi/pulumi";
import { type Engine, rootUser, userKey } from "../engines/engine.ts";
import { knownDatabases, managedUsers, withoutOwner } from "../spec/contents.ts";
import { type InstanceSpec, sizeOf } from "../spec/model.ts";
import type { Datastore } from "./datastore.ts";
import { waits } from "./held.ts";
import { type Authority, Certificate, Databases, Identity, instanceType, Server, Users } from "./resources.ts";
import type { Machine, Shared } from "./target.ts";

export interface InstanceArgs {
  spec: InstanceSpec;
  engine: Engine;
  datastore: Datastore;
  /** `datastore@version`, of those versions of it that take new instances. */
  alternatives?: readonly string[];
  /** The target's name, as resources record it. */
  target: string;
  bind: readonly string[];
  cloud?: string;
  shared: Shared;
  authority: Authority;
  /** Passwords that the spec gives, by user key. */
  given: Readonly<Record<string, string>>;
}

export class Instance extends pulumi.ComponentResource {
  readonly identity: Identity;
  readonly machine: Machine;
  readonly certificate: Certificate;
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
        ...(datastore.active ? {} : { alternatives: args.alternatives ?? [] }),
        cloud: args.cloud,
        // Without addresses to publish on, clients use the engine's own port.
        portRoles: args.bind.length ? engine.ports.map((port) => port.role) : [],
        bind: args.bind,
        fixedPorts: spec.ports,
        adopt: spec.volume.adopt,
      },
      { parent: this },
    );
    const { uuid } = this.identity;
    const database = {
      engine: engine.name,
      uuid,
      version: spec.version,
      ...sizeOf(spec.flavor),
      volumeBytes: spec.volume.bytes,
      parameters: spec.parameters,
      ...(spec.restart === "hold" ? { restart: spec.restart } : {}),
      tls: spec.tls,
      ...(Object.keys(spec.logs).length ? { logs: spec.logs } : {}),
    };
    this.machine = shared.machine({
      spec,
      identity: this.identity,
      image: datastore.image,
      portRoles: engine.ports,
      database,
      parent: this,
    });
    if (pulumi.runtime.isDryRun()) noteOlderImage(this, spec.name, this.machine.image, datastore.image.reference);

    const inGuest = { guest: this.machine.guest, uuid: this.identity.uuid, engine: engine.name };
    const { authority } = args;
    this.certificate = new Certificate(
      `${spec.name}-certificate`,
      {
        ...inGuest,
        subject: spec.name,
        names: this.machine.names.names,
        addresses: this.machine.names.addresses,
        authority: pulumi.secret(
          pulumi
            .all([authority.certificate, authority.privateKey])
            .apply(([certificate, privateKey]) => ({ certificate, privateKey })),
        ),
      },
      { parent: this, dependsOn: [...this.machine.ready] },
    );
    this.server = new Server(
      `${spec.name}-database-server`,
      { ...database, guest: this.machine.guest, machineId: this.machine.id },
      // It does not start without its certificate.
      { parent: this, dependsOn: [...this.machine.ready, this.certificate] },
    );
    // Both are retained: removing an instance must not run DROP, and needs no living guest.
    if (spec.databases && !waits(Databases.type, `${spec.name}-databases`)) {
      this.databases = new Databases(
        `${spec.name}-databases`,
        { ...inGuest, databases: spec.databases.map(withoutOwner), drop: spec.drop },
        { parent: this, dependsOn: [this.server], retainOnDelete: true },
      );
    }
    // Also where the spec lists no users: an administrator that leaves it is dropped.
    if (!waits(Users.type, `${spec.name}-users`)) {
      this.users = new Users(
        `${spec.name}-users`,
        {
          ...inGuest,
          users: managedUsers(spec),
          databases: knownDatabases(spec),
          given: pulumi.secret({ ...args.given }),
          ...generationsOf(spec, engine),
          ...keptOf(spec, engine),
          ...(spec.exclusive ? { exclusive: true } : {}),
          ...(spec.tls === "mtls" ? { tls: spec.tls } : {}),
          ...(spec.users ? {} : { unlisted: true as const }),
        },
        { parent: this, dependsOn: [this.server, ...(this.databases ? [this.databases] : [])], retainOnDelete: true },
      );
    }
    this.registerOutputs({ uuid: this.identity.uuid, endpoint: this.machine.endpoint });
  }
}

/** No apply changes the image of a machine that has data; whoever looks at a preview is told of a newer one. */
function noteOlderImage(
  instance: pulumi.Resource,
  name: string,
  image: pulumi.Output<string>,
  current: pulumi.Output<string>,
): void {
  pulumi.all([image, current]).apply(([has, now]) => {
    if (!has || !now || has === now) return undefined;
    return pulumi.log.info(`runs on image ${has}; ${now} is current: coffer rebuild ${name}`, instance);
  });
}

function generationsOf({ users = [], root }: InstanceSpec, engine: Engine): { generations?: Record<string, number> } {
  const generations = users.flatMap((user) =>
    user.password && "generate" in user.password ? [[userKey(engine, user), user.password.generate] as const] : [],
  );
  if (root?.generate !== undefined) generations.push([userKey(engine, rootUser), root.generate]);
  return generations.length ? { generations: Object.fromEntries(generations) } : {};
}

/** Users whose passwords are the server's own. */
function keptOf({ users = [] }: InstanceSpec, engine: Engine): { kept?: string[] } {
  const kept = users.filter(({ password }) => password && "keep" in password).map((user) => userKey(engine, user));
  return kept.length ? { kept } : {};
}
