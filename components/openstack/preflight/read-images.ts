/** What Glance has for the image choice of each datastore version in use. */
import { CloudError } from "../../../access/openstack/cloud.ts";
import type { DatastoreVersion, StackSpec } from "../../../spec/model.ts";
import { GiB } from "../../../spec/units.ts";
import { type Catalogue, type CloudImage, versionKey } from "./catalogue.ts";
import { recipeHashOf, versionsInUse } from "./images.ts";
import { type Reader, stoppedBy } from "./reader.ts";

type Images = Pick<Catalogue, "images" | "otherImages">;

/** One call for each different choice, and one more list of all images when a name or tags found nothing. */
export async function readImages(reader: Reader, spec: StackSpec): Promise<Images> {
  const versions = versionsInUse(spec);
  const answers = new Map<string, Promise<CloudImage[]>>();
  const answerTo = (version: DatastoreVersion): Promise<CloudImage[]> => {
    const question = JSON.stringify(version.image ?? recipeHashOf(version));
    const answer = answers.get(question) ?? imagesFor(reader, version);
    answers.set(question, answer);
    return answer;
  };
  const found = await Promise.all(versions.map(answerTo));
  const unknown = versions.some(
    ({ image }, index) => (image?.by === "name" || image?.by === "tags") && found[index]?.length === 0,
  );
  return {
    images: new Map(versions.map((version, index) => [versionKey(version), found[index] ?? []])),
    otherImages: unknown ? await listImages(reader, {}) : [],
  };
}

async function imagesFor(reader: Reader, version: DatastoreVersion): Promise<CloudImage[]> {
  const { image } = version;
  if (image === undefined) return listImages(reader, { coffer_recipe: recipeHashOf(version) });
  if (image.by === "id") return imageById(reader, image.id);
  if (image.by === "tags") {
    const tagged = await listImages(reader, { tag: image.tags });
    return tagged.filter(({ tags }) => image.tags.every((tag) => tags.includes(tag)));
  }
  // Without "eq:", a name that begins with "in:" would be a list of names. Glance's database may ignore letter case.
  const named = await listImages(reader, { name: `eq:${image.name}` });
  return named.filter(({ name }) => name === image.name);
}

/** Images that are shared with everybody (community) are in no list, but can be used by their id. */
async function imageById({ cloud, signal }: Reader, id: string): Promise<CloudImage[]> {
  // Anything else would be another path.
  if (!/^[0-9a-fA-F-]{32,36}$/.test(id)) return [];
  try {
    return [imageOf(await cloud.call<ImageAnswer>("image", `/images/${id}`, stoppedBy(signal)))];
  } catch (error) {
    if (error instanceof CloudError && error.status === 404) return [];
    throw error;
  }
}

async function listImages(
  { cloud, signal }: Reader,
  query: Readonly<Record<string, string | readonly string[]>>,
): Promise<CloudImage[]> {
  const images = await cloud.list<ImageAnswer>("image", "/images", "images", { query, ...stoppedBy(signal) });
  return images.map(imageOf);
}

interface ImageAnswer {
  id: string;
  /** Null when it has none. */
  name: string | null;
  status: string;
  created_at: string;
  min_disk: number;
  min_ram: number;
  /** Bytes of the file; null before it is there. */
  size: number | null;
  /** Bytes of the disk in it; null where Glance did not look. */
  virtual_size?: number | null;
  tags: readonly string[];
  os_hash_algo?: string | null;
  os_hash_value?: string | null;
  coffer_engine?: string;
  coffer_version?: string;
  os_distro?: string;
}

function imageOf(image: ImageAnswer): CloudImage {
  const bytes = Math.max(image.size ?? 0, image.virtual_size ?? 0);
  const {
    os_hash_algo: algorithm,
    os_hash_value: hash,
    coffer_engine: engine,
    coffer_version: version,
    os_distro: distro,
  } = image;
  return {
    id: image.id,
    name: image.name ?? "",
    status: image.status,
    createdAt: image.created_at,
    minDiskGiB: Math.max(image.min_disk, Math.ceil(bytes / GiB)),
    minRamMiB: image.min_ram,
    tags: image.tags,
    ...(engine === undefined ? {} : { engine }),
    ...(version === undefined ? {} : { version }),
    ...(distro === undefined ? {} : { distro }),
    ...(algorithm && hash ? { checksum: `${algorithm}:${hash}` } : {}),
  };
}
