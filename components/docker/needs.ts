/** What a stack on Docker needs on this machine before Pulumi runs. Read without loading Pulumi. */
import { ensureImage, imageName, recipeOf } from "../../images/index.ts";
import type { StackSpec } from "../../spec/model.ts";
import type { NeededImage, Needs } from "../needs.ts";

export const dockerNeeds: Needs = {
  parts: ["pulumi", "docker-plugin", "docker"],

  environment(steps, { DOCKER_HOST: own }): Record<string, string> {
    // Where the engine was found: a rootless one, for example.
    const address = own ?? steps.find(({ name }) => name === "docker")?.path;
    return address === undefined ? {} : { DOCKER_HOST: address };
  },

  plan: async ({ spec }) => ({ spec, images: imagesOf(spec), notes: [] }),
};

function imagesOf(spec: StackSpec): NeededImage[] {
  const used = new Set(spec.instances.map((instance) => `${instance.datastore}@${instance.version}`));
  const built = spec.datastores.filter(
    ({ datastore, version, image }) => image === undefined && used.has(`${datastore}@${version}`),
  );
  const recipes = new Map(built.map(({ engine, version }) => [`${engine} ${version}`, recipeOf(engine, version)]));
  return [...recipes.values()].map((recipe) => ({
    name: imageName(recipe),
    async ensure(options) {
      const { connectDocker } = await import("../../access/docker/engine.ts");
      return (await ensureImage(connectDocker(), recipe, options)).built;
    },
  }));
}
