/** What Pulumi's engine tells (one JSON object a line), narrowed to what is used here. */
import type { Action, ResourceName } from "./events.ts";

export type PropertyDiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

export interface StepState {
  type: string;
  urn: string;
  id?: string;
  parent?: string;
  retainOnDelete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

export interface StepMetadata {
  op: string;
  urn: string;
  type: string;
  old?: StepState | null;
  new?: StepState | null;
  /** Properties that force a replacement. */
  keys?: readonly string[] | null;
  /** Top-level properties that differ. */
  diffs?: readonly string[] | null;
  detailedDiff?: Record<string, { diffKind: PropertyDiffKind; inputDiff: boolean }> | null;
}

export interface Diagnostic {
  severity: "debug" | "info" | "info#err" | "warning" | "error";
  message: string;
  urn?: string;
  ephemeral?: boolean;
}

export interface EngineEvent {
  timestamp: number;
  resourcePreEvent?: { metadata: StepMetadata };
  resOutputsEvent?: { metadata: StepMetadata };
  resOpFailedEvent?: { metadata: StepMetadata };
  diagnosticEvent?: Diagnostic;
  summaryEvent?: { result?: string; resourceChanges?: Record<string, number>; durationSeconds: number };
}

/**
 * One line of the engine's stream; undefined for what is not an event and for debug messages. Those hold the
 * properties of resources with secrets in clear, so they are dropped here, before anything can keep them.
 */
export function parseEvent(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  let event: EngineEvent;
  try {
    event = JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
  return event.diagnosticEvent?.severity === "debug" ? undefined : event;
}

export const instanceType = "coffer:components:Instance";

const actions: Readonly<Record<string, Action>> = {
  create: "create",
  "create-replacement": "create",
  import: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
  "delete-replaced": "delete",
  "discard-replaced": "delete",
  discard: "delete",
  refresh: "read",
  read: "read",
  "read-replacement": "read",
};

export function actionOf(op: string): Action {
  return actions[op] ?? "none";
}

/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
export function typeOfUrn(urn: string): string {
  return (urn.split("::")[2] ?? "").split("$").pop() ?? "";
}

export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Names a resource and finds the instance it belongs to by its parents; `parents` holds those seen so far. */
export function resourceName(urn: string, parents: ReadonlyMap<string, string>): ResourceName {
  const type = typeOfUrn(urn);
  let instance: string | undefined;
  const seen = new Set<string>();
  for (let at: string | undefined = urn; at && !seen.has(at); at = parents.get(at)) {
    seen.add(at);
    if (typeOfUrn(at) === instanceType) instance = nameOfUrn(at);
  }
  return { urn, type, name: nameOfUrn(urn), ...(instance === undefined ? {} : { instance }) };
}
