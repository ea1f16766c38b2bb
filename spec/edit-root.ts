/** Edits of an instance's administrator. */
import { instancePath, removeIn, setIn, settingAt } from "./edit.ts";

/** Gives the instance an administrator, or the one that it has another password. Throws SpecEditError when there is no such instance. */
export function enableRoot(text: string, name: string): string {
  const path = [...instancePath(text, name), "root"];
  const now = settingAt(text, path);
  if (now === undefined || now === false) return setIn(text, path, true);
  const { generate = 0 } = (typeof now === "object" ? now : {}) as { generate?: number };
  return setIn(
    text,
    typeof now === "object" ? [...path, "generate"] : path,
    typeof now === "object" ? generate + 1 : { generate: 1 },
  );
}

/** Takes the administrator out. Throws SpecEditError when there is no such instance. */
export function disableRoot(text: string, name: string): string {
  const path = [...instancePath(text, name), "root"];
  return settingAt(text, path) === undefined ? text : removeIn(text, path);
}
