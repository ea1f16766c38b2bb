/**
 * What each version's server says about its parameters and character sets. The tables are generated from a real
 * server by `generate-parameters.ts`; nothing in them is written by hand.
 */
import table1011 from "./parameters/10.11.json" with { type: "json" };
import table118 from "./parameters/11.8.json" with { type: "json" };

export type ParameterType = "integer" | "number" | "boolean" | "enum" | "set" | "flagset" | "string";

/** One parameter that a configuration file can set and that the server then reports. */
export interface ParameterRow {
  type: ParameterType;
  /** False: it is read when the server starts. */
  dynamic: boolean;
  /** The system variable, where its name is not the option's. */
  variable?: string;
  /** Inclusive bounds; absent where the type's own are all there is. */
  min?: number;
  max?: number;
  /** The server rounds an integer down to a multiple of it. */
  block?: number;
  /** For enum, set and flagset, in the server's order. */
  values?: readonly string[];
  /** What SET GLOBAL ... = DEFAULT makes of a dynamic one. */
  default?: string;
}

export interface VersionTable {
  /** The server that was asked, for example `10.11.14-MariaDB-0+deb12u2`. */
  server: string;
  parameters: Readonly<Record<string, ParameterRow>>;
  /** Collations by character set; the first is the character set's default. */
  charsets: Readonly<Record<string, readonly string[]>>;
}

const tables: Readonly<Record<string, VersionTable>> = {
  "10.11": table1011 as VersionTable,
  "11.8": table118 as VersionTable,
};

/** Datastore versions, oldest first. */
export const versions: readonly string[] = Object.keys(tables);

/** The table of a version; throws a plain error (versions are checked with the spec). */
export function tableOf(version: string): VersionTable {
  const table = tables[version];
  if (!table) throw new Error(`MariaDB ${version} is not one of ${versions.join(", ")}`);
  return table;
}

/** A server's name of itself without what its build and its settings add (`11.8.9-MariaDB-0+deb13u1 from Debian-log`). */
export function versionText(version: string): string {
  return version.replace(/( from \w+)?(-log)?$/, "");
}
