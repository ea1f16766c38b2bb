/** The words of a picture, whichever way it is drawn. */
import type { GraphInstance, StackGraph } from "../../operations/graph.ts";

export const privilegeWords: readonly string[] = ["read", "write", "all"];

/** `small (1 vCPU, 512 MiB)`; the name alone where the size is the target's to know. */
export function flavorWords({ flavor, vcpus, memoryBytes }: GraphInstance): string {
  if (vcpus === undefined || memoryBytes === undefined) return flavor;
  return `${flavor} (${vcpus} vCPU, ${sizeWords(memoryBytes)})`;
}

/** `512 MiB`, `2 GiB`, `1.5 GiB`. */
export function sizeWords(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1024 ? `${Math.round(mebibytes)} MiB` : `${Math.round((10 * mebibytes) / 1024) / 10} GiB`;
}

export function volumeWords({ volumeBytes, adopt }: GraphInstance): string {
  return `volume ${sizeWords(volumeBytes)}${adopt === undefined ? "" : `, data of ${adopt}`}`;
}

/** Who may connect: one line for each. */
export function accessLines({ access }: GraphInstance): string[] {
  return access.from.length ? [...access.from] : ["nobody: closed"];
}

/** What the last apply recorded; "" where there is nothing. */
export function recordedWords({ recorded }: GraphInstance): string {
  if (!recorded) return "";
  return recorded.pendingRestart.length ? `${recorded.address}, waits for a restart` : recorded.address;
}

export const titleWords = ({ stack, target }: StackGraph): string => `stack ${stack} on ${target}`;
