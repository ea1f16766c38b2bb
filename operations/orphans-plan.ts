/** What bears Coffer's marks and is in no state: kept on purpose, or leaked. Pure. */
import type { ObjectKind, RealObject } from "../access/inventory.ts";
import { machineWords } from "./machine-look.ts";
import { gibibyte } from "./rows.ts";

/** The state of a stack of this checkout. */
export interface KnownState {
  stackId: string;
  name: string;
  /** Of everything that it records. */
  ids: ReadonlySet<string>;
}

export interface OrphanRow {
  kind: ObjectKind;
  id: string;
  name: string;
  /** The stack's name, or the id of one that this checkout does not know. */
  stack: string;
  /** False: another checkout may have that stack. */
  known: boolean;
  /** The instance that it was made for. */
  instance: string;
  /** What a server does, in its target's words; else "". */
  state: string;
  attachedTo: readonly string[];
  gib: number | null;
  /** ISO time; "" where the target does not know it. */
  created: string;
}

export interface Orphan {
  row: OrphanRow;
  object: RealObject;
}

export interface OrphanPlan {
  /** Data volumes and snapshots. Never deleted together with anything else. */
  retained: readonly Orphan[];
  leaked: readonly Orphan[];
}

/** An object is accounted for when any of the states records it: an adopted volume bears the marks of its former stack. */
export function planOrphans(objects: readonly RealObject[], states: readonly KnownState[]): OrphanPlan {
  const recorded = ({ kind, id, name }: RealObject) =>
    states.some(({ ids }) => ids.has(id) || (kind === "volume" && ids.has(name)));
  const orphans = objects
    .filter((object) => !recorded(object))
    .map((object) => ({ row: rowOf(object, states), object }));
  const isData = ({ object }: Orphan) =>
    object.kind === "volume" || object.kind === "snapshot" || object.role === "data";
  return { retained: orphans.filter(isData), leaked: orphans.filter((orphan) => !isData(orphan)) };
}

function rowOf(object: RealObject, states: readonly KnownState[]): OrphanRow {
  const { kind, id, name, stack = "", instanceName = "", attachedTo, sizeBytes, createdAt = "" } = object;
  const known = states.find(({ stackId }) => stackId === stack);
  return {
    kind,
    id,
    name,
    stack: known?.name ?? stack,
    known: known !== undefined,
    instance: instanceName,
    state: kind === "server" ? machineWords(object) : "",
    attachedTo,
    gib: sizeBytes === undefined ? null : sizeBytes / gibibyte,
    created: createdAt,
  };
}
