/** The marker on a data volume: whose data lies there. */
import type { Guest, Marker } from "../../access/guest.ts";
import { layout } from "../../access/guest.ts";

/** The marker's text as it lies on the volume. */
export function markerText(marker: Marker): string {
  return `${JSON.stringify(marker, undefined, 2)}\n`;
}

/** Reads a marker's text; throws when it is none, because guessing whose data lies there is not safe. */
export function parseMarker(text: string): Marker {
  const value = parsed(text);
  if (
    typeof value !== "object" ||
    value === null ||
    !("uuid" in value && typeof value.uuid === "string") ||
    !("engine" in value && typeof value.engine === "string") ||
    !("version" in value && typeof value.version === "string")
  )
    throw new Error(`${layout.marker} on the data volume is damaged; restore it before going on`);
  return value as Marker;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The volume's marker, or undefined when there is none. */
export async function readMarker(guest: Guest): Promise<Marker | undefined> {
  const text = await guest.readFile(layout.marker);
  return text === undefined ? undefined : parseMarker(text);
}

/** Writes the marker whole or not at all. A new data directory gets its marker from `prepareBlank` instead. */
export async function writeMarker(guest: Guest, marker: Marker): Promise<void> {
  await guest.putFile(layout.marker, markerText(marker), { mode: 0o644 });
}

/**
 * Why a volume with this marker cannot serve that instance; undefined when it can, or when it has no marker.
 */
export function markerRefusal(
  marker: Marker | undefined,
  desired: { uuid: string; engine: string; version: string },
): string | undefined {
  if (!marker) return undefined;
  if (marker.uuid !== desired.uuid)
    return (
      `the data volume belongs to instance ${marker.uuid} (${marker.engine} ${marker.version}), not to ` +
      `${desired.uuid}; attach this instance's own volume, or take the data over with --adopt`
    );
  if (marker.engine !== desired.engine)
    return (
      `the data volume has data of ${marker.engine} ${marker.version}, but the instance is to run ` +
      `${desired.engine} ${desired.version}; set the datastore back to ${marker.engine}, or use a new instance`
    );
  if (marker.version !== desired.version)
    return (
      `the data volume has data of ${marker.engine} ${marker.version}, but the instance is to run version ` +
      `${desired.version}; set the version back to ${marker.version}`
    );
  return undefined;
}
