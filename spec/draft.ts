/**
 * A spec between its shape and its rules: every reference looked up, shorthands written out, and whatever has a fault
 * of shape left out (undefined). Rules look at a draft; a draft that passed them becomes the model.
 */
import type { Engine, Parameters, Privileges, RestartRule, TlsMode } from "../engines/engine.ts";
import type { LogSettings } from "../engines/logs.ts";
import { draftLogs } from "./draft-logs.ts";
import { type DraftAccess, type DraftTarget, draftAccess, draftTarget } from "./draft-target.ts";
import type { FlavorSize, ImageChoice, PasswordSetting } from "./model.ts";
import { draftList, mapOf, type Partly, present, withoutGaps } from "./partly.ts";
import type { Path } from "./problem.ts";
import { noConfiguration, type RawSpec } from "./schema.ts";
import type { Plain } from "./tree.ts";
import { GiB, parseMemory } from "./units.ts";

export interface Draft {
  /** Undefined when the target itself has a fault: rules that depend on it keep quiet. */
  target?: DraftTarget;
  /** Those that the spec declares. */
  flavors: ReadonlyMap<string, DraftFlavor>;
  /** Those that the cloud has, where they are the cloud's; undefined when nobody has asked it yet. */
  cloudFlavors?: ReadonlyMap<string, FlavorSize>;
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
  versions: ReadonlyMap<string, DraftVersion>;
  /** Every `name@version` that is declared. */
  references: readonly string[];
  /** False when the versions as a whole have a fault of shape. */
  complete: boolean;
}

export interface DraftVersion {
  image?: ImageChoice;
  /** The image is written as its name alone. */
  short: boolean;
  active: boolean;
  configuration?: string;
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
  volumeType?: string;
  volumeZone?: string;
  zone?: string;
  access: DraftAccess;
  /** As it is written; `none` is no name. */
  configuration?: string;
  restart?: RestartRule;
  parameters: Parameters;
  tls?: TlsMode;
  logs?: LogSettings;
  ports: Readonly<Record<string, number>>;
  databases?: readonly DraftDatabase[];
  /** True when the list or a database in it has a fault of shape, so that not all names are known. */
  databasesIncomplete: boolean;
  drop?: readonly { name: string; path: Path }[];
  users?: readonly DraftUser[];
  /** True when the list or a user in it has a fault of shape, so that not all names are known. */
  usersIncomplete: boolean;
  root?: boolean | { generate?: number };
  exclusive?: boolean;
}

export interface DraftDatabase {
  name: string;
  charset?: string;
  collation?: string;
  owner?: string;
  extensions?: readonly string[];
  path: Path;
  /** Written as its name alone. */
  short: boolean;
}

export interface DraftUser {
  name: string;
  host?: string;
  grants: readonly DraftGrant[];
  password?: PasswordSetting;
  /** Undefined fields are the user's own. */
  was?: { name?: string; host?: string; short: boolean };
  path: Path;
}

export interface DraftGrant {
  database: string;
  privileges: Privileges;
  path: Path;
  short: boolean;
}

type RawInstance = NonNullable<Partly<NonNullable<RawSpec["instances"]>[string]>>;
type RawUser = Partly<NonNullable<NonNullable<RawInstance["users"]>[number]>>;
type RawImage = NonNullable<Partly<NonNullable<RawSpec["datastores"]>[string]["versions"][string]["image"]>>;
type RawDatastore = Partly<NonNullable<RawSpec["datastores"]>[string]>;

/** `data`: after `checkShape`. `cloudFlavors`: as in `Draft`. */
export function draftOf(
  data: Plain,
  engines: readonly Engine[],
  cloudFlavors?: ReadonlyMap<string, FlavorSize>,
): Draft {
  const raw = (data ?? {}) as NonNullable<Partly<RawSpec>>;
  const datastores = mapOf(raw.datastores, (name, value) => draftDatastore(name, value, engines));
  return {
    target: draftTarget(raw.target),
    flavors: mapOf(raw.flavors, (_, value) => ({
      vcpus: value?.vcpus,
      memoryBytes: value?.memory === undefined ? undefined : parseMemory(value.memory),
    })),
    cloudFlavors,
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
    versions: mapOf(versions, (_, version) => ({
      image: version?.image === undefined ? undefined : imageOf(version.image),
      short: typeof version?.image === "string",
      active: version?.active ?? true,
      configuration: version?.configuration,
    })),
    references: Object.keys(versions ?? {}).map((version) => `${name}@${version}`),
    complete: versions !== undefined,
  };
}

