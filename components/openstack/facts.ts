/** What only the cloud knows about a spec: ids for its names, and the sizes of its flavors. */
import type { Cloud } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { findVolume } from "../../access/openstack/volumes.ts";
import { loadSpec, problemsAt } from "../../spec/index.ts";
import type { StackSpec } from "../../spec/model.ts";
import type { SpecSource } from "../source.ts";
import { type CloudFacts as Facts, flavorSizes, planPreflight, readCatalogue, settle } from "./preflight/index.ts";

export interface CloudFacts extends Facts {
  /** Ids of the volumes that instances adopt, by instance. */
  adopted: ReadonlyMap<string, string>;
}

/**
 * A handful of calls in all. Throws a SpecError for a name that the cloud does not have. What matters to new machines only
 * (images, quotas) was seen before, when the apply was prepared (needs.ts).
 */
export async function readFacts({ bytes, file, spec }: SpecSource): Promise<{ spec: StackSpec; facts: CloudFacts }> {
  if (spec.target.kind !== "openstack") throw new Error(`a spec for ${spec.target.kind} has no cloud`);
  const cloud = openCloud({ cloud: spec.target.openstack.cloud });
  const [catalogue, volumes] = await Promise.all([readCatalogue(cloud, spec), volumesToAdopt(cloud, spec)]);
  const everyone = spec.instances.map(({ name }) => name);
  const faults = [...planPreflight(spec, catalogue, everyone), ...adoptionFaults(volumes)];
  if (faults.length) throw problemsAt(bytes, file, faults);
  const settled = loadSpec(bytes, file, { flavors: flavorSizes(catalogue) });
  const adopted = new Map(volumes.flatMap(({ instance, id }) => (id === undefined ? [] : [[instance, id]])));
  return { spec: settled, facts: { ...settle(settled, catalogue), adopted } };
}

interface Adoption {
  instance: string;
  /** As the spec has it: an id or a name. */
  word: string;
  id?: string;
}

/** In the spec a volume may have its name; Pulumi takes it over by its id. */
function volumesToAdopt(cloud: Cloud, spec: StackSpec): Promise<Adoption[]> {
  const adopting = spec.instances.flatMap(({ name, volume }) =>
    volume.adopt === undefined ? [] : [{ instance: name, word: volume.adopt }],
  );
  return Promise.all(
    adopting.map(async (one) => {
      const found = await findVolume(cloud, one.word);
      return found ? { ...one, id: found.id } : one;
    }),
  );
}

function adoptionFaults(volumes: readonly Adoption[]) {
  const missing = volumes.filter(({ id }) => id === undefined);
  return missing.map(({ instance, word }) => ({
    path: ["instances", instance, "volume", "adopt"],
    message: "the project has no volume of this name or id",
    received: word,
    allowed: "a kept volume; list them with: coffer volume-list",
  }));
}
