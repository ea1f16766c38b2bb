/** What is known of the official Docker plugin: the shape of the two fixtures in `test/unit/fixtures/docker-plugin/`. */

/** The resources that Coffer's stand-in serves, by their type tokens, and the classes of the npm package that stand for them. */
export const served: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "Container",
  "docker:index/network:Network": "Network",
  "docker:index/remoteImage:RemoteImage": "RemoteImage",
  "docker:index/volume:Volume": "Volume",
};

/** A property as the npm package declares it. An array is a list or a set, and a number an int: the package does not say which. */
export interface Declared {
  type: "string" | "number" | "boolean" | "array" | "map" | "object";
  /** Of objects, and of the objects in an array. */
  of?: Readonly<Record<string, Declared>>;
  /** Inputs: must be given. */
  required?: true;
  /** Outputs: has a value whatever the program gave, because Docker or the plugin fills it in. */
  always?: true;
  /** What "Defaults to" says in the comment. It is prose: some of it is Docker's own default, some of it is the zero value. */
  saysDefault?: string;
}

export interface FromNpm {
  package: string;
  version: string;
  resources: Readonly<
    Record<string, { inputs: Readonly<Record<string, Declared>>; outputs: Readonly<Record<string, Declared>> }>
  >;
}

/** A property as the plugin's own sources have it: what the npm package leaves out. */
export interface Rule {
  type: "string" | "int" | "bool" | "list" | "set" | "map" | "object";
  of?: Readonly<Record<string, Rule>>;
  /** A change makes a new object. In an element of a set or list: so does an element with it that comes or goes. */
  replaces?: true;
  default?: string | number | boolean;
  /** Docker fills it in when the program is silent. Without `input` it is an output only. */
  computed?: true;
  input?: true;
  required?: true;
  /** It has a rule of its own for which differences count. */
  suppresses?: true;
  conflicts?: readonly string[];
  /** The check of its value: `>= 0`, a pattern between slashes, or the name of a Go function. */
  check?: string;
}

export interface FromProvider {
  /** Where the facts come from. */
  plugin: { repository: string; version: string; commit: string };
  terraform: { repository: string; version: string; commit: string };
  resources: Readonly<
    Record<
      string,
      {
        /** Always deleted before it is replaced; else only when the program names it. */
        deleteBeforeReplace: boolean;
        /** customTimeouts have an effect. */
        timeouts: boolean;
        properties: Readonly<Record<string, Rule>>;
      }
    >
  >;
}
