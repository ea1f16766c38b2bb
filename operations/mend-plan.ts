/**
 * What an interrupted run left behind and what was removed by hand, and the steps that put state and reality together
 * again. Pure: (state, real objects) -> steps as data.
 */
import { createHash } from "node:crypto";
import { type Ingress, isPlain } from "../access/inventory.ts";
import type { ResourceRole, Restorable } from "../components/kinds.ts";
import type { InstanceSpec } from "../spec/model.ts";
import { type Deployment, instanceOf, type RecordedResource } from "./deployment.ts";
import { driftSteps, type NoticeStep } from "./mend-drift.ts";
import { restoredAttachment, restoredRule, restoredVolume } from "./mend-restore.ts";

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
  /** Of a volume, where attachments are objects of their own: ids of the servers that have it. */
  servers?: readonly string[];
  /** Of a port: ids of its security groups. */
  groups?: readonly string[];
  /** Of a security group: all that it lets in, whoever made the rules. */
  ingress?: readonly Ingress[];
  /** Of a floating IP: the id of its port; "" where it has none. */
  port?: string;
  /** Of a server: the id of its image, where that is known. */
  image?: string;
  /** Where the target has tags and says so. */
  tags?: readonly string[];
  sizeBytes?: number;
  /** What the target says of one that can never be used: it failed while it was made. */
  broken?: string;
}

type Removable = Exclude<ResourceRole, "data" | "attachment">;

export type MendStep =
  /** Made by a run that was killed before it was recorded, or failed while it was made; it has no data of its own. */
  | { kind: `remove-${Removable}`; id: string; name: string; summary: string }
  /** A volume that failed while it was made: it never held anything. */
  | { kind: "remove-blank-volume"; id: string; name: string; summary: string }
  /** Made and not recorded, and it must not be lost or cannot be made twice. */
  | RecordStep
  | NoticeStep
  /** Recorded, but proven gone: the apply makes it again. */
  | { kind: "forget"; urn: string; summary: string }
  /** Pulumi's note of an operation that was not finished. */
  | { kind: "clear-pending"; urn: string; summary: string };

export interface RecordStep {
  kind: "record";
  resource: RecordedResource;
  summary: string;
}

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
  /** How volumes, attachments and rules are recorded, where they are objects that can exist without a record. */
  restorable?: Restorable;
  /** Instances that are meant to exist after the apply. */
  instances: readonly InstanceSpec[];
}

/** In an order in which they can be removed. */
const removable: readonly Removable[] = ["server", "floating-ip", "port", "rule", "security-group", "network"];

export function planMend(facts: MendFacts): MendPlan {
  const { deployment, objects, roleOf, instances } = facts;
  const steps: MendStep[] = [];
  const names = instances.map(({ name }) => name);
  const refusals: { message: string; remedy: string }[] = [];

  const strays = straysOf(deployment, objects);
  const brokenServers = brokenOf(facts);
  for (const role of removable) {
    for (const same of strays.filter((group) => group[0]?.role === role)) {
      if (same.length > 1 && (role === "server" || role === "network")) {
        refusals.push(several(role, same));
        continue;
      }
      for (const { id, name } of same) {
        const summary = `removes the half-made ${role} ${name} of an interrupted run`;
        steps.push({ kind: `remove-${role}`, id, name, summary });
      }
    }
    if (role !== "server") continue;
    for (const { id, name, broken } of brokenServers) {
      const summary = `removes the server ${name}, which failed before it held data (${broken})`;
      steps.push({ kind: "remove-server", id, name, summary });
    }
  }
  for (const found of volumeSteps(facts, strays)) {
    if ("message" in found) refusals.push(found);
    else steps.push(found);
  }
  for (const { type, resource } of deployment.pendingOperations) {
    steps.push({
      kind: "clear-pending",
      urn: resource.urn,
      summary: `clears the note of an interrupted run (${type} ${describe(deployment, resource.urn)})`,
    });
  }

  const gone = new Set(brokenServers.map(({ id }) => id));
  for (const resource of deployment.resources) {
    const role = roleOf(resource.type);
    if (!role || resource.id === undefined) continue;
    if (!gone.has(resource.id) && exists(objects, role, resource)) continue;
    const instance = instanceOf(deployment, resource.urn);
    if (role !== "data") {
      steps.push({
        kind: "forget",
        urn: resource.urn,
        summary: `${describe(deployment, resource.urn)} is gone and will be made again`,
      });
    } else if (instance !== undefined && names.includes(instance)) {
      refusals.push({
        message: `the data volume ${resource.id} of instance "${instance}" is gone, and an empty one is never made in its place`,
        remedy: `bring it back under that name, or give the instance up: coffer delete ${instance}`,
      });
    }
  }
  steps.push(...driftSteps(deployment, objects, roleOf));
  return { steps, refusals };
}

