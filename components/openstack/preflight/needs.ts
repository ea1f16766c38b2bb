/** What each instance of a spec takes from the project's quotas. */
import { engineOf } from "../../../engines/index.ts";
import type { InstanceSpec, StackSpec } from "../../../spec/model.ts";
import { GiB } from "../../../spec/units.ts";
import { ingressRules } from "../ingress.ts";
import type { Amount, CloudFlavor } from "./catalogue.ts";
import { openstackOf } from "./fault.ts";

export interface InstanceNeeds extends Readonly<Record<Amount, number>> {
  instance: string;
  /** The Cinder type that the spec names for its volume. */
  volumeType?: string;
}

/** Neutron makes them in every new security group: all egress, IPv4 and IPv6. */
const egressRules = 2;

/**
 * The needs of every instance, in the order of the spec, as if none were there yet. Cores and memory of a flavor that
 * the cloud does not have count as 0: that is another fault. An adopted volume is there already.
 */
export function needsOf(spec: StackSpec, flavors: readonly CloudFlavor[]): readonly InstanceNeeds[] {
  const target = openstackOf(spec);
  return spec.instances.map((instance) => {
    const flavor = flavors.find(({ name }) => name === instance.flavor.name);
    const volumeType = instance.volume.type ?? target.volumeType;
    const adopted = instance.volume.adopt !== undefined;
    return {
      instance: instance.name,
      servers: 1,
      cores: flavor?.vcpus ?? 0,
      ramMiB: flavor?.ramMiB ?? 0,
      volumes: adopted ? 0 : 1,
      gigabytes: adopted ? 0 : volumeGiB(instance),
      ports: target.networks.length,
      securityGroups: 1,
      rules: ingressRules(instance.access, engineOf(instance.engine).ports).length + egressRules,
      floatingIps: wantsFloatingIp(spec, instance) ? 1 : 0,
      ...(volumeType === undefined ? {} : { volumeType }),
    };
  });
}

/** For public instances, and where Coffer's own SSH comes that way. */
export function wantsFloatingIp(spec: StackSpec, instance: InstanceSpec): boolean {
  return instance.access.public || openstackOf(spec).reach.by === "floating-ip";
}

/** Cinder counts whole GiB. */
export function volumeGiB(instance: InstanceSpec): number {
  return Math.ceil(instance.volume.bytes / GiB);
}
