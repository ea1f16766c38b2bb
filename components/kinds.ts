/** What the resource types of all targets are to an instance. Adding a target is a line in each table. */
import * as docker from "./docker/kinds.ts";

/** The real objects of a stack, by the part they play. */
export type ResourceRole = "server" | "data" | "network";

const roles: Readonly<Record<string, ResourceRole>> = { ...docker.roles };

/** Resources whose replacement or removal concerns data: no apply does that unasked. */
export const statefulTypes: readonly string[] = [...docker.statefulTypes];

/** The part that a resource type plays; undefined for what is no server, data volume or network. */
export function roleOfType(type: string): ResourceRole | undefined {
  return roles[type];
}
