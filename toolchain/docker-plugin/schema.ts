/** The shape of the tables that describe a resource: check, diff and state all work from them. */

import type { Value } from "./values.ts";

/** What a changed input leads to: a new object, a call to Docker, or a new record only. */
export type Consequence = "replace" | "update" | "state";

export type Change = {
  /** Where, in Pulumi's path syntax: `envs[1]`, `sysctls.a`, `tmpfs["/t"]`. */
  path: string;
  /** The property of the resource that the path begins with. */
  property: string;
  kind: "add" | "update" | "delete";
  replace: boolean;
};

/** A rule of its own for one input: given the recorded and the wanted value and what the general rule found, what changed? */
export type Comparison = (recorded: Value | undefined, wanted: Value | undefined, found: Change[]) => Change[];

export type Field = {
  /** list and set hold texts, or objects when `of` is given; map is text to text; object needs `of`. */
  type: "string" | "int" | "bool" | "list" | "set" | "map" | "object";
  /** Default "replace" (nested fields take the consequence of the property they are in). */
  change?: Consequence;
  default?: string | number | boolean;
  required?: true;
  /** Docker fills it in when the program is silent: leaving it out is no change. */
  computed?: true;
  /** Never an input. */
  output?: true;
  /** A set that is recorded as null, not [], while it is unset. */
  nullWhenUnset?: true;
  of?: Fields;
  min?: number;
  oneOf?: readonly string[];
  /** A rule for the text, with the words that describe it. */
  matches?: { rule: (text: string) => boolean; words: string };
  /** Inputs that cannot be given together with this one. */
  conflicts?: readonly string[];
  /** A sentence: the official plugin has this input, the stand-in does not. */
  notServed?: string;
  compare?: Comparison;
};

export type Fields = { [name: string]: Field };

export type Schema = {
  /** Full type token, e.g. `docker:index/volume:Volume`. */
  token: string;
  fields: Fields;
  /** A missing `name` is made up from the logical name. */
  autoName: boolean;
  /** always; whenNamed: only if the program gave `name` itself; never. */
  deleteBeforeReplace: "always" | "whenNamed" | "never";
  /** customTimeouts have an effect. */
  timeouts: boolean;
};

/** Inputs by name: what a program may give. */
export function inputFields(fields: Fields): [string, Field][] {
  return Object.entries(fields).filter(([, field]) => !field.output);
}

/** `labels` as all resources have them. */
export const LABELS: Fields = {
  label: { type: "string", required: true },
  value: { type: "string", required: true },
};

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One step further in a property path. */
export function step(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!IDENTIFIER.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** The keys and indices of a property path: `a.b[0]["c d"]` -> a, b, 0, c d. */
export function steps(path: string): string[] {
  const found = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g);
  return [...found].map(([, quoted, index, name]) =>
    quoted === undefined ? (index ?? name ?? "") : String(JSON.parse(`"${quoted}"`)),
  );
}
