/** The project's quotas against everything that new machines need. */
import type { StackSpec } from "../../../spec/model.ts";
import { quote } from "../../../spec/problem.ts";
import { type Amount, amounts, type Catalogue, type Quota } from "./catalogue.ts";
import type { Fault } from "./fault.ts";
import { type InstanceNeeds, needsOf } from "./needs.ts";

/** The service that counts, and the words of what is counted. */
const words: Readonly<Record<Amount, string>> = {
  servers: "Nova's quota of instances",
  cores: "Nova's quota of cores",
  ramMiB: "Nova's quota of memory (MiB)",
  volumes: "Cinder's quota of volumes",
  gigabytes: "Cinder's quota of gigabytes",
  ports: "Neutron's quota of ports",
  securityGroups: "Neutron's quota of security groups",
  rules: "Neutron's quota of security group rules",
  floatingIps: "Neutron's quota of floating IPs",
};

/**
 * At most one fault for each quota, at the instance that exceeds it first. Instances in `existing` need nothing more:
 * what they take is in use already, and what growing them would take is not known here.
 */
export function quotaFaults(spec: StackSpec, catalogue: Catalogue, existing: ReadonlySet<string>): Fault[] {
  const needs = needsOf(spec, catalogue.flavors).filter(({ instance }) => !existing.has(instance));
  const { project, volumeTypes, largestVolumeGiB } = catalogue.quotas;
  const faults = amounts.map((amount) => exceeded(words[amount], project[amount], needs, (need) => need[amount]));
  for (const [type, quotas] of volumeTypes) {
    // A spec names a type by name or id; Cinder counts by name.
    const id = catalogue.volumeTypes?.find(({ name }) => name === type)?.id;
    const typed = needs.filter(({ volumeType }) => volumeType === type || (id !== undefined && volumeType === id));
    const of = `for volumes of type ${quote(type)}`;
    faults.push(exceeded(`Cinder's quota of volumes ${of}`, quotas.volumes, typed, ({ volumes }) => volumes));
    faults.push(exceeded(`Cinder's quota of gigabytes ${of}`, quotas.gigabytes, typed, ({ gigabytes }) => gigabytes));
  }
  return [...faults.filter((fault) => fault !== undefined), ...tooLarge(needs, largestVolumeGiB)];
}

function exceeded(
  name: string,
  quota: Quota | undefined,
  needs: readonly InstanceNeeds[],
  amountOf: (need: InstanceNeeds) => number,
): Fault | undefined {
  if (!quota || quota.limit < 0) return undefined;
  const left = Math.max(quota.limit - quota.used, 0);
  const users = needs.filter((need) => amountOf(need) > 0);
  let total = 0;
  let first: string | undefined;
  for (const need of users) {
    total += amountOf(need);
    if (total > left) first ??= need.instance;
  }
  if (first === undefined) return undefined;
  return {
    code: "cloud-quota",
    path: ["instances", first],
    atKey: true,
    message: `from this instance on, ${name} is exceeded: have it raised, or free what is not needed`,
    received: `${total} needed by ${users.length} new instance${users.length === 1 ? "" : "s"}`,
    allowed: `at most ${left} more: ${quota.used} of ${quota.limit} are in use`,
  };
}

function tooLarge(needs: readonly InstanceNeeds[], largest: number | undefined): Fault[] {
  if (largest === undefined || largest < 0) return [];
  return needs
    .filter(({ gigabytes }) => gigabytes > largest)
    .map(({ instance, gigabytes }) => ({
      code: "cloud-quota",
      path: ["instances", instance, "volume"],
      message: "this volume is larger than Cinder's quota allows a single one to be in this project",
      received: `${gigabytes} GiB`,
      allowed: `at most ${largest} GiB`,
    }));
}
