/**
 * From a YAML document to plain data, in one pass: aliases and merges (`<<`) are resolved, duplicate keys found, and
 * the position of every value is kept.
 */
import type { Document, Node, Pair } from "yaml";
import { isAlias, isMap, isPair, isScalar, isSeq, Scalar } from "yaml";
import { deepestNesting } from "./parse.ts";
import type { Fault, Path, PathSegment } from "./problem.ts";
import { quote, secretPrefix } from "./problem.ts";

export type Plain = string | number | boolean | null | PlainMap | PlainList;
/** Without a prototype, so that a name such as `toString` is a name and nothing else. */
export interface PlainMap {
  [key: string]: Plain | undefined;
}
export type PlainList = (Plain | undefined)[];

/** A value and where it stands in the text. */
export interface Place {
  /** Offset of its key; of the value itself in a list. */
  key: number;
  /** Offset of the value: behind an alias or a merge, where it really is. */
  value: number;
  /** As the file has it, whatever was left out of the tree since; undefined when the file has none. */
  content?: Plain;
  /** The value as it is written, for a scalar. */
  source?: string;
}

/** Values counted through aliases: a few anchors that name each other must not become gigabytes. */
export const mostValues = 500_000;

export class Tree {
  readonly root: Plain;
  readonly faults: Fault[] = [];
  private readonly places = new WeakMap<object, Map<PathSegment, Place>>();
  private readonly rootPlace: Place;

  constructor(document: Document.Parsed) {
    const converted = new Conversion(this.places, this.faults).convert(document.contents, []);
    this.root = converted.value;
    this.rootPlace = placeOf(converted, converted.offset);
  }

  /** The value at `path`; when it is not there, the position of the nearest mapping or list above it. */
  place(path: Path): Place {
    let place = this.rootPlace;
    for (const segment of path) {
      const { content } = place;
      const next = typeof content === "object" && content !== null ? this.places.get(content)?.get(segment) : undefined;
      // What is missing from a mapping is reported at the mapping's own key.
      if (!next) return { key: place.key, value: place.key };
      place = next;
    }
    return place;
  }
}

interface Converted {
  value: Plain;
  offset: number;
  source?: string;
  /** Values in it, itself included, aliases counted in full. */
  size: number;
  depth: number;
}

const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);

class Conversion {
  private readonly places: WeakMap<object, Map<PathSegment, Place>>;
  private readonly faults: Fault[];
  /** Anchored values so far; undefined while the value is still being read. */
  private readonly anchors = new Map<string, Converted | undefined>();
  private total = 0;

  constructor(places: WeakMap<object, Map<PathSegment, Place>>, faults: Fault[]) {
    this.places = places;
    this.faults = faults;
  }

