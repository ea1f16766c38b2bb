/** What differs inside a resource, in words that hold no secret. */
import type { StepMetadata } from "./engine-events.ts";

export interface PropertyChange {
  /** As Pulumi writes it, for example `parameters.max_connections`. */
  path: string;
  kind: "add" | "update" | "delete";
  /** The values in words; undefined when they are not known (drift of the real thing). */
  before?: string;
  after?: string;
  /** This difference makes the resource be replaced. */
  replaces: boolean;
  /** True when the real thing drifted, false when the spec changed. */
  drift: boolean;
}

const secretKey = "4dabf18193072939515e22adb298388d";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const longest = 160;

export function propertyChanges(metadata: StepMetadata): PropertyChange[] {
  const before = metadata.old?.inputs ?? {};
  const after = metadata.new?.inputs ?? {};
  const detailed = metadata.detailedDiff;
  if (!detailed || Object.keys(detailed).length === 0) {
    const names = metadata.diffs?.length ? metadata.diffs : differingKeys(before, after);
    return names.flatMap((path) => inputChanges(path, (metadata.keys ?? []).includes(path), before, after));
  }
  return Object.entries(detailed).flatMap(([path, { diffKind, inputDiff }]): PropertyChange[] => {
    const replaces = diffKind.endsWith("-replace");
    const kind = diffKind.replace("-replace", "") as PropertyChange["kind"];
    const differs = showValue(valueAt(before, path)) !== showValue(valueAt(after, path));
    if (inputDiff || differs) return inputChanges(path, replaces, before, after);
    return [{ path, kind, replaces, drift: true }];
  });
}

function inputChanges(
  path: string,
  replaces: boolean,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): PropertyChange[] {
  const leaves = leafChanges(path, shown(valueAt(before, path)), shown(valueAt(after, path)));
  return leaves.map(({ at, old, now }) => ({
    path: at,
    kind: old === undefined ? "add" : now === undefined ? "delete" : "update",
    replaces,
    drift: false,
    ...(old === undefined ? {} : { before: shorten(JSON.stringify(old)) }),
    ...(now === undefined ? {} : { after: shorten(JSON.stringify(now)) }),
  }));
}

interface Leaf {
  at: string;
  old: unknown;
  now: unknown;
}

/** Where two values differ, as deep as both are lists or both are maps. */
function leafChanges(at: string, old: unknown, now: unknown): Leaf[] {
  if (Array.isArray(old) && Array.isArray(now)) {
    const items = Array.from({ length: Math.max(old.length, now.length) }, (_, i) => i);
    return items.flatMap((i) => (same(old[i], now[i]) ? [] : leafChanges(`${at}[${i}]`, old[i], now[i])));
  }
  if (isMap(old) && isMap(now)) {
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return names.flatMap((name) =>
      same(old[name], now[name]) ? [] : leafChanges(`${at}.${name}`, old[name], now[name]),
    );
  }
  return [{ at, old, now }];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** JSON with secrets hidden and values of the future named; equal values give equal text. */
export function showValue(value: unknown): string {
  return JSON.stringify(shown(value)) ?? "";
}

function shown(value: unknown): unknown {
  if (value === unknown) return "(known after the apply)";
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  if (secretKey in value) return "[secret]";
  const entries = Object.entries(value).filter(([name]) => name !== "__defaults");
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, entry]) => [name, shown(entry)]));
}

const shorten = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

function differingKeys(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => showValue(before[name]) !== showValue(after[name]));
}

/** The value at a property path such as `a.b[0]["x.y"]`; undefined when there is none. A secret hides what is in it. */
export function valueAt(from: unknown, path: string): unknown {
  let at = from;
  for (const key of pathKeys(path)) {
    if (at === null || typeof at !== "object") return undefined;
    if (secretKey in at) return at;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

export function pathKeys(path: string): string[] {
  const keys: string[] = [];
  for (const match of path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)) {
    keys.push(match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? match[3] ?? "");
  }
  return keys;
}
