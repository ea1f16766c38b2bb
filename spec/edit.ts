/**
 * Edits of a spec's text: day-2 verbs change the file and keep its comments and layout. Every edit is checked: the new
 * text says exactly what the old one said but for the value that was set.
 */
import { isDeepStrictEqual } from "node:util";
import type { Document } from "yaml";
import { isMap } from "yaml";
import { parseText } from "./parse.ts";
import type { Path } from "./problem.ts";
import { formatPath, quote } from "./problem.ts";
import { spliceRemove, spliceSet } from "./splice.ts";
import { Tree } from "./tree.ts";

/** Plain data that a spec can hold. */
export type Setting = string | number | boolean | readonly Setting[] | { readonly [key: string]: Setting };

/** The edit cannot be made; the sentence says why and what to do. */
export class SpecEditError extends Error {
  override name = "SpecEditError";
}

/** Adds an instance with `settings` as the spec language has them. Throws SpecEditError when the name is taken. */
export function addInstance(text: string, name: string, settings: { readonly [key: string]: Setting }): string {
  const path = ["instances", name];
  if (has(read(text).data, path)) throw new SpecEditError(`there is an instance ${quote(name)} in the spec already`);
  return setIn(text, path, settings);
}

/** Removes an instance and the comment lines directly above it. Throws SpecEditError when there is none. */
export function removeInstance(text: string, name: string): string {
  return removeIn(text, ["instances", name]);
}

/** Changes an instance's flavor. Throws SpecEditError when there is no such instance. */
export function setFlavor(text: string, name: string, flavor: string): string {
  return setIn(text, [...instancePath(text, name), "flavor"], flavor);
}

/** Changes the size, in GiB, of an instance's data volume. Throws SpecEditError when there is no such instance. */
export function setVolumeSize(text: string, name: string, size: number): string {
  const path = [...instancePath(text, name), "volume"];
  return setIn(text, isMapping(at(read(text).data, path)) ? [...path, "size"] : path, size);
}

/** Sets a parameter of an instance, which wins over its group's. Throws SpecEditError when there is no such instance. */
export function setParameter(text: string, name: string, parameter: string, value: Setting): string {
  return setIn(text, [...instancePath(text, name), "parameters", parameter], value);
}

/** What is to change of who may connect; what is absent stays. */
export interface AccessPatch {
  public?: boolean;
  /** The whole list. Entries that are in the spec already stay where they are, with their comments. */
  allow?: readonly string[];
  /** As `allow`. */
  admin?: readonly string[];
}

/** Changes who may connect to an instance. Throws SpecEditError when there is no such instance. */
export function setAccess(text: string, name: string, patch: AccessPatch): string {
  const path = [...instancePath(text, name), "access"];
  const changes = Object.entries(patch).filter((entry): entry is [string, Setting] => entry[1] !== undefined);
  if (changes.length === 0) return text;
  if (!isMapping(at(read(text).data, path))) return setIn(text, path, Object.fromEntries(changes));
  return changes.reduce((edited, [word, value]) => {
    const place = [...path, word];
    return Array.isArray(value) ? setList(edited, place, value) : setIn(edited, place, value);
  }, text);
}

/** The texts in the list at `path`, in whatever order: entries are added and removed one by one. */
function setList(text: string, path: Path, wanted: readonly string[]): string {
  const now = at(read(text).data, path);
  if (!Array.isArray(now) || wanted.length === 0) return setIn(text, path, [...wanted]);
  const added = wanted.filter((entry) => !now.includes(entry));
  const longer = added.reduce((edited, entry, index) => setIn(edited, [...path, now.length + index], entry), text);
  const gone = [...now.keys()].filter((index) => !wanted.some((entry) => entry === now[index])).reverse();
  return gone.reduce((edited, index) => removeIn(edited, [...path, index]), longer);
}

/** Where an instance stands. Throws SpecEditError when there is none of that name. */
export function instancePath(text: string, name: string): Path {
  const path = ["instances", name];
  if (!has(read(text).data, path)) throw new SpecEditError(`there is no instance ${quote(name)} in the spec`);
  return path;
}

/**
 * Sets the value at `path`; mappings that are missing on the way are made, and a list grows when the index is its
 * length. Throws SpecEditError when the value is shared with another place through an anchor.
 */
export function setIn(text: string, path: Path, value: Setting): string {
  const { document, data } = read(text);
  const expected = withValue(data, path, plain(value));
  const spliced = spliceSet(text, document, path, value);
  if (spliced !== undefined && says(spliced, expected)) return spliced;
  return rewritten(text, document, path, expected, () => document.setIn(path, document.createNode(value)));
}

