/** The Docker target: one container with one data volume for each instance, one network for each stack. */

import * as docker from "@pulumi/docker";
import { imageName, recipeOf } from "../../images/index.ts";
import type { Target } from "../target.ts";
import { DockerNetwork } from "./network.ts";

export const dockerTarget: Target = {
  bind: (spec) => spec.target.docker.bind,

  image(datastore, parent) {
    const name = datastore.image ?? imageName(recipeOf(datastore.engine, datastore.version));
    // Coffer builds the image before the apply; the resource makes sure it is there, and never removes it.
    const image = new docker.RemoteImage(
      `${datastore.datastore}@${datastore.version}-image`,
      { name, keepLocally: true },
      { parent },
    );
    return { reference: image.name };
  },

  shared: (spec, identity) => new DockerNetwork(spec.target.docker, identity),
};
