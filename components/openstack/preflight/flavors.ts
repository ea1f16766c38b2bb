/** The flavor of each instance: does it exist, can a server have it, and does the image fit on it. */
import type { FlavorSize, StackSpec } from "../../../spec/model.ts";
import { quote } from "../../../spec/problem.ts";
import { type Catalogue, type CloudFlavor, type CloudImage, versionKey } from "./catalogue.ts";
import { type Fault, listedNames, unknownName } from "./fault.ts";
import { findImage, versionsInUse } from "./images.ts";

const MiB = 2 ** 20;

/** The flavors' sizes by name, as the loader of specs takes them. */
export function flavorSizes({ flavors }: Pick<Catalogue, "flavors">): ReadonlyMap<string, FlavorSize> {
  return new Map(flavors.map(({ name, vcpus, ramMiB }) => [name, { vcpus, memoryBytes: ramMiB * MiB }]));
}

/**
 * An unknown flavor is a fault of every instance: an instance that has its machine would be made anew on it. The rest
 * concerns new machines only.
 */
export function flavorFaults(spec: StackSpec, catalogue: Catalogue, existing: ReadonlySet<string>): Fault[] {
  const images = imagesInUse(spec, catalogue);
  return spec.instances.flatMap((instance): Fault[] => {
    const word = instance.flavor.name;
    const flavor = catalogue.flavors.find(({ name }) => name === word);
    const at = { code: "cloud-flavor" as const, path: ["instances", instance.name, "flavor"] };
    if (!flavor) return [{ ...at, ...unknownFlavor(word, catalogue.flavors) }];
    if (existing.has(instance.name)) return [];
    const image = images.get(versionKey(instance));
    const fits = (other: CloudFlavor) => !other.disabled && tooSmall(other, image).length === 0;
    const allowed = listedNames(catalogue.flavors.filter(fits).map(({ name }) => name));
    const messages = flavor.disabled ? ["this flavor is disabled in the cloud"] : [];
    messages.push(...tooSmall(flavor, image));
    return messages.map((message) => ({ ...at, message, received: quote(word), allowed }));
  });
}

function unknownFlavor(word: string, flavors: readonly CloudFlavor[]): Omit<Fault, "code" | "path"> {
  const byId = flavors.find(({ id }) => id === word);
  const message = "the cloud has no flavor of this name that the project can use";
  if (!byId) return unknownName(word, flavors, message);
  return { ...unknownName(word, flavors, "this is a flavor's id: write its name"), suggestion: byId.name };
}

/** By `versionKey`; a version whose image has a fault is missing: that is said at the version. */
function imagesInUse(spec: StackSpec, catalogue: Catalogue): ReadonlyMap<string, CloudImage> {
  return new Map(
    versionsInUse(spec).flatMap((version): [string, CloudImage][] => {
      const image = findImage(version, catalogue);
      return "found" in image ? [[versionKey(version), image.found]] : [];
    }),
  );
}

function tooSmall(flavor: CloudFlavor, image: CloudImage | undefined): string[] {
  if (!image) return [];
  const messages: string[] = [];
  const words = `image ${quote(image.name)} needs`;
  // A disk of 0 is as large as the image.
  if (flavor.diskGiB > 0 && flavor.diskGiB < image.minDiskGiB) {
    messages.push(`this flavor's disk of ${flavor.diskGiB} GiB is too small: ${words} ${image.minDiskGiB} GiB`);
  }
  if (flavor.ramMiB < image.minRamMiB) {
    messages.push(`this flavor's memory of ${flavor.ramMiB} MiB is too small: ${words} ${image.minRamMiB} MiB`);
  }
  return messages;
}
