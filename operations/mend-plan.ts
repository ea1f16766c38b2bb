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
  /** Why the apply may not go on: one sentence each, with what to do. */
  refusals: readonly string[];
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
  const refusals: string[] = [];
  const recorded = new Set(deployment.resources.map((resource) => resource.id));

  for (const { type, resource } of deployment.pendingOperations) {
    const role = roleOf(resource.type);
    if (type === "creating" && role && role !== "data") {
      const strays = objects.filter(
        (object) => object.role === role && object.urnHash === urnHash(resource.urn) && !recorded.has(object.id),
      );
      if (strays.length > 1) {
        const list = strays.map((stray) => `${stray.name} (${stray.id.slice(0, 12)})`).join(", ");
        refusals.push(
          `an interrupted run left several ${role}s for ${describe(deployment, resource.urn)}: ${list}; remove those that are not wanted, then run up again`,
        );
      } else if (strays[0]) {
        const { id, name } = strays[0];
        const summary = `removes the half-made ${role} ${name} of an interrupted run`;
        steps.push(
          role === "server"
            ? { kind: "remove-server", id, name, summary }
            : { kind: "remove-network", id, name, summary },
        );
      }
    }
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
      refusals.push(
        `the data volume ${resource.id} of instance "${instance}" is gone, and an empty one is never made in its place; bring it back under that name, or give the instance up: coffer delete ${instance}`,
      );
    }
  }
  return { steps, refusals };
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
