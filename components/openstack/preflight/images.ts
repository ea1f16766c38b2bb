/** The image of each datastore version in use: which one it is, and whether servers can start from it. */
import { recipeOf } from "../../../images/index.ts";
import { disk, recipeHash } from "../../../images/recipe.ts";
import type { DatastoreVersion, StackSpec } from "../../../spec/model.ts";
import { nearest } from "../../../spec/nearest.ts";
import { quote } from "../../../spec/problem.ts";
import { listed } from "../../../spec/rule.ts";
import { type Catalogue, type CloudImage, versionKey } from "./catalogue.ts";
import { type Fault, listedNames, suggested } from "./fault.ts";

export type ImageFinding = { found: CloudImage } | { fault: Fault };

/** The hash of the recipe that makes Coffer's own image of a version: the property coffer_recipe in Glance. */
export function recipeHashOf({ engine, version }: DatastoreVersion): string {
  return recipeHash(recipeOf(engine, version), disk);
}

/** The datastore versions that instances of the spec use; those for which `wanted` says yes when it is given. */
export function versionsInUse(
  spec: StackSpec,
  wanted: (instance: string) => boolean = () => true,
): readonly DatastoreVersion[] {
  const used = new Set(spec.instances.filter(({ name }) => wanted(name)).map(versionKey));
  return spec.datastores.filter((version) => used.has(versionKey(version)));
}

/** The image that servers of this version start from. Of several by tags or by recipe, the newest active one. */
export function findImage(
  version: DatastoreVersion,
  catalogue: Pick<Catalogue, "images" | "otherImages">,
): ImageFinding {
  const images = catalogue.images.get(versionKey(version)) ?? [];
  const active = images.filter(({ status }) => status === "active");
  const only = active.length === 1 || byOrder(version) ? newest(active) : undefined;
  if (only) {
    const fault = mismatch(version, only);
    return fault ? { fault } : { found: only };
  }
  if (active.length > 1) return { fault: several(version, active) };
  // An upload of Coffer's own image that was interrupted leaves one that is not active: it is made again.
  const unusable = images.length > 0 && version.image !== undefined;
  return { fault: unusable ? inactive(version, images) : missing(version, catalogue) };
}

/** True where several images are no question: the newest is meant. */
function byOrder({ image }: DatastoreVersion): boolean {
  return image === undefined || image.by === "tags";
}

function newest(images: readonly CloudImage[]): CloudImage | undefined {
  return images.toSorted((a, b) => compare(b.createdAt, a.createdAt) || compare(a.id, b.id))[0];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function mismatch(version: DatastoreVersion, image: CloudImage): Fault | undefined {
  const wanted = `${version.engine} ${version.version}`;
  const shown = `image ${quote(image.name)} (${image.id})`;
  if (image.engine === undefined) {
    if (version.image?.stock) return notInstallable(version, image, shown);
    const allowed =
      "an image that Coffer built, or a copy of one with its coffer_engine and coffer_version properties; " +
      "for a stock cloud image add `stock: true`";
    return at(version, `${shown} does not say what is in it: it has no property coffer_engine`, allowed);
  }
  if (image.engine === version.engine && (image.version ?? version.version) === version.version) return undefined;
  const content = [image.engine, image.version].filter((word) => word !== undefined).join(" ");
  return at(version, `${shown} is for ${quote(content)}, and this is ${wanted}`, `an image for ${wanted}`);
}

/** What release it is of, its guests tell at their first boot. */
function notInstallable(version: DatastoreVersion, { distro }: CloudImage, shown: string): Fault | undefined {
  if (distro === undefined || distro === "debian") return undefined;
  const { suite } = recipeOf(version.engine, version.version);
  return at(version, `${shown} is of another operating system: its os_distro is ${quote(distro)}`, `Debian ${suite}`);
}

function several(version: DatastoreVersion, images: readonly CloudImage[]): Fault {
  const message = `${images.length} images have this name: write { id: ... } of the one that is meant`;
  const ids = images.map(({ id, createdAt }) => `${id} (made ${createdAt})`);
  return at(version, message, listed(ids, "none"));
}

function inactive(version: DatastoreVersion, images: readonly CloudImage[]): Fault {
  const states = images.map(({ id, status }) => `${id} is ${quote(status)}`);
  return at(version, `the image cannot be used: ${listed(states, "none")}`, "an image whose status is active");
}

function missing(version: DatastoreVersion, { otherImages }: Pick<Catalogue, "otherImages">): Fault {
  const { image, engine, version: number } = version;
  if (image === undefined) {
    const words = `${engine}@${number}`;
    const message =
      `Coffer's image for ${engine} ${number} (recipe ${recipeHashOf(version)}) is not in this cloud: ` +
      `\`coffer up\` builds and uploads it; or: \`coffer image build ${words}\``;
    return { code: "cloud-image-missing", path: pathOf(version), atKey: true, message, received: number };
  }
  if (image.by === "id") return at(version, "the cloud has no image of this id that the project can use");
  if (image.by === "name") {
    const names = [...new Set(otherImages.map(({ name }) => name))].sort();
    const fault = at(version, "the cloud has no image of this name that the project can use", listedNames(names));
    return { ...fault, ...suggested(nearest(image.name, names)) };
  }
  const tags = [...new Set(otherImages.flatMap((other) => other.tags))].sort();
  return at(
    version,
    "no image of the cloud has all of these tags",
    `tags there are: ${listed(tags.map(quote), "none")}`,
  );
}

function at(version: DatastoreVersion, message: string, allowed?: string): Fault {
  const { image } = version;
  const code = "cloud-image";
  const more = allowed === undefined ? {} : { allowed };
  if (image === undefined) return { code, path: pathOf(version), atKey: true, message, ...more };
  const received = image.by === "tags" ? listedNames(image.tags) : quote(image.by === "name" ? image.name : image.id);
  return { code, path: [...pathOf(version), "image"], message, received, ...more };
}

function pathOf({ datastore, version }: DatastoreVersion): string[] {
  return ["datastores", datastore, "versions", version];
}

export function imageFaults(versions: readonly DatastoreVersion[], catalogue: Catalogue): Fault[] {
  return versions.flatMap((version) => {
    const image = findImage(version, catalogue);
    return "fault" in image ? [image.fault] : [];
  });
}
