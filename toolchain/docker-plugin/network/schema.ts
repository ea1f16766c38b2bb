/** docker:index/network:Network: every input replaces. */

import { LABELS, type Schema } from "../schema.ts";

export const networkSchema: Schema = {
  token: "docker:index/network:Network",
  autoName: true,
  deleteBeforeReplace: "whenNamed",
  timeouts: false,
  fields: {
    name: { type: "string" },
    labels: { type: "set", of: LABELS },
    driver: { type: "string", computed: true },
    options: { type: "map", computed: true },
    internal: { type: "bool", computed: true },
    attachable: { type: "bool" },
    ingress: { type: "bool" },
    ipv6: { type: "bool" },
    ipamDriver: { type: "string", default: "default" },
    ipamOptions: { type: "map" },
    ipamConfigs: {
      type: "set",
      computed: true,
      of: {
        subnet: { type: "string" },
        ipRange: { type: "string" },
        gateway: { type: "string" },
        auxAddress: { type: "map" },
      },
    },
    scope: { type: "string", output: true },
  },
};
