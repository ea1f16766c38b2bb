/** The engines there are. Adding one is a folder and a line here. */
import type { Engine } from "./engine.ts";
import { mariadb } from "./mariadb/index.ts";
import { postgresql } from "./postgresql/index.ts";

export const engines: readonly Engine[] = [mariadb, postgresql];

/** The engine of that name; throws a plain error (specs are checked before). */
export function engineOf(name: string): Engine {
  const engine = engines.find((e) => e.name === name);
  if (!engine) throw new Error(`no engine named "${name}"; there are: ${engines.map((e) => e.name).join(", ")}`);
  return engine;
}
