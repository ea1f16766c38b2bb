/** Networks of Docker. */

import type Docker from "dockerode";
import { inUseRetried } from "../in-use.ts";
import { apiAtLeast, HalfMade, type Operation, unlessGone } from "../operation.ts";
import type { Found, Resource } from "../resource.ts";
import { flagOf, isZero, labelList, labelMap, mapOf, objectsOf, type Props, textOf } from "../values.ts";
import { networkSchema } from "./schema.ts";

export const network: Resource = {
  schema: networkSchema,
  secrets: () => [],

  async create(operation, inputs) {
    const { docker } = operation.engine;
    const made = await operation.request("creating it", () => docker.createNetwork(creation(operation, inputs)));
    const found = await find(operation, made.id).catch((error: Error) => {
      throw new HalfMade(made.id, error.message);
    });
    if (!found) throw operation.failure("was removed by somebody else right after it was created");
    return found;
  },

  read: (operation, id) => find(operation, id),

  update: async () => ({}),

  async remove(operation, id) {
    if (!(await find(operation, id))) return;
    await inUseRetried(operation, "has active endpoints", () => operation.engine.docker.getNetwork(id).remove());
  },
};

function creation(operation: Operation, inputs: Props): Docker.NetworkCreateOptions {
  const options = mapOf(inputs, "options");
  return {
    Name: textOf(inputs, "name"),
    ...(apiAtLeast(operation.engine, 44) ? {} : { CheckDuplicate: true }),
    ...(isZero(inputs.driver) ? {} : { Driver: textOf(inputs, "driver") }),
    ...(isZero(inputs.options) ? {} : { Options: options }),
    ...(flagOf(inputs, "internal") ? { Internal: true } : {}),
    ...(flagOf(inputs, "attachable") ? { Attachable: true } : {}),
    ...(flagOf(inputs, "ingress") ? { Ingress: true } : {}),
    ...(flagOf(inputs, "ipv6") ? { EnableIPv6: true } : {}),
    Labels: labelMap(objectsOf(inputs, "labels")),
    IPAM: {
      Driver: textOf(inputs, "ipamDriver") || "default",
      Options: mapOf(inputs, "ipamOptions"),
      Config: objectsOf(inputs, "ipamConfigs").map((config) => ({
        ...(isZero(config.subnet) ? {} : { Subnet: textOf(config, "subnet") }),
        ...(isZero(config.ipRange) ? {} : { IPRange: textOf(config, "ipRange") }),
        ...(isZero(config.gateway) ? {} : { Gateway: textOf(config, "gateway") }),
        ...(isZero(config.auxAddress) ? {} : { AuxiliaryAddresses: mapOf(config, "auxAddress") }),
      })),
    },
  };
}

async function find(operation: Operation, id: string): Promise<Found | undefined> {
  const seen = await unlessGone(
    operation.request("reading it", () => operation.engine.docker.getNetwork(id).inspect()),
  );
  return seen && { id, observed: observe(seen) };
}

function observe(seen: Docker.NetworkInspectInfo): Props {
  return {
    name: seen.Name,
    labels: labelList(seen.Labels),
    driver: seen.Driver,
    options: { ...seen.Options },
    internal: seen.Internal,
    attachable: seen.Attachable,
    ingress: seen.Ingress,
    ipv6: seen.EnableIPv6,
    ipamDriver: seen.IPAM?.Driver ?? "",
    ipamOptions: { ...seen.IPAM?.Options },
    ipamConfigs: (seen.IPAM?.Config ?? []).map((config) => ({
      subnet: config.Subnet ?? "",
      ipRange: config.IPRange ?? "",
      gateway: config.Gateway ?? "",
      auxAddress: { ...(config.AuxiliaryAddresses as Record<string, string> | undefined) },
    })),
    scope: seen.Scope,
  };
}
