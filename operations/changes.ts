/** From the engine's events to what changes, as plain data: one entry for each resource, without secrets. */
import {
  actionOf,
  type EngineEvent,
  resourceName,
  type StepMetadata,
  type StepState,
  typeOfUrn,
} from "./engine-events.ts";
import type { Action, ResourceName } from "./events.ts";
import { type PropertyChange, propertyChanges, showValue } from "./property-changes.ts";

export interface Change {
  action: Extract<Action, "create" | "update" | "replace" | "delete">;
  resource: ResourceName;
  /** A deleted resource whose real object stays (data volumes). */
  retained: boolean;
  properties: readonly PropertyChange[];
  /** What the provider says about it, for example `restarts the server: shared_buffers`. */
  notes: readonly string[];
  /** Those of the notes that a person should agree to before it happens: a restart, a drop. Absent where there are none. */
  warnings?: readonly string[];
  /** It has to wait until its instance, which somebody stopped, is started. */
  held?: true;
}

/** Words about a resource that does not change. */
export interface Remark {
  severity: "info" | "warning";
  text: string;
  resource: ResourceName;
}

const stackType = "pulumi:pulumi:Stack";
const providerPrefix = "pulumi:providers:";

/** Collects changes from a preview's events, in the order in which the engine plans them. */
export class ChangeCollector {
  private readonly parents = new Map<string, string>();
  private readonly steps = new Map<string, { action: Change["action"]; metadata: StepMetadata }>();
  private readonly notes = new Map<string, Pick<Remark, "severity" | "text">[]>();
  private readonly stoppedInstances = new Set<string>();
  private outputs: { before?: unknown; after?: unknown } = {};

  add(event: EngineEvent): void {
    const planned = event.resourcePreEvent?.metadata;
    const metadata = planned ?? event.resOutputsEvent?.metadata ?? event.resOpFailedEvent?.metadata;
    if (metadata) this.rememberParent(metadata);
    if (planned) this.addStep(planned);
    const read = event.resOutputsEvent?.metadata;
    if (read?.op === "refresh" && read.new?.outputs?.stopped === true) {
      const { instance } = this.name(read.urn);
      if (instance !== undefined) this.stoppedInstances.add(instance);
    }
    if (event.resOutputsEvent?.metadata.type === stackType) {
      const { old, new: now } = event.resOutputsEvent.metadata;
      this.outputs = { before: old?.outputs ?? {}, after: now?.outputs ?? {} };
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.urn && !diagnostic.ephemeral && diagnostic.severity !== "error") {
      const notes = this.notes.get(diagnostic.urn) ?? [];
      const text = diagnostic.message.trim();
      const severity = diagnostic.severity === "warning" ? "warning" : "info";
      const known = notes.some((note) => note.text === text);
      if (text && !known) this.notes.set(diagnostic.urn, [...notes, { severity, text }]);
    }
  }

  /** The resource of a URN, with the instance it belongs to as far as the events have told. */
  name(urn: string): ResourceName {
    return resourceName(urn, this.parents);
  }

  changes(): Change[] {
    return [...this.steps.values()].map(({ action, metadata }) => {
      const notes = this.notes.get(metadata.urn) ?? [];
      const warnings = notes.filter(({ severity }) => severity === "warning").map(({ text }) => text);
      return {
        action,
        resource: this.name(metadata.urn),
        retained: action === "delete" && metadata.old?.retainOnDelete === true,
        properties: action === "update" || action === "replace" ? propertyChanges(metadata) : [],
        notes: notes.map(({ text }) => text),
        ...(warnings.length ? { warnings } : {}),
      };
    });
  }

  /** Instances that were not looked into, because they are stopped. */
  stopped(): string[] {
    return [...this.stoppedInstances].sort();
  }

  /** What was said about resources that do not change. */
  remarks(): Remark[] {
    const others = [...this.notes].filter(([urn]) => !this.steps.has(urn) && typeOfUrn(urn) !== stackType);
    return others.flatMap(([urn, notes]) => notes.map((note) => ({ ...note, resource: this.name(urn) })));
  }

  /** True when only what the stack records about itself differs (its outputs), and no resource does. */
  recordsDiffer(): boolean {
    return showValue(this.outputs.before) !== showValue(this.outputs.after);
  }

  private rememberParent(metadata: StepMetadata): void {
    const state: StepState | null | undefined = metadata.new ?? metadata.old;
    if (state?.parent) this.parents.set(metadata.urn, state.parent);
  }

  private addStep(metadata: StepMetadata): void {
    if (metadata.type === stackType || metadata.type.startsWith(providerPrefix)) return;
    const action = actionOf(metadata.op);
    if (action === "none" || action === "read") return;
    const known = this.steps.get(metadata.urn);
    // A replacement comes as up to three steps; `replace` is the one that says why.
    if (metadata.op === "replace" || !known) {
      const replaced = ["create-replacement", "delete-replaced"].includes(metadata.op);
      this.steps.set(metadata.urn, { action: replaced ? "replace" : action, metadata });
    }
  }
}

/** `2 to create, 1 to update`; empty when there is none. */
export function summarize(changes: readonly Change[]): string {
  const words: Change["action"][] = ["create", "update", "replace", "delete"];
  return words
    .map((action) => ({ action, count: changes.filter((change) => change.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ action, count }) => `${count} to ${action}`)
    .join(", ");
}

export function describeChange(change: Change): string {
  const { instance, name } = change.resource;
  return `${change.action} ${instance === undefined ? name : `${instance}: ${partOf(change)}`}`;
}

/** A resource's part in its instance: `users` of `orders-users`. */
export function partOf({ resource: { instance, name } }: Pick<Change, "resource">): string {
  if (instance === undefined || name === instance) return name;
  return name.startsWith(`${instance}-`) ? name.slice(instance.length + 1) : name;
}
