/** The parameters of each server version, as a real server of that version described them (generate-parameters.ts). */
import rules15 from "./parameters/15.json" with { type: "json" };
import rules17 from "./parameters/17.json" with { type: "json" };

export type VariableType = "bool" | "integer" | "real" | "string" | "enum";

/** When a parameter can change: `internal` never, `postmaster` at a start, the others on a reload. */
export type VariableContext =
  | "internal"
  | "postmaster"
  | "sighup"
  | "superuser-backend"
  | "backend"
  | "superuser"
  | "user";

/** One row of pg_settings; what does not apply is left out. */
export interface Variable {
  type: VariableType;
  context: VariableContext;
  /** The unit of a bare number: `B`, `kB`, `8kB`, `MB`, `ms`, `s`, `min`. */
  unit?: string;
  /** In `unit`. */
  min?: number;
  max?: number;
  values?: readonly string[];
  /** The built-in default, in `unit`; left out when the server has none. */
  default?: string;
}

export type Catalogue = ReadonlyMap<string, Variable>;

interface Row extends Omit<Variable, "type" | "context"> {
  type: string;
  context: string;
}

function catalogue(rows: Readonly<Record<string, Row>>): Catalogue {
  return new Map(Object.entries(rows) as [string, Variable][]);
}

const catalogues: Readonly<Record<string, Catalogue>> = { "15": catalogue(rules15), "17": catalogue(rules17) };

export const versions: readonly string[] = Object.keys(catalogues);

/** Throws for a version that is not served (specs are checked before). */
export function catalogueOf(version: string): Catalogue {
  const found = catalogues[version];
  if (!found) throw new Error(`PostgreSQL ${version} is not served; there are: ${versions.join(", ")}`);
  return found;
}
