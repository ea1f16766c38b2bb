/** What a stack on OpenStack needs before Pulumi runs. Read without loading Pulumi. */
import { variablesFor } from "../../access/openstack/cloud-files.ts";
import type { Needs } from "../needs.ts";

export const openstackNeeds: Needs = {
  parts: ["pulumi", "openstack-plugin"],
  environment: (_steps, user, cloud) => variablesFor(cloud, user),
  // With the spec's language, which verbs that only look do without.
  plan: async (...asked) => (await import("./planned-needs.ts")).planNeeds(...asked),
};
