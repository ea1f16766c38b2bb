/** What differs between two sets of inputs, by property path. */
import type { Change } from "./kind.ts";
import { hasUnknown, sameValue, UNKNOWN, type Value, type Values } from "./values.ts";

/**
 * Differences of the spec. `guest` is how to get there, not what is wanted: it is left out. Maps are compared entry by
 * entry (`parameters.max_connections`); everything else as a whole.
 */
export function inputChanges(old: Values, inputs: Values, maps: readonly string[] = []): Change[] {
  const changes: Change[] = [];
  for (const name of unionOfNames(old, inputs)) {
    if (name === "guest") continue;
    if (maps.includes(name) && inputs[name] !== UNKNOWN) {
      const [before, after] = [asMap(old[name]), asMap(inputs[name])];
      for (const key of unionOfNames(before, after)) push(changes, `${name}.${key}`, before[key], after[key]);
    } else {
      push(changes, name, old[name], inputs[name]);
    }
  }
  return changes;
}

function push(changes: Change[], path: string, before: Value, after: Value): void {
  if (!hasUnknown(after) && sameValue(before, after)) return;
  const kind =
    before === undefined || before === null ? "add" : after === undefined || after === null ? "delete" : "update";
  changes.push({ path, kind, fromInputs: true });
}

function unionOfNames(a: Values, b: Values): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)]);
}

function asMap(value: Value): Values {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Values) : {};
}
