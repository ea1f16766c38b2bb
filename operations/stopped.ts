/**
 * Instances that somebody stopped: they stay stopped, and nothing in them is looked at or changed. Pure: which changes of a
 * plan have to wait until such an instance is started.
 */
import { guestTypes, renewalTypes, roleOfType } from "../components/kinds.ts";
import { type Change, partOf } from "./changes.ts";
import { OperationError } from "./errors.ts";

/** Of the instances that were found stopped, those that the plan leaves so: another machine is started when it is made. */
export function staysStopped(changes: readonly Change[], found: readonly string[]): string[] {
  const renewed = new Set(changes.filter(renews).map(({ resource }) => resource.instance));
  return found.filter((name) => !renewed.has(name));
}

/** Marks the changes that only a running guest can take. */
export function markHeld(changes: readonly Change[], stopped: readonly string[]): Change[] {
  return changes.map((change) => {
    const { action, resource } = change;
    const { instance, type } = resource;
    if (instance === undefined || !stopped.includes(instance)) return change;
    const inside = guestTypes.includes(type) && (action === "create" || action === "update");
    return inside ? { ...change, held: true, notes: [...change.notes, `waits for: coffer start ${instance}`] } : change;
  });
}

function renews({ action, resource: { type } }: Change): boolean {
  if (renewalTypes.includes(type)) return true;
  return roleOfType(type) === "server" && (action === "create" || action === "replace");
}

/** For the program: what it leaves as it is. */
export function heldEnvironment(held: readonly Change[]): Record<string, string> {
  if (!held.length) return {};
  return { COFFER_HELD: held.map(({ action, resource: { type, name } }) => `${action}:${type}:${name}`).join(" ") };
}

/** Names the changes that have to wait, as an error. `rest`: what became of everything else. */
export function refuseHeld(held: readonly Change[], rest: string): void {
  const names = [...new Set(held.flatMap(({ resource }) => resource.instance ?? []))];
  const [first, ...also] = names.map((name) => {
    const waiting = held.filter(({ resource }) => resource.instance === name).map(describeHeld);
    return `instance "${name}" is stopped, and this can only be changed while it runs: ${waiting.join("; ")}`;
  });
  if (first === undefined) return;
  const start = names.map((name) => `coffer start ${name}`).join(" && ");
  throw new OperationError("failed", first, { also, remedy: `${start}, then run the same command again; ${rest}` });
}

function describeHeld(change: Change): string {
  const wished = change.properties.filter(({ drift }) => !drift);
  const paths = (wished.length ? wished : change.properties).map(({ path, before, after }) => {
    if (before === undefined && after === undefined) return path;
    return `${path} ${before ?? "unset"} -> ${after ?? "unset"}`;
  });
  const part = partOf(change);
  return paths.length ? `${part} (${paths.join(", ")})` : part;
}
