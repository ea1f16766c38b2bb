/** Containers of Docker. The id is the full 64 hex digits. */

import { dockerMessage, HalfMade, type Operation, statusOf, unlessGone } from "../operation.ts";
import type { Found, Resource } from "../resource.ts";
import type { Change } from "../schema.ts";
import { flagOf, intOf, objectsOf, type Props, textOf, textsOf } from "../values.ts";
import { createContainer } from "./create.ts";
import { observe } from "./observe.ts";
import { resources, swapBytes } from "./request.ts";
import { containerSchema } from "./schema.ts";

export const container: Resource = {
  schema: containerSchema,

  secrets: (inputs) =>
    [
      ...textsOf(inputs, "envs").map((entry) => entry.slice(entry.indexOf("=") + 1)),
      ...objectsOf(inputs, "uploads").flatMap((file) => [textOf(file, "content"), textOf(file, "contentBase64")]),
      // Shorter texts would tear holes into every sentence.
    ].filter((text) => text.length >= 6),

  async create(operation, inputs) {
    const { id, logs } = await createContainer(operation, inputs);
    const found = await find(operation, id, inputs).catch((error: Error) => {
      throw new HalfMade(id, error.message);
    });
    if (!found)
      throw operation.failure("was gone right after it was created: with `rm` a short job leaves nothing behind");
    return { id, observed: logs === undefined ? found.observed : { ...found.observed, containerLogs: logs } };
  },

  read: find,

  async update(operation, id, recorded, inputs, changes) {
    const handle = operation.engine.docker.getContainer(id);
    if (recorded.mustRun === false && flagOf(inputs, "mustRun") && flagOf(inputs, "start"))
      await ignoring(
        [304],
        operation.request("starting it", () => handle.start()),
      );
    if (changes.some(isLimit)) {
      // Docker takes 0 and "" for "leave as it is": a limit that was removed changes only the record.
      const swap = intOf(inputs, "memorySwap");
      await operation.request("updating its limits and restart policy", () =>
        handle.update({
          ...resources(inputs),
          ...(swap === 0 ? {} : { MemorySwap: swapBytes(swap) }),
          RestartPolicy: { Name: textOf(inputs, "restart"), MaximumRetryCount: intOf(inputs, "maxRetryCount") },
        }),
      );
    }
    return {};
  },

  async remove(operation, id, recorded) {
    const handle = operation.engine.docker.getContainer(id);
    // Without destroyGraceSeconds it is killed at once; its own stopTimeout has no say.
    const grace = intOf(recorded, "destroyGraceSeconds");
    if (!flagOf(recorded, "attach"))
      await ignoring(
        [304, 404],
        operation.wait(`stopping it (${grace} s before the kill)`, () => handle.stop({ t: grace })),
      );
    const volumes = flagOf(recorded, "removeVolumes");
    await ignoring(
      [404, BUSY],
      operation.request("removing it", () => handle.remove({ force: true, v: volumes })),
    );
    const condition = flagOf(recorded, "rm") ? "removed" : "not-running";
    await ignoring(
      [404, BUSY],
      operation.wait("waiting for its removal", () => handle.wait({ condition })),
    );
  },
};

function isLimit(change: Change): boolean {
  return containerSchema.fields[change.property]?.change === "update";
}

/** Exactly this id among all containers; a name or a shortened id is not found. */
async function find(operation: Operation, id: string, recorded: Props): Promise<Found | undefined> {
  const { docker } = operation.engine;
  const all = await operation.request("looking for it", () => docker.listContainers({ all: true }));
  if (!all.some((entry) => entry.Id === id)) return undefined;
  const seen = await unlessGone(operation.request("reading it", () => docker.getContainer(id).inspect()));
  return seen && { id, observed: observe(seen, recorded) };
}

const BUSY = "is already in progress";

/** Some answers of Docker mean that there is nothing left to do. */
async function ignoring(harmless: (number | string)[], work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const known = (one: number | string) =>
      typeof one === "number" ? statusOf(error) === one : dockerMessage(error).includes(one);
    if (!harmless.some(known)) throw error;
  }
}
