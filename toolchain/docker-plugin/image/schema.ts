/** docker:index/remoteImage:RemoteImage: an image that is looked up, and pulled only when absent. */

import type { Schema } from "../schema.ts";

export const imageSchema: Schema = {
  token: "docker:index/remoteImage:RemoteImage",
  autoName: false,
  deleteBeforeReplace: "never",
  timeouts: true,
  fields: {
    name: { type: "string", required: true },
    platform: { type: "string", default: "" },
    pullTriggers: { type: "set" },
    triggers: { type: "map" },
    keepLocally: { type: "bool", change: "state" },
    forceRemove: { type: "bool", change: "state" },
    build: {
      type: "object",
      notServed:
        '"build" (building images) is not covered by this stand-in for the docker plugin; install the official plugin to use it',
    },
    imageId: { type: "string", output: true },
    repoDigest: { type: "string", output: true },
  },
};
