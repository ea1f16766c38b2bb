/** A stack's state as Pulumi keeps it: its parts that are used here, and changes to it as pure functions. */
import { instanceType, nameOfUrn, typeOfUrn } from "./engine-events.ts";
import { OperationError } from "./errors.ts";
import type { InstanceRecord, StackRecord } from "./records.ts";

export interface RecordedResource {
  urn: string;
  type: string;
  id?: string;
  parent?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[]>;
  deletedWith?: string;
  [other: string]: unknown;
}

export interface PendingOperation {
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
  resource: RecordedResource;
}

export interface Deployment {
  resources: RecordedResource[];
  pendingOperations: PendingOperation[];
  /** The deployment whole, as `pulumi stack import` takes it back. */
  whole: { version: number; deployment: Record<string, unknown> };
}

/** Reads what `pulumi stack export` prints, or the file that a local backend keeps. Throws when it is damaged. */
export function parseDeployment(text: string, from: string, remedy = otherCopies): Deployment {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw damaged(from, remedy, error);
  }
  if (!isRecord(data)) throw damaged(from, remedy);
  const checkpoint = isRecord(data.checkpoint) ? data.checkpoint : undefined;
  // A stack that never had an apply has a checkpoint without `latest`.
  const deployment = checkpoint ? (checkpoint.latest ?? {}) : data.deployment;
  if (!isRecord(deployment)) throw damaged(from, remedy);
  const resources = deployment.resources ?? [];
  const pendingOperations = deployment.pending_operations ?? [];
  if (!Array.isArray(resources) || !Array.isArray(pendingOperations)) throw damaged(from, remedy);
  if (!resources.every((one) => isRecord(one) && typeof one.urn === "string")) throw damaged(from, remedy);
  const version = typeof data.version === "number" ? data.version : 3;
  return { resources, pendingOperations, whole: { version, deployment } };
}

const otherCopies =
  "put a good copy of the state in its place with `pulumi stack import`; .coffer/backups/ may have one";

function damaged(from: string, remedy: string, cause?: unknown): OperationError {
  const message = `the state of the stack is damaged: ${from} is not a valid checkpoint`;
  return new OperationError("failed", message, { remedy, cause });
}

/** What the last apply recorded about the stack and its instances; empty before the first. */
export function recordsOf(deployment: Deployment): {
  stack?: StackRecord;
  instances: Record<string, InstanceRecord>;
  /** The certificate of the stack's authority, PEM. */
  authority?: string;
} {
  const outputs = deployment.resources.find((resource) => resource.type === "pulumi:pulumi:Stack")?.outputs ?? {};
  return {
    ...(isRecord(outputs.coffer) ? { stack: outputs.coffer as unknown as StackRecord } : {}),
    instances: isRecord(outputs.instances) ? (outputs.instances as Record<string, InstanceRecord>) : {},
    ...(typeof outputs.ca === "string" ? { authority: outputs.ca } : {}),
  };
}

/** The names of all instances that left a trace in the state. */
export function instancesOf(deployment: Deployment): string[] {
  const components = deployment.resources.filter(({ type }) => type === instanceType).map(({ urn }) => nameOfUrn(urn));
  return [...new Set([...Object.keys(recordsOf(deployment).instances), ...components])].sort();
}

/** The instance that a recorded resource belongs to, by its parents. */
export function instanceOf(deployment: Deployment, urn: string): string | undefined {
  const parents = new Map(deployment.resources.map((resource) => [resource.urn, resource.parent]));
  for (const pending of deployment.pendingOperations) parents.set(pending.resource.urn, pending.resource.parent);
  for (let at: string | undefined = urn; at; at = parents.get(at)) {
    if (typeOfUrn(at) === instanceType) return nameOfUrn(at);
  }
  return undefined;
}

/** The deployment without those resources, without any reference to them, and without pending operations. */
export function forget(deployment: Deployment, urns: readonly string[]): Deployment["whole"] {
  const gone = new Set(urns);
  const stays = (urn: string) => !gone.has(urn);
  const resources = deployment.resources
    .filter((resource) => stays(resource.urn))
    .map((resource) => {
      const left = { ...resource };
      if (left.dependencies) left.dependencies = left.dependencies.filter(stays);
      if (left.propertyDependencies) {
        const entries = Object.entries(left.propertyDependencies).map(([name, on]) => [name, (on ?? []).filter(stays)]);
        left.propertyDependencies = Object.fromEntries(entries) as Record<string, string[]>;
      }
      if (left.deletedWith && gone.has(left.deletedWith)) delete left.deletedWith;
      return left;
    });
  return {
    version: deployment.whole.version,
    deployment: { ...deployment.whole.deployment, resources, pending_operations: [] },
  };
}

/** The deployment with more resources, after all that they depend on. */
export function record(whole: Deployment["whole"], resources: readonly RecordedResource[]): Deployment["whole"] {
  const before = (whole.deployment.resources ?? []) as RecordedResource[];
  return { version: whole.version, deployment: { ...whole.deployment, resources: [...before, ...resources] } };
}

/** The deployment with other outputs of some resources: what was seen of the real objects. */
export function notice(
  whole: Deployment["whole"],
  seen: readonly { urn: string; outputs: Readonly<Record<string, unknown>> }[],
): Deployment["whole"] {
  const outputs = new Map(seen.map((one) => [one.urn, one.outputs]));
  const resources = ((whole.deployment.resources ?? []) as RecordedResource[]).map((resource) =>
    outputs.has(resource.urn)
      ? { ...resource, outputs: { ...resource.outputs, ...outputs.get(resource.urn) } }
      : resource,
  );
  return { version: whole.version, deployment: { ...whole.deployment, resources } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
