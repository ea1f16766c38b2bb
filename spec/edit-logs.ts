/** Edits of the logs that an instance has beside the error log. */
import type { SwitchedLog } from "../engines/logs.ts";
import { instancePath, removeIn, setIn, settingAt } from "./edit.ts";

/**
 * Switches a log on or off. On without a threshold keeps the one that is there; what is off is not written. Throws
 * SpecEditError when there is no such instance.
 */
export function setLog(text: string, name: string, log: SwitchedLog, to: boolean | { after: string }): string {
  const logs = [...instancePath(text, name), "logs"];
  const path = [...logs, log];
  const now = settingAt(text, path);
  if (to !== false) {
    const keeps = to === true && typeof now === "object" && now !== null;
    return keeps
      ? text
      : typeof to === "object" && isMapping(now)
        ? setIn(text, [...path, "after"], to.after)
        : setIn(text, path, to);
  }
  if (now === undefined) return text;
  const others = Object.keys(settingAt(text, logs) as object).filter((key) => key !== log);
  return removeIn(text, others.length > 0 ? path : logs);
}

const isMapping = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