/** Undefined when a fault hides which image is meant. */
function imageOf(raw: RawImage): ImageChoice | undefined {
  if (typeof raw === "string") return { by: "name", name: raw, stock: false };
  const stock = raw.stock ?? false;
  if ("name" in raw) return raw.name === undefined ? undefined : { by: "name", name: raw.name, stock };
  if ("id" in raw) return raw.id === undefined ? undefined : { by: "id", id: raw.id, stock };
  const tags = "tags" in raw ? present(raw.tags) : undefined;
  return tags && { by: "tags", tags, stock };
}

/** What is known of a flavor's size, wherever flavors come from. */
export function flavorSize({ target, flavors, cloudFlavors }: Draft, name: string): DraftFlavor | undefined {
  return (target?.kind === "openstack" ? cloudFlavors : flavors)?.get(name);
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

/** The name of the configuration that an instance has: its own, else its version's. */
export function configurationOf({ configuration, resolved }: DraftInstance): string | undefined {
  if (configuration === noConfiguration) return undefined;
  return configuration ?? resolved?.datastore.versions.get(resolved.version)?.configuration;
}

function draftInstance(name: string, raw: RawInstance, datastores: ReadonlyMap<string, DraftDatastore>): DraftInstance {
  const path = ["instances", name];
  const details = typeof raw.volume === "number" ? undefined : raw.volume;
  const size = typeof raw.volume === "number" ? raw.volume : details?.size;
  return {
    name,
    path,
    reference: raw.datastore,
    resolved: resolve(raw.datastore, datastores),
    flavor: raw.flavor,
    size: size === undefined ? undefined : size * GiB,
    adopt: details?.adopt,
    volumeType: details?.type,
    volumeZone: details?.zone,
    zone: raw.zone,
    tls: raw.tls,
    logs: raw.logs && draftLogs(raw.logs),
    access: draftAccess(raw, path),
    configuration: raw.configuration,
    restart: raw.restart,
    parameters: withoutGaps(raw.parameters),
    ports: withoutGaps(raw.ports),
    databases: draftList(raw.databases, (value, index): DraftDatabase | undefined => {
      const short = typeof value === "string";
      const { name, charset, collation, owner, extensions } = short
        ? ({ name: value } as Exclude<typeof value, string>)
        : value;
      if (name === undefined) return undefined;
      const at = [...path, "databases", index];
      return { name, charset, collation, owner, extensions: extensions && present(extensions), short, path: at };
    }),
    databasesIncomplete: raw.databases?.some((value) => namesNothing(value)) ?? Object.hasOwn(raw, "databases"),
    drop: draftList(raw.drop, (value, index) => ({ name: value, path: [...path, "drop", index] })),
    users: draftList(raw.users, (value, index) => draftUser(value, [...path, "users", index])),
    usersIncomplete: raw.users?.some((value) => value?.name === undefined) ?? Object.hasOwn(raw, "users"),
    root: raw.root,
    exclusive: raw.exclusive,
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
  const { name, host, was } = raw;
  return {
    name,
    host,
    grants: grants ?? [],
    password: passwordOf(raw.password),
    was: typeof was === "string" ? { name: was, short: true } : was && { ...was, short: false },
    path,
  };
}

/** Who it was before; undefined when the spec says nothing of it. */
export function earlierUser({ name, host = "%", was }: DraftUser): { name: string; host: string } | undefined {
  return was && { name: was.name ?? name, host: was.host ?? host };
}

function passwordOf(
  raw: { env?: string; file?: string; generate?: number; keep?: true } | undefined,
): DraftUser["password"] {
  if (raw?.keep) return { keep: true };
  if (raw?.generate !== undefined) return { generate: raw.generate };
  if (raw?.env !== undefined) return { env: raw.env };
  return raw?.file === undefined ? undefined : { file: raw.file };
}
