/** Diff: compares the recorded outputs with the new checked inputs, by a schema. Pure. */

import { type Change, type Field, type Fields, inputFields, type Schema, step, steps } from "./schema.ts";
import {
  canonical,
  DEFAULTS,
  isProps,
  isUnset,
  isZero,
  type Props,
  sameScalar,
  UNKNOWN,
  type Value,
} from "./values.ts";

export type Difference = {
  changes: Change[];
  /** Properties that force a new object. */
  replaces: string[];
  /** Properties that only a new object could change, and that did not change. */
  stables: string[];
  deleteBeforeReplace: boolean;
};

/**
 * @param recorded the outputs of the last deployment or refresh
 * @param wanted inputs that Check returned; unknown values count as changed
 * @param ignored property paths whose changes are left out
 */
export function diff(schema: Schema, recorded: Props, wanted: Props, ignored: string[] = []): Difference {
  const changes = Object.entries(schema.fields)
    .flatMap(([name, field]) => compareProperty(name, field, recorded[name], wanted[name]))
    .filter((change) => !ignored.some((pattern) => covers(pattern, change.path)));
  const replaces = [...new Set(changes.filter((change) => change.replace).map((change) => change.property))];
  const changed = new Set(changes.map((change) => change.property));
  const named = !(wanted[DEFAULTS] as string[] | undefined)?.includes("name");
  return {
    changes,
    replaces,
    stables: inputFields(schema.fields)
      .filter(([name, field]) => (field.change ?? "replace") === "replace" && !changed.has(name))
      .map(([name]) => name),
    deleteBeforeReplace:
      replaces.length > 0 &&
      (schema.deleteBeforeReplace === "always" || (schema.deleteBeforeReplace === "whenNamed" && named)),
  };
}

/** The changes of one property of a resource. */
export function compareProperty(
  name: string,
  field: Field,
  recorded: Value | undefined,
  wanted: Value | undefined,
): Change[] {
  const found = compare(field, recorded, wanted, name).map(([path, kind]) => ({
    path,
    property: name,
    kind,
    replace: !field.output && (field.change ?? "replace") === "replace",
  }));
  return field.compare ? field.compare(recorded, wanted, found) : found;
}

type Found = [path: string, kind: Change["kind"]];

function compare(field: Field, recorded: Value | undefined, wanted: Value | undefined, path: string): Found[] {
  if (wanted === UNKNOWN) return [[path, isZero(recorded) ? "add" : "update"]];
  if ((field.computed || field.output) && isUnset(wanted)) {
    const collection = field.type === "list" || field.type === "set" || field.type === "map";
    // A collection that Docker fills in and that was never recorded has to be computed first: a change.
    return collection && (recorded === undefined || recorded === null) ? [[path, "add"]] : [];
  }
  if (field.type === "object") {
    if (isProps(recorded) && isProps(wanted)) return compareObjects(field.of ?? {}, recorded, wanted, path);
    if (!isProps(recorded) && !isProps(wanted)) return [];
    return [[path, isProps(wanted) ? "add" : "delete"]];
  }
  if (isZero(recorded) || isZero(wanted)) {
    if (isZero(recorded) && isZero(wanted)) return [];
    if (!Array.isArray(recorded) && !Array.isArray(wanted)) return [[path, isZero(wanted) ? "delete" : "add"]];
  }
  switch (field.type) {
    case "map":
      return compareMaps(isProps(recorded) ? recorded : {}, isProps(wanted) ? wanted : {}, path);
    case "list":
      return compareLists(field, arrayOf(recorded), arrayOf(wanted), path);
    case "set":
      return compareSets(field, arrayOf(recorded), arrayOf(wanted), path);
    default:
      return sameScalar(recorded, wanted) ? [] : [[path, "update"]];
  }
}

function arrayOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

function compareObjects(fields: Fields, recorded: Props, wanted: Props, path: string): Found[] {
  return inputFields(fields).flatMap(([key, field]) => compare(field, recorded[key], wanted[key], step(path, key)));
}

function compareMaps(recorded: Props, wanted: Props, path: string): Found[] {
  const keys = new Set([...Object.keys(recorded), ...Object.keys(wanted)]);
  return [...keys].sort().flatMap((key): Found[] => {
    const [before, after] = [recorded[key], wanted[key]];
    if (before === after) return [];
    return [[step(path, key), before === undefined ? "add" : after === undefined ? "delete" : "update"]];
  });
}

function compareLists(field: Field, recorded: Value[], wanted: Value[], path: string): Found[] {
  const longest = Math.max(recorded.length, wanted.length);
  return Array.from({ length: longest }, (_, index) => index).flatMap((index) =>
    compareElement(field, recorded[index], wanted[index], step(path, index)),
  );
}

function compareElement(field: Field, recorded: Value | undefined, wanted: Value | undefined, path: string): Found[] {
  if (recorded === undefined) return [[path, "add"]];
  if (wanted === undefined) return [[path, "delete"]];
  if (!field.of) return recorded === wanted && wanted !== UNKNOWN ? [] : [[path, "update"]];
  return compare({ type: "object", of: field.of }, recorded, wanted, path);
}

/** Order and duplicates do not matter. Elements that changed at the same place are one update. */
function compareSets(field: Field, recorded: Value[], wanted: Value[], path: string): Found[] {
  const leaving = unmatched(recorded, wanted);
  const coming = unmatched(wanted, recorded);
  const places = [...new Set([...leaving.keys(), ...coming.keys()])].sort((one, other) => one - other);
  return places.flatMap((index) => {
    const found = compareElement(field, leaving.get(index), coming.get(index), step(path, index));
    return found.length > 0 ? found : [[step(path, index), "update"]];
  });
}

/** The elements of one set that the other has not, by their place; each content once. */
function unmatched(elements: Value[], others: Value[]): Map<number, Value> {
  const known = new Set(others.map(canonical));
  const result = new Map<number, Value>();
  for (const [index, element] of elements.entries()) {
    const content = canonical(element);
    if (known.has(content) && !content.includes(UNKNOWN)) continue;
    known.add(content);
    result.set(index, element);
  }
  return result;
}

/** Does an ignoreChanges pattern (`*` for any one step) cover a path? */
function covers(pattern: string, path: string): boolean {
  const wanted = steps(pattern);
  const actual = steps(path);
  return wanted.every((part, index) => index < actual.length && (part === "*" || part === actual[index]));
}
