/** What is wrong with a spec on this cloud, with its place in the spec; and the look-up of one thing by name or id. */
import type { OpenstackTarget, StackSpec } from "../../../spec/model.ts";
import { nearest } from "../../../spec/nearest.ts";
import type { Path } from "../../../spec/problem.ts";
import { quote } from "../../../spec/problem.ts";
import { listed } from "../../../spec/rule.ts";

export type FaultCode =
  | "cloud-network"
  | "cloud-subnet"
  | "cloud-external"
  | "cloud-image"
  /** Coffer's own image is not in Glance yet: it can be built. */
  | "cloud-image-missing"
  | "cloud-flavor"
  | "cloud-zone"
  | "cloud-volume-type"
  | "cloud-quota";

export interface Fault {
  /** Stable, for programs. */
  code: FaultCode;
  path: Path;
  /** Points at the key of the path's last segment instead of at its value. */
  atKey?: boolean;
  message: string;
  received?: string;
  allowed?: string;
  /** The nearest valid name. */
  suggestion?: string;
}

/** What was found, or what is wrong; the caller knows the place. */
export type Found<T> = { found: T } | { fault: Omit<Fault, "path" | "code"> };

interface Named {
  id: string;
  name: string;
}

/**
 * The one thing with this id, or else with exactly this name. `kind` is its word, for example `network`;
 * `details` tells several of one name apart.
 */
export function choose<T extends Named>(
  word: string,
  things: readonly T[],
  kind: string,
  details: (thing: T) => string = () => "",
): Found<T> {
  const byId = things.find(({ id }) => id === word);
  if (byId) return { found: byId };
  const [first, ...others] = things.filter(({ name }) => name === word);
  if (first && others.length === 0) return { found: first };
  if (first) {
    const ids = [first, ...others].map((thing) => `${thing.id}${details(thing)}`);
    return {
      fault: {
        message: `${ids.length} ${kind}s have this name: write the id of the one that is meant`,
        received: quote(word),
        allowed: listed(ids, "none"),
      },
    };
  }
  return { fault: unknownName(word, things, `the cloud has no ${kind} of this name or id that the project can use`) };
}

/** A name that nothing has: with those there are and the nearest. */
export function unknownName(
  word: string,
  things: readonly Named[],
  message: string,
): Pick<Fault, "message" | "received" | "allowed" | "suggestion"> {
  const names = [...new Set(things.map(({ name }) => name))].filter((name) => name !== "").sort();
  return { message, received: quote(word), allowed: listedNames(names), ...suggested(nearest(word, names)) };
}

/** Names of a cloud are other people's text: each is quoted. */
export function listedNames(names: readonly string[]): string {
  return listed(names.map(quote), "there is none");
}

export function suggested(suggestion: string | undefined): { suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion };
}

/** The OpenStack part of a spec; a plain error for another target, which is a bug. */
export function openstackOf(spec: StackSpec): OpenstackTarget {
  if (spec.target.kind !== "openstack") throw new Error(`this spec is for ${spec.target.kind}, not for openstack`);
  return spec.target.openstack;
}

/** A place in the target's section. */
export function targetPath(...path: Path): Path {
  return ["target", "openstack", ...path];
}
