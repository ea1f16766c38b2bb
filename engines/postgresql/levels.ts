/**
 * What each level of privileges is, object by object, and which level a set of privileges makes up. Users with `all` read
 * and write each other's tables; to alter or drop one is PostgreSQL's right of its owner alone. What an owner grants to
 * PUBLIC, and grants on functions, types and large objects, are the owner's own business and part of no level.
 */
import type { Privileges } from "../engine.ts";

/** The kinds of objects that levels speak of; `database` is the database itself. */
export type ObjectKind = "database" | "schema" | "table" | "sequence";
export const objectKinds: readonly ObjectKind[] = ["database", "schema", "table", "sequence"];

/** `none`: the user may not even connect. */
export type Level = Privileges | "none";

/** Sorted by name, as the catalogue query gives them. Functions need no grant: PostgreSQL lets everybody call them. */
const privileges: Readonly<Record<Level, Readonly<Record<ObjectKind, readonly string[]>>>> = {
  none: { database: [], schema: [], table: [], sequence: [] },
  read: { database: ["CONNECT"], schema: ["USAGE"], table: ["SELECT"], sequence: ["SELECT"] },
  write: {
    database: ["CONNECT"],
    schema: ["USAGE"],
    table: ["DELETE", "INSERT", "SELECT", "UPDATE"],
    sequence: ["SELECT", "UPDATE", "USAGE"],
  },
  all: {
    database: ["CONNECT", "CREATE", "TEMPORARY"],
    schema: ["CREATE", "USAGE"],
    table: ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
    sequence: ["SELECT", "UPDATE", "USAGE"],
  },
};

export function privilegesOf(level: Level, kind: ObjectKind): readonly string[] {
  return privileges[level][kind];
}

/** The privileges of a level as the catalogue query prints a set: sorted, joined by commas. */
export function privilegeSet(level: Level, kind: ObjectKind): string {
  return privileges[level][kind].join(",");
}

/** What one user has in one database. */
export interface Holdings {
  /** By kind: the different sets of privileges found over all objects that the user does not own. */
  sets: Readonly<Record<ObjectKind, ReadonlySet<string>>>;
  /** The different sets that objects created later will come with, by kind, over all that may create them. */
  later: Readonly<Record<Exclude<ObjectKind, "database">, ReadonlySet<string>>>;
  /** True when something is granted that no level has: on a column, or by a default of one schema. */
  surplus: boolean;
  /** True when the user owns an object there. */
  owns: boolean;
}

/** The level that holdings make up exactly, or `partial`. */
export function levelOf(holdings: Holdings): Level | "partial" {
  const exact = (["none", "read", "write", "all"] as const).find(
    (level) =>
      objectKinds.every((kind) => only(holdings.sets[kind], privilegeSet(level, kind))) &&
      laterKinds.every((kind) => only(holdings.later[kind], privilegeSet(level, kind))),
  );
  if (exact === undefined || holdings.surplus || (holdings.owns && exact !== "all")) return "partial";
  return exact;
}

export const laterKinds = ["schema", "table", "sequence"] as const;

function only(sets: ReadonlySet<string>, set: string): boolean {
  return [...sets].every((found) => found === set);
}
