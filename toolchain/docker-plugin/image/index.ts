/** Images. The id is the image's id and its name in one text: `sha256:<64 hex>nginx:latest`. */

import type Docker from "dockerode";
import { dockerMessage, type Operation, unlessGone } from "../operation.ts";
import type { Found, Resource } from "../resource.ts";
import { flagOf, type Props, textOf } from "../values.ts";
import { imageSchema } from "./schema.ts";

export const image: Resource = {
  schema: imageSchema,
  secrets: () => [],

  async create(operation, inputs) {
    return provide(operation, textOf(inputs, "name"), textOf(inputs, "platform"));
  },

  async read(operation, _id, recorded) {
    const name = textOf(recorded, "name");
    if (name === "") throw operation.failure("an image cannot be imported: declare it, and it is found by its name");
    const seen = await look(operation, name);
    return seen && found(seen, name);
  },

  async update(operation, _id, _recorded, inputs) {
    return (await provide(operation, textOf(inputs, "name"), textOf(inputs, "platform"))).observed;
  },

  async remove(operation, _id, recorded) {
    const name = textOf(recorded, "name");
    if (flagOf(recorded, "keepLocally") || !(await look(operation, name))) return;
    const options = { force: flagOf(recorded, "forceRemove"), noprune: true };
    await unlessGone(operation.request("removing it", () => operation.engine.docker.getImage(name).remove(options)));
  },
};

/** Looks the image up, and pulls it only when it is not there. */
export async function provide(operation: Operation, name: string, platform: string): Promise<Found> {
  const seen = await look(operation, name);
  if (seen) return found(seen, name);
  const problem = await pull(operation, name, platform);
  const pulled = await look(operation, name);
  if (pulled) return found(pulled, name);
  throw operation.failure(
    `there is no image "${name}" here and pulling it did not bring it${problem ? `: ${problem}` : ""}; ` +
      "check the name and the access to its registry, or load the image into the engine first",
  );
}

function look(operation: Operation, name: string): Promise<Docker.ImageInspectInfo | undefined> {
  return unlessGone(
    operation.request(`looking up the image "${name}"`, () => operation.engine.docker.getImage(name).inspect()),
  );
}

/** Pulls; returns what the registry or Docker said when it failed. */
async function pull(operation: Operation, name: string, platform: string): Promise<string | undefined> {
  const { docker, credentialsFor } = operation.engine;
  const authconfig = credentialsFor(name);
  try {
    await operation.wait(`pulling the image "${name}"`, async () => {
      const stream = await docker.pull(tagged(name), {
        ...(platform && { platform }),
        ...(authconfig && { authconfig }),
      });
      await new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(stream, (error: Error | null) => (error ? reject(error) : resolve()));
      });
    });
    return undefined;
  } catch (error) {
    // A registry's or Docker's refusal is told only if the image is missing after all; the end of the wait is final.
    if (error instanceof Error && "dockerMessage" in error) return dockerMessage(error);
    throw error;
  }
}

/** Without a tag or digest Docker would pull every tag there is. */
function tagged(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  return last.includes(":") || last.includes("@") ? name : `${name}:latest`;
}

function found(seen: Docker.ImageInspectInfo, name: string): Found {
  return {
    id: seen.Id + name,
    observed: { name, imageId: seen.Id, repoDigest: repoDigest(seen, name) } satisfies Props,
  };
}

/** None: ""; one: that; several: the first that begins with the name up to its first ":", else the first. */
export function repoDigest(seen: Pick<Docker.ImageInspectInfo, "RepoDigests">, name: string): string {
  const digests = seen.RepoDigests ?? [];
  const repository = name.split(":")[0] ?? name;
  return (digests.length > 1 ? digests.find((digest) => digest.startsWith(repository)) : undefined) ?? digests[0] ?? "";
}
