/** What the resource types of all targets are to an instance. Adding a target is a line in each table. */
import type { InstanceSpec } from "../spec/model.ts";
import * as docker from "./docker/kinds.ts";
import * as openstack from "./openstack/kinds.ts";
import type { WantedIngress } from "./survey.ts";

/** The real objects of a stack, by the part they play. */
export type ResourceRole =
  | "server"
  | "data"
  | "network"
  | "port"
  | "security-group"
  | "rule"
  | "floating-ip"
  | "attachment";

/** How objects of an instance are recorded that can exist without a record of them: the type, and the name after `INSTANCE-`. */
export interface Restorable {
  data: RecordName;
  attachment: RecordName;
  /** What the spec lets in, each with its inputs but for the group. */
  rules(spec: InstanceSpec): readonly (RecordName & WantedIngress & { inputs: Readonly<Record<string, unknown>> })[];
}

export interface RecordName {
  type: string;
  suffix: string;
}

const roles: Readonly<Record<string, ResourceRole>> = { ...docker.roles, ...openstack.roles };

/** Resources whose replacement or removal concerns data: no apply does that unasked. */
export const statefulTypes: readonly string[] = [...docker.statefulTypes, ...openstack.statefulTypes];

/** Resources that only say which image is current: nothing real changes with them. */
export const imageTypes: readonly string[] = docker.imageTypes;

/** Of targets whose volumes and attachments can exist without a record of them. */
export const restorable: Readonly<Record<string, Restorable>> = { openstack: openstack.restorable };

/** What is done inside of a running guest, and only there. */
export const guestTypes: readonly string[] = ["Volume", "Size", "Server", "Databases", "Users"].map(
  (name) => `coffer:guest:${name}`,
);

/** What gives a guest another system disk, and starts it. */
export const renewalTypes: readonly string[] = ["coffer:guest:HostKey"];

/** The module that declares what a target has, from the checkout's root. */
export const moduleOf = (target: string): string => `components/${target}/index.ts`;

/** The part that a resource type plays; undefined for what is no server, data volume or network. */
export function roleOfType(type: string): ResourceRole | undefined {
  return roles[type];
}
