/** Glance as a store of images. */
import type { ImageStore } from "../image-store.ts";
import { openCloud } from "./cloud-session.ts";
import { deleteImage, ensureCloudImage, findImages, imageUses } from "./images.ts";

export function openstackImages({ cloud: choice }: { cloud?: string }): ImageStore {
  const cloud = openCloud({ cloud: choice });
  return {
    name: cloud.name,
    async list(signal) {
      const stop = signal ? { signal } : {};
      const [images, uses, project] = await Promise.all([
        findImages(cloud, stop),
        imageUses(cloud, signal),
        cloud.projectId(),
      ]);
      return images.map(({ status, owner, visibility, ...image }) => ({
        ...image,
        usable: status === "active",
        // What is public may be in use where this project cannot see it.
        own: owner === project && visibility === "private",
        uses: uses.get(image.id) ?? 0,
      }));
    },
    ensure: (recipe, options) => ensureCloudImage(cloud, recipe, options),
    remove: (id, signal) => deleteImage(cloud, id, signal),
  };
}
