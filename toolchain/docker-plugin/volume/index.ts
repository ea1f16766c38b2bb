/** Volumes of Docker. A volume's id is its name. */

import type Docker from "dockerode";
import { inUseRetried } from "../in-use.ts";
import { HalfMade, type Operation, unlessGone } from "../operation.ts";
import type { Found, Resource } from "../resource.ts";
import { isZero, labelList, labelMap, mapOf, objectsOf, type Props, textOf } from "../values.ts";
import { volumeSchema } from "./schema.ts";

export const volume: Resource = {
  schema: volumeSchema,
  secrets: (inputs) => Object.values(mapOf(inputs, "driverOpts")).filter((text) => text.length >= 6),

  async create(operation, inputs) {
    const name = textOf(inputs, "name");
    // Docker hands out an existing volume of this name and driver without a word; so does the official plugin.
    await operation.request("creating it", () =>
      operation.engine.docker.createVolume({
        Name: name,
        ...(isZero(inputs.driver) ? {} : { Driver: textOf(inputs, "driver") }),
        DriverOpts: mapOf(inputs, "driverOpts"),
        Labels: labelMap(objectsOf(inputs, "labels")),
      }),
    );
    const found = await find(operation, name).catch((error: Error) => {
      throw new HalfMade(name, error.message);
    });
    if (!found) throw operation.failure("was removed by somebody else right after it was created");
    return found;
  },

  read: (operation, id) => find(operation, id),

  update: async () => ({}),

  remove: (operation, id) =>
    inUseRetried(operation, "volume is in use", () => operation.engine.docker.getVolume(id).remove({ force: true })),
};

async function find(operation: Operation, id: string): Promise<Found | undefined> {
  const seen = await unlessGone(operation.request("reading it", () => operation.engine.docker.getVolume(id).inspect()));
  return seen && { id, observed: observe(seen) };
}

function observe(seen: Docker.VolumeInspectInfo): Props {
  return {
    name: seen.Name,
    driver: seen.Driver,
    driverOpts: { ...seen.Options },
    labels: labelList(seen.Labels),
    mountpoint: seen.Mountpoint,
  };
}
