/** Removing what something else may still hold for a moment. */

import { dockerMessage, type Operation, unlessGone } from "./operation.ts";

const PAUSES = [5000, 10_000, 10_000];

/** Removes; while Docker says `busy`, tries again after 5, 10 and 10 s. Gone already is a success. */
export async function inUseRetried(operation: Operation, busy: string, remove: () => Promise<unknown>): Promise<void> {
  for (const pause of [...PAUSES, undefined]) {
    try {
      await unlessGone(operation.request("removing it", remove));
      return;
    } catch (error) {
      if (pause === undefined || !dockerMessage(error).includes(busy)) throw error;
    }
    await operation.sleep(`waiting until nothing uses it any more (Docker: ${busy})`, pause);
  }
}
