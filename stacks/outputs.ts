/** The outputs of a stack: what commands, other stacks and applications read. Secrets lie apart from what is plain. */
import * as pulumi from "@pulumi/pulumi";
import type { GuestAddress } from "../access/guest.ts";
import type { Instance } from "../components/instance.ts";
import type { Authority } from "../components/resources.ts";
import type { User } from "../engines/engine.ts";
import { type InstanceSpec, type StackSpec, sizeOf } from "../spec/model.ts";

export interface StackOutputs {
  /** What is known of each instance, without secrets. */
  instances: Record<string, unknown>;
  /** How to reach each guest. */
  guests: Record<string, pulumi.Output<GuestAddress>>;
  /** The passwords of each instance's users, by user key. */
  passwords: pulumi.Output<Record<string, Record<string, string>>>;
}

/** What issues certificates: a secret. */
export function authorityOutput({ certificate, privateKey }: Authority): pulumi.Output<unknown> {
  return pulumi.secret({ certificate, privateKey });
}

export function stackOutputs(
  stack: StackSpec,
  made: readonly { spec: InstanceSpec; component: Instance }[],
): StackOutputs {
  const instances: Record<string, unknown> = {};
  const guests: Record<string, pulumi.Output<GuestAddress>> = {};
  const passwords: Record<string, pulumi.Input<Record<string, string>>> = {};
  for (const { spec, component } of made) {
    instances[spec.name] = describe(stack, spec, component);
    guests[spec.name] = component.machine.guest;
    passwords[spec.name] = component.users?.passwords ?? {};
  }
  return { instances, guests, passwords: pulumi.secret(passwords) as StackOutputs["passwords"] };
}

function describe(stack: StackSpec, spec: InstanceSpec, component: Instance): Record<string, unknown> {
  // What the resources have, which is not what the spec says where a change has to wait.
  const { identity, machine, server, databases, users } = component;
  return {
    uuid: identity.uuid,
    name: spec.name,
    kind: "instance",
    target: stack.target.kind,
    datastore: spec.datastore,
    datastoreVersion: spec.version,
    engine: spec.engine,
    flavor: spec.flavor.name,
    ...sizeOf(spec.flavor),
    volumeBytes: spec.volume.bytes,
    volume: machine.volume,
    configuration: spec.configuration ?? null,
    parameters: server.parameters,
    restart: spec.restart,
    datastoreActive: isActive(stack, spec),
    serverVersion: server.serverVersion,
    tls: server.tls,
    logs: spec.logs,
    certificateExpires: component.certificate.expires,
    pendingRestart: server.pendingRestart,
    endpoint: machine.endpoint,
    databases: databases?.databases.apply((all) => all.map((database) => database.name)) ?? [],
    users: users?.users.apply((all) => all.filter((user) => !user.administrator).map(userRecord)) ?? [],
    root: users?.users.apply((all) => all.some((user) => user.administrator)) ?? false,
    rootEnabledEver: users?.rootEnabledEver ?? false,
  };
}

function userRecord({ name, host, grants }: User): Record<string, unknown> {
  return { name, host, databases: grants.map((grant) => grant.database), grants };
}

function isActive({ datastores }: StackSpec, { datastore, version }: InstanceSpec): boolean {
  return datastores.some((one) => one.datastore === datastore && one.version === version && one.active);
}
