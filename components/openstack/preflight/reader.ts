/** What the parts of reading a catalogue share. */
import type { Cloud } from "../../../access/openstack/cloud.ts";
import { CloudError } from "../../../access/openstack/cloud.ts";

export interface Reader {
  cloud: Cloud;
  /** The project's id. */
  project: string;
  signal: AbortSignal | undefined;
  /** The answer; undefined, with a note, when the project has no right to it or the cloud lacks that API. */
  optional<T>(what: string, answer: Promise<T>): Promise<T | undefined>;
}

/** Logs in. Notes of `optional` are added to `notes`. */
export async function openReader(cloud: Cloud, notes: string[], signal: AbortSignal | undefined): Promise<Reader> {
  const project = await cloud.projectId();
  return {
    cloud,
    project,
    signal,
    async optional(what, answer) {
      try {
        return await answer;
      } catch (error) {
        if (!refused(error)) throw error;
        notes.push(`${what} cannot be checked: cloud ${cloud.name} answers ${error.status}`);
        return undefined;
      }
    },
  };
}

/** True when the cloud is well, and this one call is not for us. */
export function refused(error: unknown): error is CloudError {
  return error instanceof CloudError && (error.status === 403 || error.status === 404);
}

/** The request options that stop a call; absent is absent. */
export function stoppedBy(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
