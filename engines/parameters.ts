/** Parameters of a server: what a spec says of them, what a version knows of them, what a server reads. Plain data. */

export type ParameterValue = string | number | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** What a version's server says of one parameter, and what Coffer says of it. Plain data for lists. */
export interface ParameterRule {
  name: string;
  /** `list`: words separated by commas; `flags`: `word=on` or `word=off`, separated by commas. */
  type: "integer" | "number" | "boolean" | "enum" | "list" | "flags" | "text";
  /** What a bare number counts: `B`, `kB`, `8kB`, `MB`, `us`, `ms`, `s`, `min` or `d`. Absent: no size and no time. */
  unit?: string;
  /** Inclusive, in `unit`. */
  min?: number;
  max?: number;
  values?: readonly string[];
  /** As the server prints it, in `unit`. */
  default?: string;
  /** False: a change takes effect at a restart. */
  dynamic: boolean;
  /** Why it is Coffer's own and no configuration may name it. */
  owned?: string;
}

/** A parameter that Coffer sets by itself: as its own (`coffer`), or computed from the flavor until a spec says otherwise. */
export interface OwnSetting {
  name: string;
  /** As the configuration file has it. */
  value: string;
  from: "coffer" | "flavor";
}

/** One parameter as the server reports it. */
export interface ParameterReading {
  /** In effect now, as the server prints it. */
  value: string;
  /** The server's unit for a bare number (PostgreSQL: `8kB`, `ms` ...), when it has one. */
  unit?: string;
  /** True when it can change without a restart. */
  dynamic: boolean;
}