/**
 * Objects that were made for a place in the stack whose making was never recorded, by place: the run was killed (a note of
 * the operation is left), or the answer of the target was lost (no note is left, and the next create would fail because
 * the name is taken). Without a note only what belongs to an instance of this state is meant: with an older state,
 * brought back by hand, a server that is unknown to it may be somebody's database.
 */
function straysOf(deployment: Deployment, objects: readonly RealObject[]): RealObject[][] {
  const ids = new Set(deployment.resources.map(({ id }) => id));
  const recorded = new Set(deployment.resources.filter(({ id }) => id !== undefined).map(({ urn }) => urnHash(urn)));
  const noted = deployment.pendingOperations.filter(({ type }) => type === "creating" || type === "importing");
  const pending = new Set(noted.map(({ resource }) => urnHash(resource.urn)));
  const instances = uuidsOf(deployment);

  const strays = new Map<string, RealObject[]>();
  for (const object of objects) {
    const { role, urnHash: hash } = object;
    if (hash === undefined || ids.has(object.id) || (role === "data" && ids.has(object.name))) continue;
    const isOurs = object.instance === undefined ? !object.attachedTo?.length : instances.has(object.instance);
    // A volume whose instance is not known is kept, whatever a note says.
    if (role === "data" ? recorded.has(hash) || !isOurs : !pending.has(hash) && (recorded.has(hash) || !isOurs)) {
      continue;
    }
    strays.set(hash, [...(strays.get(hash) ?? []), object]);
  }
  return [...strays.values()];
}

/** Recorded servers in error that never had a volume mounted: nothing would ever repair or replace them. */
function brokenOf({ deployment, objects, roleOf }: MendFacts): RealObject[] {
  return objects.filter(({ role, id, broken }) => {
    if (role !== "server" || broken === undefined) return false;
    const resource = deployment.resources.find((one) => one.id === id && roleOf(one.type) === "server");
    return resource !== undefined && !hasMount(deployment, instanceOf(deployment, resource.urn));
  });
}

/** Volumes and attachments that exist and are not recorded. */
function volumeSteps(
  { deployment, objects, restorable }: MendFacts,
  strays: readonly RealObject[][],
): (MendStep | { message: string; remedy: string })[] {
  if (!restorable) return [];
  const steps: (MendStep | { message: string; remedy: string })[] = [];
  const restored: RecordedResource[] = [];
  for (const same of strays.filter((group) => group[0]?.role === "data")) {
    const usable = same.filter(({ broken }) => broken === undefined);
    for (const { id, name, broken } of same.filter((one) => mayGo(deployment, one))) {
      const summary = `removes the volume ${name}, which failed while it was made (${broken})`;
      steps.push({ kind: "remove-blank-volume", id, name, summary });
    }
    const [volume] = usable;
    if (!volume) continue;
    if (usable.length > 1) {
      steps.push(several("volume", usable));
      continue;
    }
    const resource = restoredVolume(deployment, restorable, volume);
    if (!resource) continue;
    restored.push(resource);
    steps.push({ kind: "record", resource, summary: `takes the volume ${volume.name} of an interrupted run over` });
  }
  for (const { id, servers, name } of objects.filter(({ role }) => role === "data")) {
    for (const server of servers ?? []) {
      const resource = restoredAttachment(deployment, restorable, { server, volume: id, restored });
      if (resource) steps.push({ kind: "record", resource, summary: `records that the volume ${name} is attached` });
    }
  }
  return steps;
}

