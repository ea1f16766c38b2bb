/** `datastore-list` and `datastore-version-list`: what the spec declares, and what Coffer serves beyond that. */
import { engineOf, engines } from "../engines/index.ts";
import type { DatastoreVersion, ImageChoice, StackSpec } from "../spec/model.ts";
import { nearest } from "../spec/nearest.ts";
import { OperationError } from "./errors.ts";
import { type OperationRequest, readSource } from "./session.ts";

export interface DatastoreRow {
  datastore: string;
  engine: string;
  /** The version of instances that name none; "" when the datastore is not declared. */
  default: string;
  /** Declared, active or not. */
  versions: readonly string[];
  /** The engine's other versions, which the spec does not declare. */
  served: readonly string[];
  instances: readonly string[];
}

export interface DatastoreVersionRow {
  datastore: string;
  engine: string;
  version: string;
  default: boolean;
  /** False: it takes no new instances; those that exist live on. */
  active: boolean;
  /** In words; "" when it is built from Coffer's recipe. */
  image: string;
  configuration: string | null;
  instances: readonly string[];
  /** False: Coffer serves it, and the spec does not declare it. */
  declared: boolean;
}

export async function listDatastores(request: OperationRequest): Promise<readonly DatastoreRow[]> {
  return datastoreRows((await readSource(request)).source.spec);
}

/** Versions of one datastore of the spec, or of all. Those that are not declared come last. */
export async function listVersions(
  request: OperationRequest & { datastore?: string },
): Promise<readonly DatastoreVersionRow[]> {
  const { datastore } = request;
  const { spec } = (await readSource(request)).source;
  const names = [...new Set(spec.datastores.map((one) => one.datastore))];
  if (datastore !== undefined && !names.includes(datastore)) throw noDatastore(datastore, names);
  return versionRows(spec).filter((row) => datastore === undefined || row.datastore === datastore);
}

/** Pure. Engines that no datastore of the spec is of come last, under their own name. */
export function datastoreRows(spec: StackSpec): DatastoreRow[] {
  const rows = versionRows(spec);
  const names = [...new Set(rows.map(({ datastore }) => datastore))];
  const declared = names.map((datastore): DatastoreRow => {
    const own = rows.filter((row) => row.datastore === datastore);
    return {
      datastore,
      engine: own[0]?.engine ?? "",
      default: own.find((row) => row.default)?.version ?? "",
      versions: own.filter((row) => row.declared).map(({ version }) => version),
      served: own.filter((row) => !row.declared).map(({ version }) => version),
      instances: own.flatMap((row) => row.instances),
    };
  });
  const others = engines.filter(({ name }) => !declared.some(({ engine }) => engine === name));
  return [
    ...declared,
    ...others.map(({ name, versions }) => ({
      datastore: name,
      engine: name,
      default: "",
      versions: [],
      served: versions,
      instances: [],
    })),
  ];
}

/** Pure. */
export function versionRows(spec: StackSpec): DatastoreVersionRow[] {
  const declared = spec.datastores.map((one) => versionRow(spec, one));
  const engineNames = new Map(spec.datastores.map(({ datastore, engine }) => [datastore, engine]));
  const undeclared = [...engineNames].flatMap(([datastore, engine]) =>
    engineOf(engine)
      .versions.filter((version) => !declared.some((row) => row.datastore === datastore && row.version === version))
      .map((version) => ({
        datastore,
        engine,
        version,
        default: false,
        active: false,
        image: "",
        configuration: null,
        instances: [],
        declared: false,
      })),
  );
  return [...declared, ...undeclared];
}

function versionRow({ instances }: StackSpec, one: DatastoreVersion): DatastoreVersionRow {
  const { datastore, engine, version, isDefault, active, image, configuration } = one;
  return {
    datastore,
    engine,
    version,
    default: isDefault,
    active,
    image: image ? imageWords(image) : "",
    configuration: configuration ?? null,
    instances: instances.filter((i) => i.datastore === datastore && i.version === version).map(({ name }) => name),
    declared: true,
  };
}

function imageWords(image: ImageChoice): string {
  const words =
    image.by === "tags" ? `tags ${image.tags.join(", ")}` : image.by === "id" ? `id ${image.id}` : image.name;
  return image.stock ? `${words} (stock)` : words;
}

/** A datastore of the spec with its version, or an engine's: `mariadb`, `mariadb@11.8`. Throws an input error. */
export function servedVersion(spec: StackSpec, reference: string): { engine: string; version: string } {
  const [name = "", given] = reference.split("@");
  const versions = spec.datastores.filter(({ datastore }) => datastore === name);
  const engine = versions[0]?.engine ?? engines.find((one) => one.name === name)?.name;
  if (engine === undefined) throw noDatastore(name, [...new Set(spec.datastores.map((one) => one.datastore))]);
  const served = engineOf(engine).versions;
  const version = given ?? versions.find(({ isDefault }) => isDefault)?.version ?? served.at(-1) ?? "";
  if (served.includes(version)) return { engine, version };
  throw new OperationError("input", `${name} has no version "${version}"`, {
    remedy: `there are: ${served.join(", ")}`,
  });
}

function noDatastore(name: string, names: readonly string[]): OperationError {
  const near = nearest(name, names);
  return new OperationError("input", `the spec has no datastore "${name}"${near ? `; did you mean "${near}"?` : ""}`, {
    remedy: names.length ? `there are: ${names.join(", ")}` : "declare one under datastores:",
  });
}
