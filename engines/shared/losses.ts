/** Which steps on databases and users take something away that somebody may rely on. */
import type { SqlStep } from "../engine.ts";

const losses = new Set([
  "drop-database",
  "drop-extension",
  "drop-user",
  "rename-user",
  "revoke",
  "set-password",
  "require-certificate",
]);

/** True for steps after which data, a login or a privilege is gone: a person should agree to them before an apply. Pure. */
export function takesAway(step: SqlStep): boolean {
  if (step.kind === "set-levels") return Object.values(step.levels as Record<string, string>).includes("none");
  return losses.has(step.kind);
}
