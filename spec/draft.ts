/**
 * A spec between its shape and its rules: every reference looked up, shorthands written out, and whatever has a fault
 * of shape left out (undefined). Rules look at a draft; a draft that passed them becomes the model.
 */
import type { Engine, Parameters, Privileges } from "../engines/engine.ts";
import type { Path } from "./problem.ts";
import type { RawSpec } from "./schema.ts";
import type { Plain } from "./tree.ts";
import { GiB, parseMemory } from "./units.ts";

export interface Draft {
  /** False when the target itself has a fault: rules that depend on it keep quiet. */
  targetKnown: boolean;
  bind: readonly string[];
  flavors: ReadonlyMap<string, DraftFlavor>;
  datastores: ReadonlyMap<string, DraftDatastore>;
  configurations: ReadonlyMap<string, DraftConfiguration>;
  instances: ReadonlyMap<string, DraftInstance>;
  removed: readonly string[];
}

export interface DraftFlavor {
  vcpus?: number;
  memoryBytes?: number;
}

export interface DraftDatastore {
  name: string;
  /** Undefined when the datastore has a fault that hides it. */
  engineName?: string;
  engine?: Engine;
  default?: string;
  versions: ReadonlyMap<string, { image?: string; active: boolean }>;
  /** Every `name@version` that is declared. */
  references: readonly string[];
  /** False when the versions as a whole have a fault of shape. */
  complete: boolean;
}

/** A datastore's version with the engine that serves it. */
export interface Resolved {
  datastore: DraftDatastore;
  version: string;
  engine: Engine;
}

export interface DraftConfiguration {
  name: string;
  path: Path;
  reference?: string;
  resolved?: Resolved;
  description?: string;
  parameters: Parameters;
}

export interface DraftInstance {
  name: string;
  path: Path;
  reference?: string;
  resolved?: Resolved;
  flavor?: string;
  size?: number;
  adopt?: string;
  configuration?: string;
  parameters: Parameters;
  ports: Readonly<Record<string, number>>;
  databases?: readonly DraftDatabase[];
  /** True when the list or a database in it has a fault of shape, so that not all names are known. */
  databasesIncomplete: boolean;
  drop?: readonly { name: string; path: Path }[];
  users?: readonly DraftUser[];
}

export interface DraftDatabase {
  name: string;
  charset?: string;
  collation?: string;
  path: Path;
  /** Written as its name alone. */
  short: boolean;
}

export interface DraftUser {
  name: string;
  host?: string;
  grants: readonly DraftGrant[];
  password?: { env: string } | { file: string };
  path: Path;
}

export interface DraftGrant {
  database: string;
  privileges: Privileges;
  path: Path;
  short: boolean;
}

/** The type of what `checkShape` left: as the schema has it, but anything may be missing. */
type Partly<T> = T extends string | number | boolean | null | undefined
  ? T | undefined
  : T extends readonly (infer Item)[]
    ? readonly Partly<Item>[] | undefined
    : { [Key in keyof T]?: Partly<T[Key]> } | undefined;

type RawInstance = NonNullable<Partly<NonNullable<RawSpec["instances"]>[string]>>;
type RawUser = Partly<NonNullable<NonNullable<RawInstance["users"]>[number]>>;
type RawDatastore = Partly<NonNullable<RawSpec["datastores"]>[string]>;

/** `data`: after `checkShape`. */
export function draftOf(data: Plain, engines: readonly Engine[]): Draft {
  const raw = (data ?? {}) as NonNullable<Partly<RawSpec>>;
  const datastores = mapOf(raw.datastores, (name, value) => draftDatastore(name, value, engines));
  const docker = typeof raw.target === "object" ? raw.target.docker : undefined;
  return {
    targetKnown: raw.target !== undefined,
    bind: present(docker?.bind) ?? ["127.0.0.1"],
    flavors: mapOf(raw.flavors, (_, value) => ({
      vcpus: value?.vcpus,
      memoryBytes: value?.memory === undefined ? undefined : parseMemory(value.memory),
    })),
    datastores,
    configurations: mapOf(raw.configurations, (name, value) => ({
      name,
      path: ["configurations", name],
      reference: value?.datastore,
      resolved: resolve(value?.datastore, datastores),
      description: value?.description,
      parameters: withoutGaps(value?.parameters),
    })),
    instances: mapOf(raw.instances, (name, value) => draftInstance(name, value ?? {}, datastores)),
    removed: Object.keys(raw.removed ?? {}),
  };
}

