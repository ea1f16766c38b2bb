/** `adopt`: what really is goes into the spec, instead of the spec into what really is. */

import { setAccess, setFlavor, setParameter, setVolumeSize } from "../spec/edit.ts";
import { addDatabase, addUser, dropDatabase, removeUser, setGrants } from "../spec/edit-contents.ts";
import type { InstanceSpec } from "../spec/model.ts";
import { drift } from "./drift/index.ts";
import type { Adoption, DriftKind, DriftRow } from "./drift/row.ts";
import { OperationError } from "./errors.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";

export interface AdoptRequest extends EditRequest {
  /** The instance. */
  name: string;
  /** Only differences of these kinds; default: all that a spec can say. */
  kinds: readonly DriftKind[];
  /** Asked before the spec is changed: what goes into it, and what differs besides. */
  approve(adopted: readonly DriftRow[], left: readonly DriftRow[]): Promise<boolean>;
}

export interface AdoptResult extends Partial<EditResult> {
  /** What went into the spec. Empty: there was nothing, and nothing was changed. */
  adopted: readonly DriftRow[];
  /** What differs and stays out of it. */
  left: readonly DriftRow[];
}

export async function adopt(request: AdoptRequest): Promise<AdoptResult> {
  const { name, kinds } = request;
  const { rows } = await drift({ ...request, instance: name });
  const wanted = (row: DriftRow) => row.adoption !== undefined && (!kinds.length || kinds.includes(row.what));
  const [adopted, left] = [rows.filter(wanted), rows.filter((row) => !wanted(row))];
  if (!adopted.length) return { adopted, left };
  if (!(await request.approve(adopted, left))) {
    throw new OperationError("failed", "not confirmed", { remedy: "nothing was changed" });
  }
  const adoptions = adopted.flatMap(({ adoption }) => (adoption ? [adoption] : []));
  const { approve: _asked, ...edit } = request;
  const result = await editInstance(edit, (text, instance) => adoptInto(text, instance, adoptions));
  return { ...result, adopted, left };
}

/** The spec's text with all of it. Pure. */
export function adoptInto(text: string, instance: InstanceSpec, adoptions: readonly Adoption[]): string {
  const edited = adoptions.reduce((edited, adoption) => applied(edited, instance, adoption), text);
  return withGrants(withNetworks(edited, instance, adoptions), instance, adoptions);
}

function applied(text: string, { name: at }: InstanceSpec, adoption: Adoption): string {
  switch (adoption.kind) {
    case "parameter":
      return setParameter(text, at, adoption.name, adoption.value);
    case "database": {
      const { kind: _, ...database } = adoption;
      return addDatabase(text, at, database);
    }
    case "no-database":
      return dropDatabase(text, at, adoption.name);
    case "user": {
      const { name, host, grants } = adoption;
      // Nobody but the server knows its password.
      return addUser(text, at, { name, host, grants, password: { keep: true } });
    }
    case "no-user":
      return removeUser(text, at, adoption);
    case "flavor":
      return setFlavor(text, at, adoption.name);
    case "volume":
      return setVolumeSize(text, at, adoption.gibibytes);
    // Each is a part of a list, which is changed once.
    case "grant":
    case "no-grant":
    case "network":
    case "no-network":
      return text;
  }
}

function withNetworks(text: string, { name, access }: InstanceSpec, adoptions: readonly Adoption[]): string {
  const networks = adoptions.filter((adoption) => "list" in adoption);
  const lists = (["allow", "admin"] as const).flatMap((list) => {
    const own = networks.filter((one) => one.list === list);
    if (!own.length) return [];
    const opened = own.flatMap(({ kind, cidr }) => (kind === "network" ? [cidr] : []));
    const closed = own.flatMap(({ kind, cidr }) => (kind === "no-network" ? [cidr] : []));
    return [[list, [...access[list].filter((cidr) => !closed.includes(cidr)), ...opened]] as const];
  });
  return lists.length ? setAccess(text, name, Object.fromEntries(lists)) : text;
}

/** Users that the spec lists, with what they may really do. */
function withGrants(text: string, { name: at, users = [] }: InstanceSpec, adoptions: readonly Adoption[]): string {
  return users.reduce((edited, { name, host, grants }) => {
    const own = adoptions
      .filter((adoption) => adoption.kind === "grant" || adoption.kind === "no-grant")
      .filter((adoption) => adoption.name === name && adoption.host === host);
    if (!own.length) return edited;
    const changed = new Set(own.map((one) => (one.kind === "grant" ? one.grant.database : one.database)));
    const kept = grants.filter(({ database }) => !changed.has(database));
    const added = own.flatMap((one) => (one.kind === "grant" ? [one.grant] : []));
    return setGrants(edited, at, { name, host }, [...kept, ...added]);
  }, text);
}
