/**
 * What an interrupted run left behind and what was removed by hand, and the steps that put state and reality together
 * again. Pure: (state, real objects) -> steps as data.
 */
import { createHash } from "node:crypto";
import type { ResourceRole } from "../components/kinds.ts";
import { type Deployment, instanceOf, type RecordedResource } from "./deployment.ts";

/** A real object of the stack, found by its labels or metadata. */
export interface RealObject {
  role: ResourceRole;
  id: string;
  name: string;
  /** The first 16 hex digits of the SHA-256 of the URN that it was made for. */
  urnHash?: string;
  /** The uuid of the instance it belongs to; a network belongs to none. */
  instance?: string;
  /** Of a network: the servers in it. */
  attachedTo?: readonly string[];
}

export type MendStep =
  /** Made by a run that was killed before it was recorded; it has no data of its own. */
  | { kind: "remove-server"; id: string; name: string; summary: string }
  | { kind: "remove-network"; id: string; name: string; summary: string }
  /** Recorded, but proven gone: the apply makes it again. */
  | { kind: "forget"; urn: string; summary: string }
  /** Pulumi's note of an operation that was not finished. */
  | { kind: "clear-pending"; urn: string; summary: string };

export interface MendPlan {
  steps: readonly MendStep[];
  /** Why the apply may not go on. */
  refusals: readonly { message: string; remedy: string }[];
}

export interface MendFacts {
  deployment: Deployment;
  /** All objects of the stack, and the recorded volumes that carry another stack's label (adopted ones). */
  objects: readonly RealObject[];
  /** The part that resources of a type play; undefined for all others. */
  roleOf(type: string): ResourceRole | undefined;
  /** Instances that are meant to exist after the apply. */
  instances: readonly string[];
}

export function planMend({ deployment, objects, roleOf, instances }: MendFacts): MendPlan {
  const steps: MendStep[] = [];
  const refusals: { message: string; remedy: string }[] = [];

  for (const [role, strays] of straysOf(deployment, objects)) {
    if (strays.length > 1) {
      const list = strays.map((stray) => `${stray.name} (${stray.id.slice(0, 12)})`).join(", ");
      refusals.push({
        message: `an interrupted run left several ${role}s for one place in the stack: ${list}`,
        remedy: "remove those that are not wanted, then run the same command again; nothing was changed",
      });
    } else if (strays[0]) {
      const { id, name } = strays[0];
      const summary = `removes the half-made ${role} ${name} of an interrupted run`;
      steps.push({ kind: `remove-${role}`, id, name, summary });
    }
  }
  for (const { type, resource } of deployment.pendingOperations) {
    steps.push({
      kind: "clear-pending",
      urn: resource.urn,
      summary: `clears the note of an interrupted run (${type} ${describe(deployment, resource.urn)})`,
    });
  }

  for (const resource of deployment.resources) {
    const role = roleOf(resource.type);
    if (!role || resource.id === undefined) continue;
    if (objects.some((object) => object.role === role && matches(object, resource))) continue;
    const instance = instanceOf(deployment, resource.urn);
    if (role !== "data") {
      steps.push({
        kind: "forget",
        urn: resource.urn,
        summary: `${describe(deployment, resource.urn)} is gone and will be made again`,
      });
    } else if (instance !== undefined && instances.includes(instance)) {
      refusals.push({
        message: `the data volume ${resource.id} of instance "${instance}" is gone, and an empty one is never made in its place`,
        remedy: `bring it back under that name, or give the instance up: coffer delete ${instance}`,
      });
    }
  }
  return { steps, refusals };
}

/**
 * Servers and networks that were made for a place in the stack whose making was never recorded: the run was killed (a note of
 * the operation is left), or the answer of the target was lost (no note is left, and the next create would fail because
 * the name is taken). Without a note only what belongs to an instance of this state is meant: with an older state,
 * brought back by hand, a server that is unknown to it may be somebody's database.
 */
function straysOf(
  deployment: Deployment,
  objects: readonly RealObject[],
): [role: "server" | "network", RealObject[]][] {
  const ids = new Set(deployment.resources.map(({ id }) => id));
  const recorded = new Set(deployment.resources.filter(({ id }) => id !== undefined).map(({ urn }) => urnHash(urn)));
  const noted = deployment.pendingOperations.filter(({ type }) => type === "creating");
  const pending = new Set(noted.map(({ resource }) => urnHash(resource.urn)));
  const instances = new Set(deployment.resources.map(({ outputs }) => outputs?.uuid));

  const strays = new Map<string, [role: "server" | "network", RealObject[]]>();
  for (const object of objects) {
    const { role, urnHash: hash } = object;
    if (role === "data" || hash === undefined || ids.has(object.id)) continue;
    const isOurs = object.instance === undefined ? !object.attachedTo?.length : instances.has(object.instance);
    if (!pending.has(hash) && (recorded.has(hash) || !isOurs)) continue;
    const [, same] = strays.get(hash) ?? [role, []];
    strays.set(hash, [role, [...same, object]]);
  }
  return [...strays.values()];
}

export const urnHash = (urn: string): string => createHash("sha256").update(urn).digest("hex").slice(0, 16);

/** Volumes of some targets have their name for an id. */
const matches = (object: RealObject, resource: RecordedResource): boolean =>
  object.id === resource.id || (object.role === "data" && object.name === resource.id);

function describe(deployment: Deployment, urn: string): string {
  const name = urn.split("::").slice(3).join("::");
  const instance = instanceOf(deployment, urn);
  if (instance === undefined) return `"${name}"`;
  return `the ${name.startsWith(`${instance}-`) ? name.slice(instance.length + 1) : name} of instance "${instance}"`;
}
