/** Which plans a person has to agree to, and what they have to know for that. Pure: from changes to lines. */
import { imageTypes, roleOfType } from "../components/kinds.ts";
import { type Change, partOf } from "./changes.ts";
import { instanceType } from "./engine-events.ts";

/**
 * Returns what a plan restarts, drops, replaces, deletes or closes, one line each; none where it only updates what is there in place.
 * Undefined for a plan that nobody has to agree to: one that only creates, and one whose changes wait for a stopped instance.
 */
export function needsConfirmation(changes: readonly Change[]): readonly string[] | undefined {
  const touching = changes.filter(touchesWhatIsThere);
  if (!touching.length) return undefined;
  const deleted = new Set(touching.filter(isWholeInstance).map(({ resource }) => resource.instance));
  return touching.flatMap((change) => {
    const { instance } = change.resource;
    if (isWholeInstance(change)) return [deletion(instance ?? change.resource.name, changes)];
    if (change.action === "delete" && deleted.has(instance)) return [];
    return linesOf(change);
  });
}

/** Images only say which one is current, and what Coffer leaves as it is in a server does not change. */
function touchesWhatIsThere({ action, held, resource, retained }: Change): boolean {
  if (action === "create" || held || imageTypes.includes(resource.type)) return false;
  return !(retained && resource.type.startsWith("coffer:"));
}

const isWholeInstance = ({ action, resource }: Change): boolean =>
  action === "delete" && resource.type === instanceType;

function deletion(name: string, changes: readonly Change[]): string {
  const volume = changes.find(({ resource }) => resource.instance === name && roleOfType(resource.type) === "data");
  const fate = volume === undefined ? "" : volume.retained ? "; its data volume is kept" : " WITH ITS DATA VOLUME";
  return `delete instance "${name}"${fate}`;
}

function linesOf(change: Change): string[] {
  const { action, resource, retained, warnings = [] } = change;
  const whose = resource.instance === undefined ? "" : `${resource.instance}: `;
  const lines = warnings.map((text) => `${whose}${text}`);
  if (action === "update") return lines;
  const kept = retained ? " (kept)" : "";
  return [`${whose}${verbOf(change)} ${partOf(change)}${kept}`, ...lines];
}

function verbOf({ action, resource }: Change): string {
  if (action === "replace") return "replace";
  const role = roleOfType(resource.type);
  return role === "rule" || role === "floating-ip" ? "close" : "delete";
}