/**
 * Rules that somebody made by hand, in words that the spec says too, as their records. No part of mending: with the record, a spec that
 * does not say them any more removes them, so it is written when the change is sure to be applied. A marked one is Coffer's own,
 * recorded or half-made.
 */
export function planTakeOver({ deployment, objects, roleOf, instances, restorable }: MendFacts): RecordStep[] {
  if (!restorable) return [];
  const known = new Set(
    [...deployment.resources, ...objects.filter(({ role }) => role === "rule")].map(({ id }) => id),
  );
  const there = (resource: RecordedResource) => exists(objects, "rule", resource);
  return instances.flatMap((spec) => {
    const isGroup = ({ type, urn }: RecordedResource) =>
      roleOf(type) === "security-group" && instanceOf(deployment, urn) === spec.name;
    const recorded = deployment.resources.find(isGroup);
    const group = objects.find(({ role, id }) => role === "security-group" && id === recorded?.id);
    const foreign = (group?.ingress ?? []).filter(({ id }) => !known.has(id));
    if (!group || !foreign.length) return [];
    return restorable.rules(spec).flatMap((rule): RecordStep[] => {
      const same = foreign.find((one) => isPlain(one) && one.ports.from === rule.port && one.cidr === rule.cidr);
      const resource = same && restoredRule(deployment, rule, { id: same.id, group: group.id, exists: there });
      if (!resource) return [];
      const what = `tcp ${rule.port} from ${rule.cidr}`;
      return [
        { kind: "record", resource, summary: `takes over the rule that lets ${what} in to instance "${spec.name}"` },
      ];
    });
  });
}

/** A broken volume of an instance that never mounted one and took none over: it cannot hold anything. */
function mayGo(deployment: Deployment, { broken, instance }: RealObject): boolean {
  const identity = deployment.resources.find(({ outputs }) => instance !== undefined && outputs?.uuid === instance);
  if (broken === undefined || !identity || identity.outputs?.adopted) return false;
  return !hasMount(deployment, instanceOf(deployment, identity.urn));
}

const hasMount = (deployment: Deployment, instance: string | undefined): boolean =>
  deployment.resources.some(
    ({ type, urn }) => type === "coffer:guest:Volume" && instanceOf(deployment, urn) === instance,
  );

const uuidsOf = (deployment: Deployment): Set<unknown> =>
  new Set(deployment.resources.map(({ outputs }) => outputs?.uuid));

function several(what: string, same: readonly RealObject[]): { message: string; remedy: string } {
  const list = same.map((stray) => `${stray.name} (${stray.id.slice(0, 12)})`).join(", ");
  return {
    message: `an interrupted run left several ${what}s for one place in the stack: ${list}`,
    remedy: "remove those that are not wanted, then run the same command again; nothing was changed",
  };
}

export const urnHash = (urn: string): string => createHash("sha256").update(urn).digest("hex").slice(0, 16);

function exists(objects: readonly RealObject[], role: ResourceRole, resource: RecordedResource): boolean {
  if (objects.some((object) => object.role === role && matches(object, resource))) return true;
  // One that was made by hand and taken over has no mark: its group tells of it.
  return role === "rule" && objects.some(({ ingress }) => ingress?.some(({ id }) => id === resource.id));
}

/** Volumes of some targets have their name for an id. */
const matches = (object: RealObject, resource: RecordedResource): boolean =>
  object.id === resource.id || (object.role === "data" && object.name === resource.id);

function describe(deployment: Deployment, urn: string): string {
  const name = urn.split("::").slice(3).join("::");
  const instance = instanceOf(deployment, urn);
  if (instance === undefined) return `"${name}"`;
  return `the ${name.startsWith(`${instance}-`) ? name.slice(instance.length + 1) : name} of instance "${instance}"`;
}