/** Removes the entry at `path`. Throws SpecEditError when it is not there, or shared through an anchor. */
export function removeIn(text: string, path: Path): string {
  const { document, data } = read(text);
  if (!has(data, path)) throw new SpecEditError(`there is no ${formatPath(path)} in the spec`);
  const expected = withoutValue(data, path);
  const spliced = spliceRemove(text, document, path);
  if (spliced !== undefined && says(spliced, expected)) return spliced;
  return rewritten(text, document, path, expected, () => document.deleteIn(path));
}

/** What the spec says at `path`; undefined when it says nothing there. */
export function settingAt(text: string, path: Path): unknown {
  return at(read(text).data, path);
}

/** Plain data without prototypes and sharing, so that two of them can be compared. */
type Data = string | number | boolean | null | undefined | Data[] | { [key: string]: Data };

function read(text: string) {
  const { document, faults } = parseText(text);
  const tree = document && new Tree(document);
  if (!document || !tree || faults.length > 0 || tree.faults.length > 0 || !isMap(document.contents)) {
    throw new SpecEditError("the spec is not valid, so it cannot be edited: see `coffer validate`");
  }
  return { document, data: plain(tree.root) };
}

function says(text: string, expected: Data): boolean {
  const { document } = parseText(text);
  const tree = document && new Tree(document);
  return tree !== undefined && tree.faults.length === 0 && isDeepStrictEqual(plain(tree.root), expected);
}

/** The layout is not one that pieces can be replaced in: the whole document is written anew, with its comments. */
function rewritten(text: string, document: Document, path: Path, expected: Data, change: () => void): string {
  const shared = new SpecEditError(
    `${formatPath(path)} is shared through an anchor (&name) or an alias (*name) of the spec: edit the file by hand`,
  );
  let result: string;
  try {
    change();
    result = document.toString({ lineWidth: 0 });
  } catch {
    throw shared;
  }
  if (text.includes("\r\n")) result = result.replaceAll("\n", "\r\n");
  if (!says(result, expected)) throw shared;
  return result;
}

function plain(value: unknown): Data {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value as Data;
  const copy = Object.create(null) as { [key: string]: Data };
  for (const [key, item] of Object.entries(value)) if (item !== undefined) copy[key] = plain(item);
  return copy;
}

/** What the text says at `path`, as plain data; undefined when it says nothing there. */
export function said(text: string, path: Path): unknown {
  return at(read(text).data, path);
}

function has(data: Data, path: Path): boolean {
  return at(data, path) !== undefined;
}

/** The value at `path`; undefined when there is none. */
function at(data: Data, path: Path): Data {
  const [segment, ...rest] = path;
  if (segment === undefined) return data;
  if (typeof data !== "object" || data === null || !Object.hasOwn(data, segment)) return undefined;
  return at((data as { [key: string]: Data })[segment], rest);
}

function isMapping(data: Data): data is { [key: string]: Data } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function withValue(data: Data, path: Path, value: Data): Data {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (data !== undefined && data !== null && Array.isArray(data) !== (typeof segment === "number")) {
    throw new SpecEditError(`the spec has something else where ${formatPath([segment])} is to be set`);
  }
  if (typeof data === "string" || typeof data === "number" || typeof data === "boolean") {
    throw new SpecEditError(`the spec has a plain value where ${formatPath([segment])} is to be set`);
  }
  if (typeof segment === "number") {
    const list = Array.isArray(data) ? [...data] : [];
    if (segment > list.length) throw new SpecEditError(`a list of ${list.length} has no place for item ${segment}`);
    list[segment] = withValue(list[segment], rest, value);
    return list;
  }
  const map = Object.assign(Object.create(null), data) as { [key: string]: Data };
  map[segment] = withValue(map[segment], rest, value);
  return map;
}

function withoutValue(data: Data, path: Path): Data {
  const [segment, ...rest] = path;
  if (segment === undefined || typeof data !== "object" || data === null) return data;
  if (Array.isArray(data)) {
    if (rest.length === 0) return data.filter((_, index) => index !== segment);
    return data.map((item, index) => (index === segment ? withoutValue(item, rest) : item));
  }
  const map = Object.assign(Object.create(null), data) as { [key: string]: Data };
  if (rest.length === 0) delete map[segment];
  else map[segment] = withoutValue(map[segment], rest);
  return map;
}
