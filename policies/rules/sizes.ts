/** How large an instance may be. Without limits in the settings these rules are silent. */
import { pageOf, rule } from "../rule.ts";

const GiB = 1024 ** 3;

export const flavorLimit = rule({
  id: "flavor-limit",
  severity: "mandatory",
  title: "Flavors stay within the organisation's limits",
  remedy: "choose a smaller flavor, or one of those allowed",
  page: pageOf("flavor-limit"),
  about: "flavor",
  judge({ name, vcpus, memoryBytes }, { limits }) {
    const shown = name === undefined ? "this machine" : `flavor "${name}"`;
    if (name !== undefined && limits.flavors && !limits.flavors.includes(name)) {
      return { message: `${shown} is not one of those that may be used`, allowed: limits.flavors.join(", ") };
    }
    if (vcpus !== undefined && limits.vcpus !== undefined && vcpus > limits.vcpus) {
      return { message: `${shown} has ${vcpus} CPUs`, allowed: `at most ${limits.vcpus}` };
    }
    if (memoryBytes !== undefined && limits.memoryBytes !== undefined && memoryBytes > limits.memoryBytes) {
      const allowed = `at most ${inGiB(limits.memoryBytes)} GiB`;
      return { message: `${shown} has ${inGiB(memoryBytes)} GiB of memory`, allowed };
    }
    return undefined;
  },
});

export const volumeLimit = rule({
  id: "volume-limit",
  severity: "mandatory",
  title: "Data volumes stay within the organisation's limit",
  remedy: "ask for a smaller volume: it can grow later, and never shrinks",
  page: pageOf("volume-limit"),
  about: "volume",
  judge: ({ bytes }, { limits }) =>
    limits.volumeBytes !== undefined && bytes > limits.volumeBytes
      ? {
          message: `the data volume has ${inGiB(bytes)} GiB`,
          allowed: `at most ${inGiB(limits.volumeBytes)} GiB`,
        }
      : undefined,
});

const inGiB = (bytes: number): number => Math.round((bytes / GiB) * 100) / 100;
