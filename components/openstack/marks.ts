/**
 * Names and marks of everything that Coffer makes in a cloud. They are a contract: clean-up and the mending of interrupted
 * runs find objects by these marks.
 */
import * as pulumi from "@pulumi/pulumi";
import { version } from "../../version.ts";
import { short, urnHash, urnOf } from "../names.ts";
import { instanceType } from "../resources.ts";
import type { StackIdentity } from "../target.ts";

export type Role = "server" | "data" | "port" | "security-group" | "rule" | "floating-ip";

/** What an object belongs to. */
export interface Owner {
  stack: StackIdentity;
  instance: { name: string; engine: string; version: string };
  uuid: pulumi.Output<string>;
}

/** Unique in a project for life: a later instance of the same name has another uuid. */
export const objectName = ({ stack, instance, uuid }: Owner, role?: string): pulumi.Output<string> =>
  uuid.apply((id) => `coffer-${stack.stack}-${instance.name}-${short(id)}${role === undefined ? "" : `-${role}`}`);

/** Metadata of servers and volumes. */
export function metadata(owner: Owner, role: Role, type: string, name: string): pulumi.Output<Record<string, string>> {
  const { stack, instance } = owner;
  return owner.uuid.apply(
    (uuid): Record<string, string> => ({
      "coffer.stack": stack.stackId,
      "coffer.role": role,
      "coffer.urn": markOf(type, name),
      "coffer.instance": uuid,
      "coffer.name": instance.name,
      "coffer.engine": instance.engine,
      "coffer.datastore-version": instance.version,
      "coffer.version": version,
    }),
  );
}

/** Neutron's objects have no metadata, and their tags are set by a call of their own: only a description is there from birth. */
export function description(owner: Owner, role: Role, type: string, name: string): pulumi.Output<string> {
  const { stack, instance } = owner;
  const mark = markOf(type, name);
  return pulumi.interpolate`coffer stack=${stack.stackId} urn=${mark} role=${role} instance=${owner.uuid} name=${instance.name}`;
}

const markOf = (type: string, name: string): string => urnHash(urnOf(type, name, instanceType));
