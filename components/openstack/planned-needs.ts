/** What an apply of a spec on OpenStack needs to be there before, and what its cloud is sure to refuse. */

import type { Cloud } from "../../access/openstack/cloud.ts";
import { openCloud } from "../../access/openstack/cloud-session.ts";
import { recipeOf } from "../../images/index.ts";
import { loadSpec, problemsAt, SpecError } from "../../spec/index.ts";
import type { StackSpec } from "../../spec/model.ts";
import type { NeededImage, PlannedNeeds } from "../needs.ts";
import type { SpecSource } from "../source.ts";
import { flavorSizes, imagesToBuild, planNotes, planPreflight, readCatalogue } from "./preflight/index.ts";

/** See `Needs.plan`. */
export async function planNeeds(
  source: SpecSource,
  stackId: string | undefined,
  rebuilt: readonly string[],
): Promise<PlannedNeeds> {
  const { spec } = source;
  if (spec.target.kind !== "openstack") throw new Error(`a spec for ${spec.target.kind} has no cloud`);
  const cloud = openCloud({ cloud: spec.target.openstack.cloud });
  const [catalogue, existing] = await Promise.all([readCatalogue(cloud, spec), machinesOf(cloud, stackId)]);
  const faults = planPreflight(spec, catalogue, existing, rebuilt).filter(({ code }) => code !== "cloud-image-missing");
  const settled = settle(source, faults, flavorSizes(catalogue));
  const kept = existing.filter((name) => !rebuilt.includes(name));
  const images = imagesToBuild(spec, catalogue, kept).map(({ engine, version }): NeededImage => {
    const recipe = recipeOf(engine, version);
    return {
      name: `${engine}@${version} in the cloud`,
      async ensure(options) {
        const { ensureCloudImage } = await import("../../access/openstack/images.ts");
        const { uploaded } = await ensureCloudImage(cloud, recipe, options);
        return uploaded;
      },
    };
  });
  return { spec: settled, images, notes: planNotes(spec, catalogue, existing) };
}

/** The spec with the flavors' sizes. Refuses the cloud's faults and those of the loader that need its flavors, together. */
function settle(
  { bytes, file }: SpecSource,
  faults: Parameters<typeof problemsAt>[2],
  flavors: ReturnType<typeof flavorSizes>,
): StackSpec {
  const found = faults.length ? problemsAt(bytes, file, faults) : undefined;
  let spec: StackSpec;
  try {
    spec = loadSpec(bytes, file, { flavors });
  } catch (error) {
    if (!(error instanceof SpecError) || !found) throw error;
    // A flavor that the cloud has not is said once.
    const known = new Set(found.problems.map(({ path }) => path));
    throw new SpecError([...found.problems, ...error.problems.filter(({ path }) => !known.has(path))]);
  }
  if (found) throw found;
  return spec;
}

/** Names of the instances that have their server already. */
async function machinesOf(cloud: Cloud, stackId: string | undefined): Promise<string[]> {
  if (stackId === undefined) return [];
  interface Server {
    metadata: Record<string, string>;
  }
  const servers = await cloud.list<Server>("compute", "/servers/detail", "servers");
  return servers.flatMap(({ metadata }) =>
    metadata["coffer.stack"] === stackId && metadata["coffer.name"] ? [metadata["coffer.name"]] : [],
  );
}
