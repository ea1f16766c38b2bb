/** docker:index/volume:Volume: every input replaces. */

import { LABELS, type Schema } from "../schema.ts";

export const volumeSchema: Schema = {
  token: "docker:index/volume:Volume",
  autoName: true,
  deleteBeforeReplace: "whenNamed",
  timeouts: false,
  fields: {
    name: { type: "string" },
    driver: { type: "string", computed: true },
    driverOpts: { type: "map" },
    labels: { type: "set", of: LABELS },
    cluster: {
      type: "object",
      notServed:
        '"cluster" (volumes of a swarm) is not covered by this stand-in for the docker plugin; install the official plugin to use it',
    },
    mountpoint: { type: "string", output: true },
  },
};
