/** `datastore-list` and `datastore-version-list`: what the spec declares, and what Coffer serves beyond that. */
import { engineOf, engines } from "../engines/index.ts";
import type { DatastoreVersion, ImageChoice, StackSpec } from "../spec/model.ts";
import { nearest } from "../spec/nearest.ts";
import { OperationError } from "./errors.ts";
import { type OperationRequest, readSource } from "./session.ts";
import { chooseStackIfAny } from "./stack-choice.ts";

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

/** What a spec declares beyond what Coffer serves anyway. */
export type Declared = Pick<StackSpec, "datastores" | "instances">;

/** The chosen spec. Where none is named and none or several could be meant, nothing is declared; a note says so. */
export async function declaredIn(request: OperationRequest): Promise<Declared> {
  const chosen = await chooseStackIfAny(request.workspace, request);
  if (chosen?.file !== undefined || request.stack !== undefined) return (await readSource(request)).source.spec;
  const text = "no spec is chosen: this is what Coffer serves (-f FILE or --stack NAME: what a spec says, too)";
  request.report({ kind: "note", severity: "info", text });
  return { datastores: [], instances: [] };
}

export async function listDatastores(request: OperationRequest): Promise<readonly DatastoreRow[]> {
  return datastoreRows(await declaredIn(request));
}

/** Versions of one datastore, or of all. Those that are not declared come last. */
export async function listVersions(
  request: OperationRequest & { datastore?: string },
): Promise<readonly DatastoreVersionRow[]> {
  const { datastore } = request;
  const rows = versionRows(await declaredIn(request));
  if (datastore === undefined) return rows;
  const own = rows.filter((row) => row.datastore === datastore);
  if (!own.length) throw noDatastore(datastore, [...new Set(rows.map((row) => row.datastore))]);
  return own;
}

/** Pure. Engines that no datastore of the spec is of come last, under their own name. */
export function datastoreRows(spec: Declared): DatastoreRow[] {
  const rows = versionRows(spec);
  const names = [...new Set(rows.map(({ datastore }) => datastore))];
  return names.map((datastore): DatastoreRow => {
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
}

/** Pure. What is not declared comes last, with engines that no datastore is of under their own name. */
export function versionRows(spec: Declared): DatastoreVersionRow[] {
  const declared = spec.datastores.map((one) => versionRow(spec, one));
  const engineNames = new Map(spec.datastores.map(({ datastore, engine }) => [datastore, engine]));
  const others = engines.filter(({ name }) => !declared.some(({ engine }) => engine === name));
  for (const { name } of others) engineNames.set(name, name);
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

function versionRow({ instances }: Declared, one: DatastoreVersion): DatastoreVersionRow {
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
export function servedVersion(spec: Declared, reference: string): { engine: string; version: string } {
  const [name = "", given] = reference.split("@");
  const versions = spec.datastores.filter(({ datastore }) => datastore === name);
  const engine = versions[0]?.engine ?? engines.find((one) => one.name === name)?.name;
  if (engine === undefined) throw noDatastore(name, datastoreNames(spec));
  const served = engineOf(engine).versions;
  const version = given ?? versions.find(({ isDefault }) => isDefault)?.version ?? served.at(-1) ?? "";
  if (served.includes(version)) return { engine, version };
  throw new OperationError("input", `${name} has no version "${version}"`, {
    remedy: `there are: ${served.join(", ")}`,
  });
}

/** Everything that `servedVersion` takes before the @: datastores of the spec, then engines. */
export function datastoreNames(spec: Declared): readonly string[] {
  return [...new Set([...spec.datastores.map(({ datastore }) => datastore), ...engines.map(({ name }) => name)])];
}

function noDatastore(name: string, names: readonly string[]): OperationError {
  const near = nearest(name, names);
  return new OperationError("input", `there is no datastore "${name}"${near ? `; did you mean "${near}"?` : ""}`, {
    remedy: `there are: ${names.join(", ")}`,
  });
}
