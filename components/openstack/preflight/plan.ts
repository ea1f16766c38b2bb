/** Everything about a spec that can be seen to fail on this cloud, before anything is created. */
import type { StackSpec } from "../../../spec/model.ts";
import { quote } from "../../../spec/problem.ts";
import { type Catalogue, versionKey } from "./catalogue.ts";
import type { Fault } from "./fault.ts";
import { flavorFaults } from "./flavors.ts";
import { findImage, imageFaults, versionsInUse } from "./images.ts";
import { networkFaults, networkNotes } from "./networks.ts";
import { placeFaults } from "./places.ts";
import { quotaFaults } from "./quotas.ts";

/**
 * All faults at once; empty when there is none. `existing`: the names of the instances of this stack that have their
 * machine already. An image, a zone, a disabled flavor and a quota matter to new machines only; an image also to those
 * that are rebuilt.
 */
export function planPreflight(
  spec: StackSpec,
  catalogue: Catalogue,
  existing: Iterable<string>,
  rebuilt: readonly string[] = [],
): Fault[] {
  const there = new Set(existing);
  return [
    ...networkFaults(spec, catalogue),
    ...imageFaults(
      versionsInUse(spec, (name) => !there.has(name) || rebuilt.includes(name)),
      catalogue,
    ),
    ...placeFaults(spec, catalogue, there),
    ...flavorFaults(spec, catalogue, there),
    ...quotaFaults(spec, catalogue, there),
  ];
}

/** For people: what may fail and cannot be seen from here, the catalogue's own notes included. */
export function planNotes(spec: StackSpec, catalogue: Catalogue, existing: Iterable<string>): string[] {
  const there = new Set(existing);
  const used = new Set(spec.instances.filter(({ name }) => !there.has(name)).map(({ flavor }) => flavor.name));
  const diskless = catalogue.flavors.filter(({ name, diskGiB }) => diskGiB === 0 && used.has(name));
  return [
    ...catalogue.notes,
    ...networkNotes(spec, catalogue),
    ...diskless.map(
      ({ name }) => `flavor ${quote(name)} has a disk of 0 GiB: many clouds let no server start on it from an image`,
    ),
  ];
}

/** The datastore versions whose own image must be built and uploaded before new machines can be made. */
export function imagesToBuild(
  spec: StackSpec,
  catalogue: Catalogue,
  existing: Iterable<string>,
): { engine: string; version: string }[] {
  const there = new Set(existing);
  const missing = versionsInUse(spec, (name) => !there.has(name)).filter((version) => {
    const image = findImage(version, catalogue);
    return "fault" in image && image.fault.code === "cloud-image-missing";
  });
  const recipes = new Map(
    missing.map(({ engine, version }) => [versionKey({ datastore: engine, version }), { engine, version }]),
  );
  return [...recipes.values()];
}
