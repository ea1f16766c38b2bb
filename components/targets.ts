/** The targets there are. Adding one is a folder and a line here. */
import { dockerTarget } from "./docker/index.ts";
import type { Target } from "./target.ts";

const targets: Readonly<Record<string, Target>> = { docker: dockerTarget };

export function targetOf(kind: string): Target {
  const target = targets[kind];
  if (!target) throw new Error(`no target named "${kind}"; there are: ${Object.keys(targets).join(", ")}`);
  return target;
}