function draftDatastore(name: string, value: RawDatastore, engines: readonly Engine[]): DraftDatastore {
  const engineName = value === undefined ? undefined : (value.engine ?? name);
  const versions = value?.versions;
  return {
    name,
    engineName,
    engine: engines.find((engine) => engine.name === engineName),
    default: value?.default,
    versions: mapOf(versions, (_, version) => ({ image: version?.image, active: version?.active ?? true })),
    references: Object.keys(versions ?? {}).map((version) => `${name}@${version}`),
    complete: versions !== undefined,
  };
}

/** What `name` or `name@version` stands for; undefined when a rule will say why not, or a fault has said it. */
function resolve(reference: string | undefined, datastores: ReadonlyMap<string, DraftDatastore>): Resolved | undefined {
  if (reference === undefined) return undefined;
  const { name, version } = splitReference(reference);
  const datastore = datastores.get(name);
  if (!datastore?.engine) return undefined;
  const chosen = version ?? defaultVersion(datastore);
  if (chosen === undefined || !datastore.versions.has(chosen)) return undefined;
  return { datastore, version: chosen, engine: datastore.engine };
}

/** `mariadb@10.11` in its parts. */
export function splitReference(reference: string): { name: string; version?: string } {
  const at = reference.indexOf("@");
  return at < 0 ? { name: reference } : { name: reference.slice(0, at), version: reference.slice(at + 1) };
}

/** The version of instances that name none: the one declared, else the only one. */
export function defaultVersion(datastore: DraftDatastore): string | undefined {
  const [only] = datastore.versions.keys();
  return datastore.default ?? (datastore.versions.size === 1 ? only : undefined);
}

function draftInstance(name: string, raw: RawInstance, datastores: ReadonlyMap<string, DraftDatastore>): DraftInstance {
  const path = ["instances", name];
  const volume = typeof raw.volume === "number" ? { size: raw.volume } : raw.volume;
  return {
    name,
    path,
    reference: raw.datastore,
    resolved: resolve(raw.datastore, datastores),
    flavor: raw.flavor,
    size: volume?.size === undefined ? undefined : volume.size * GiB,
    adopt: volume && "adopt" in volume ? volume.adopt : undefined,
    configuration: raw.configuration,
    parameters: withoutGaps(raw.parameters),
    ports: withoutGaps(raw.ports),
    databases: draftList(raw.databases, (value, index): DraftDatabase | undefined => {
      const short = typeof value === "string";
      const { name, ...rest } = short ? { name: value } : value;
      return name === undefined ? undefined : { ...rest, name, short, path: [...path, "databases", index] };
    }),
    databasesIncomplete: raw.databases?.some((value) => namesNothing(value)) ?? Object.hasOwn(raw, "databases"),
    drop: draftList(raw.drop, (value, index) => ({ name: value, path: [...path, "drop", index] })),
    users: draftList(raw.users, (value, index) => draftUser(value, [...path, "users", index])),
  };
}

function namesNothing(value: string | { name?: string } | undefined): boolean {
  return value === undefined || (typeof value === "object" && value.name === undefined);
}

function draftUser(raw: NonNullable<RawUser>, path: Path): DraftUser | undefined {
  if (raw.name === undefined) return undefined;
  const grants = draftList(raw.databases, (value, index): DraftGrant | undefined => {
    const short = typeof value === "string";
    const database = short ? value : value.name;
    const privileges: Privileges = (short ? undefined : value.privileges) ?? "all";
    return database === undefined ? undefined : { database, privileges, short, path: [...path, "databases", index] };
  });
  return { name: raw.name, host: raw.host, grants: grants ?? [], password: passwordOf(raw.password), path };
}

function passwordOf(raw: { env?: string; file?: string } | undefined): DraftUser["password"] {
  if (raw?.env !== undefined) return { env: raw.env };
  return raw?.file === undefined ? undefined : { file: raw.file };
}

function mapOf<Value, Result>(
  record: { readonly [name: string]: Value } | null | undefined,
  make: (name: string, value: Value) => Result,
): Map<string, Result> {
  return new Map(Object.entries(record ?? {}).map(([name, value]) => [name, make(name, value)]));
}

/** A list without the entries that have faults; the others keep the index they have in the file. */
function draftList<Item, Result>(
  list: readonly (Item | undefined)[] | undefined,
  make: (item: Item, index: number) => Result | undefined,
): Result[] | undefined {
  return list?.flatMap((item, index) => {
    const made = item === undefined ? undefined : make(item, index);
    return made === undefined ? [] : [made];
  });
}

function present<Item>(list: readonly (Item | undefined)[] | undefined): Item[] | undefined {
  return list?.filter((item) => item !== undefined);
}

function withoutGaps<Value>(record: { readonly [key: string]: Value | undefined } | undefined): Record<string, Value> {
  const entries = Object.entries(record ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