  convert(node: unknown, path: Path, fallbackOffset = 0): Converted {
    if (isAlias(node)) return this.alias(node.source, offsetOf(node, fallbackOffset), path);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, undefined);
    const converted = this.anchorless(node, path, fallbackOffset);
    if (anchor !== undefined) this.anchors.set(anchor, converted);
    return converted;
  }

  private anchorless(node: unknown, path: Path, fallbackOffset: number): Converted {
    const offset = offsetOf(node, fallbackOffset);
    if (isScalar(node)) return this.scalar(node, offset, path);
    if (isMap(node)) return this.map(node.items, offset, path);
    if (isSeq(node)) return this.list(node.items, offset, path);
    return nothing(offset);
  }

  private fault(fault: Fault): void {
    const shown = secretPrefix(fault.path);
    this.faults.push(shown ? { ...fault, path: shown, received: undefined, candidates: undefined } : fault);
  }

  private alias(name: string, offset: number, path: Path): Converted {
    const target = this.anchors.get(name);
    if (target === undefined) {
      const known = this.anchors.has(name);
      const message = known ? "this alias (*name) is inside the value it names" : "this alias names no anchor above it";
      const candidates = () => [...this.anchors.keys()];
      this.fault({ code: "alias", path, offset, message, received: quote(name), word: name, candidates });
      return nothing(offset);
    }
    this.total += target.size;
    if (this.total > mostValues) {
      const message = "aliases (*name) make the spec too large here";
      this.fault({ code: "too-many-aliases", path, offset, message, allowed: `at most ${mostValues} values` });
      this.total = 0;
      return nothing(offset);
    }
    if (path.length + target.depth > deepestNesting) {
      const message = "aliases (*name) nest lists and mappings too deeply here";
      this.fault({ code: "too-deep", path, offset, message, allowed: `at most ${deepestNesting} levels` });
      return nothing(offset);
    }
    return target;
  }

  private scalar(node: Scalar, offset: number, path: Path): Converted {
    const { value, source } = node;
    const converted = { offset, source, size: 1, depth: 0 };
    const refuse = (message: string): Converted => {
      this.fault({ code: "value", path, offset, message });
      return nothing(offset);
    };
    if (typeof value === "string") {
      if (value.includes("\0")) return refuse("a text cannot contain a NUL character");
      if (!value.isWellFormed()) return refuse("a text contains half of a surrogate pair, which no character is");
      return { ...converted, value };
    }
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return refuse("this is not a finite number");
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return refuse("this number is too large to be read exactly: quote it");
      }
      return { ...converted, value };
    }
    if (typeof value === "boolean") return { ...converted, value };
    if (value === null || value === undefined) return nothing(offset);
    return refuse("a value of this YAML type has no meaning in a spec");
  }

  private list(items: readonly unknown[], offset: number, path: Path): Converted {
    const value: Plain[] = [];
    const places = new Map<PathSegment, Place>();
    this.places.set(value, places);
    let size = 1;
    let depth = 0;
    for (const [index, item] of items.entries()) {
      // `[ a: b ]` is a list of a mapping: YAML keeps a bare pair there.
      const child = isPair(item)
        ? this.map([item], offsetOf(item.key, offset), [...path, index])
        : this.convert(item, [...path, index], offset);
      value.push(child.value);
      places.set(index, placeOf(child, child.offset));
      size += child.size;
      depth = Math.max(depth, child.depth);
    }
    return { value, offset, size, depth: depth + 1 };
  }

  private map(items: readonly Pair[], offset: number, path: Path): Converted {
    const value: PlainMap = Object.create(null) as PlainMap;
    const places = new Map<PathSegment, Place>();
    this.places.set(value, places);
    const merged: { from: unknown; offset: number }[] = [];
    let size = 1;
    let depth = 0;
    for (const pair of items) {
      const keyOffset = offsetOf(pair.key, offset);
      if (isMergeKey(pair.key)) {
        merged.push({ from: pair.value, offset: keyOffset });
        continue;
      }
      const key = this.key(pair.key, keyOffset, path);
      const child = this.convert(pair.value, key === undefined ? path : [...path, key], keyOffset);
      size += child.size;
      depth = Math.max(depth, child.depth);
      if (key === undefined) continue;
      if (places.has(key)) {
        const message = "this key is given twice in one mapping";
        this.fault({ code: "duplicate-key", path: [...path, key], offset: keyOffset, message, received: quote(key) });
        continue;
      }
      value[key] = child.value;
      places.set(key, placeOf(child, keyOffset));
    }
    for (const { from, offset: at } of merged) {
      const child = this.merge(from, at, path, value, places);
      size += child.size;
      depth = Math.max(depth, child.depth - 1);
    }
    return { value, offset, size, depth: depth + 1 };
  }

  /** `<<: *defaults` or `<<: [*a, *b]`: the mapping's own keys win, then the earlier one in the list. */
  private merge(from: unknown, offset: number, path: Path, into: PlainMap, places: Map<PathSegment, Place>): Converted {
    const converted = this.convert(from, path, offset);
    const sources = Array.isArray(converted.value) ? converted.value : [converted.value];
    for (const source of sources) {
      const sourcePlaces = isPlainMap(source) ? this.places.get(source) : undefined;
      if (!isPlainMap(source) || !sourcePlaces) {
        // Another fault has been reported when the alias itself was not valid.
        if (source !== null)
          this.fault({ code: "merge", path, offset, message: "only mappings can be merged with <<" });
        continue;
      }
      for (const [key, place] of sourcePlaces) {
        if (places.has(key)) continue;
        into[key] = source[key];
        places.set(key, place);
      }
    }
    return converted;
  }

  /** The key as text; undefined when it was refused. */
  private key(node: unknown, offset: number, path: Path): string | undefined {
    const converted = this.convert(node, path, offset);
    const { value } = converted;
    if (typeof value === "string") {
      if (!refusedKeys.has(value)) return value;
      this.fault({ code: "key", path, offset, message: `${quote(value)} cannot be used as a name` });
      return undefined;
    }
    const written = converted.source;
    if (written !== undefined && typeof value !== "object") {
      const message = `a name must be text, and YAML reads this as ${typeof value === "number" ? "a number" : "true or false"}`;
      const quoted = quote(written);
      this.fault({ code: "key", path, offset, message: `${message}: quote it`, received: written, allowed: quoted });
      return undefined;
    }
    this.fault({ code: "key", path, offset, message: "a name must be text" });
    return undefined;
  }
}

function placeOf({ value, offset, source }: Converted, key: number): Place {
  return { key, value: offset, content: value, source };
}

function nothing(offset: number): Converted {
  return { value: null, offset, size: 1, depth: 0 };
}

function isPlainMap(value: Plain | undefined): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMergeKey(node: unknown): boolean {
  return isScalar(node) && node.type === Scalar.PLAIN && node.value === "<<";
}

function offsetOf(node: unknown, fallback: number): number {
  return (node as Node | null | undefined)?.range?.[0] ?? fallback;
}
