/** The Docker target: one container with one data volume for each instance, one network for each stack. */

import * as docker from "@pulumi/docker";
import { imageName, recipeOf } from "../../images/index.ts";
import type { DockerTarget } from "../../spec/model.ts";
import type { SpecSource } from "../source.ts";
import type { OpenTarget, Target } from "../target.ts";
import { DockerNetwork } from "./network.ts";

export async function openDocker({ spec }: SpecSource): Promise<OpenTarget> {
  if (spec.target.kind !== "docker") throw new Error(`the Docker target was given a spec for ${spec.target.kind}`);
  return { spec, target: dockerTarget(spec.target.docker) };
}

const dockerTarget = (options: DockerTarget): Target => ({
  bind: options.bind,

  image({ datastore, engine, version, image: chosen }, parent) {
    const name = chosen?.by === "name" ? chosen.name : imageName(recipeOf(engine, version));
    // Coffer builds the image before the apply; the resource makes sure it is there, and never removes it.
    const image = new docker.RemoteImage(`${datastore}@${version}-image`, { name, keepLocally: true }, { parent });
    return { reference: image.name };
  },

  shared: (identity) => new DockerNetwork(options, identity),
});
