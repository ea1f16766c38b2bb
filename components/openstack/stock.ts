/** Stock cloud images: the spec has a word for them, and nothing installs a server in one yet. */
import type { StackSpec } from "../../spec/model.ts";

/** Refused before anything is made, rather than found out by a guest that never answers. */
export function stockFaults(spec: StackSpec) {
  const used = new Set(spec.instances.map(({ datastore, version }) => `${datastore}@${version}`));
  return spec.datastores
    .filter(({ datastore, version, image }) => image?.stock && used.has(`${datastore}@${version}`))
    .map(({ datastore, version }) => ({
      path: ["datastores", datastore, "versions", version, "image", "stock"],
      message: "servers cannot be installed in a stock cloud image yet",
      allowed: "an image that Coffer built: leave `image` out, or name a copy of one",
    }));
}
