/** Where a container's inputs are compared by rules of their own. Both are the official plugin's, with their surprises. */

import type { Comparison } from "../schema.ts";
import {
  canonical,
  hasUnknown,
  intOf,
  isProps,
  isUnset,
  isZero,
  objectOf,
  type Props,
  textOf,
  type Value,
} from "../values.ts";

function elements(value: Value | undefined): Props[] {
  return Array.isArray(value) ? value.filter(isProps) : [];
}

/**
 * Equal: as many, and every recorded port has an equal wanted one, in any order; but entries of one internal port keep
 * their order among themselves. A wanted port without `external` takes whatever Docker picked.
 */
export const comparePorts: Comparison = (recorded, wanted, found) => {
  if (found.length === 0 || hasUnknown(wanted)) return found;
  const [before, after] = [elements(recorded), elements(wanted)];
  return before.length === after.length && sameByPort(before, after) ? [] : found;
};

function sameByPort(before: Props[], after: Props[]): boolean {
  const groups = new Map<string, Props[]>();
  for (const port of after) {
    const group = groups.get(portKey(port)) ?? [];
    groups.set(portKey(port), [...group, port]);
  }
  return before.every((port) => {
    const next = groups.get(portKey(port))?.shift();
    if (!next || textOf(next, "ip") !== textOf(port, "ip")) return false;
    return isUnset(next.external) || intOf(next, "external") === intOf(port, "external");
  });
}

function portKey(port: Props): string {
  return `${intOf(port, "internal")}/${textOf(port, "protocol")}`;
}

/**
 * Replaced when the number of mounts changes, or when one that comes or goes has tmpfsOptions, volumeOptions.labels or
 * volumeOptions.subpath. Every other change is recorded only.
 */
export const compareMounts: Comparison = (recorded, wanted, found) => {
  const [before, after] = [elements(recorded), elements(wanted)];
  const moved = [...missing(before, after), ...missing(after, before)];
  const replace = (!hasUnknown(wanted) && before.length !== after.length) || moved.some(needsReplacement);
  return found.map((change) => ({ ...change, replace }));
};

function missing(from: Props[], others: Props[]): Props[] {
  const known = new Set(others.map(canonical));
  return from.filter((mount) => !known.has(canonical(mount)));
}

function needsReplacement(mount: Props): boolean {
  const options = objectOf(mount, "volumeOptions") ?? {};
  return !isZero(mount.tmpfsOptions) || !isZero(options.labels) || !isZero(options.subpath);
}
