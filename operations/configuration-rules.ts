/** `configuration-parameter-list`, `-parameter-show` and `configuration-default`: what may be set, and what Coffer sets itself. */
import { defaultTlsMode, type OwnSetting, type ParameterRule, type ServerSpec } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { nearest } from "../spec/nearest.ts";
import { parseMemory } from "../spec/units.ts";
import { type Declared, datastoreNames, declaredIn, servedVersion } from "./datastores.ts";
import { OperationError } from "./errors.ts";
import { noInstance, readInstances, serverSpecOf } from "./instances.ts";
import { gibibyte } from "./rows.ts";
import { type OperationRequest, openSession, readSource } from "./session.ts";

export interface ParameterRequest extends OperationRequest {
  /** A datastore of the spec or an engine, with or without a version. */
  datastore: string;
}

/** `pattern`: a name in which `*` stands for anything and `?` for one character. */
export async function listParameters(
  request: ParameterRequest & { pattern?: string },
): Promise<readonly ParameterRule[]> {
  const rules = await rulesOf(request);
  const { pattern } = request;
  if (pattern === undefined) return rules;
  const fits = globOf(pattern);
  return rules.filter(({ name }) => fits.test(name));
}

export async function showParameter(request: ParameterRequest & { parameter: string }): Promise<ParameterRule> {
  const rules = await rulesOf(request);
  const { parameter, datastore } = request;
  const rule = rules.find(({ name }) => name === parameter);
  if (rule) return rule;
  const near = nearest(
    parameter,
    rules.map(({ name }) => name),
  );
  const hint = near ? `; did you mean "${near}"?` : "";
  throw new OperationError(
    "input",
    `${datastore} has no parameter "${parameter}" that a configuration can set${hint}`,
    {
      remedy: `see them all: coffer configuration-parameter-list ${datastore}`,
    },
  );
}

async function rulesOf(request: ParameterRequest): Promise<readonly ParameterRule[]> {
  const { engine, version } = servedVersion(await declaredIn(request), request.datastore);
  return engineOf(engine).parameters(version);
}

/** Case does not matter. */
export function globOf(pattern: string): RegExp {
  const words = [...pattern].map((one) => (one === "*" ? ".*" : one === "?" ? "." : literally(one)));
  return new RegExp(`^${words.join("")}$`, "i");
}

const literally = (one: string): string => one.replace(/[\\^$.*+?()[\]{}|]/, "\\$&");

export interface DefaultsRequest extends OperationRequest {
  /** An instance, else a datastore or an engine with or without a version. */
  of: string;
  /** For DATASTORE@VERSION: the flavor's memory, such as `512M`. Default: 1G. */
  memory?: string;
  /** For DATASTORE@VERSION: the volume's size in GiB. Default: 10. */
  volume?: number;
}

export interface Defaults {
  engine: string;
  version: string;
  memoryBytes: number;
  volumeBytes: number;
  /** Sorted by name. */
  settings: readonly OwnSetting[];
}

/** What Coffer sets by itself on such a server: what an instance without configuration and parameters goes back to. */
export async function defaultConfiguration(request: DefaultsRequest): Promise<Defaults> {
  const { of } = request;
  const declared = await declaredIn(request);
  const isInstance = declared.instances.some(({ name }) => name === of);
  const isVersion = of.includes("@") || (!isInstance && datastoreNames(declared).includes(of));
  const { engine, ...server } = isVersion ? ofVersion(declared, request) : await ofInstance(request);
  const { version, memoryBytes, volumeBytes } = server;
  const settings = ownSettings(engine, server);
  return { engine, version, memoryBytes, volumeBytes, settings };
}

/** Without a uuid there is no instance yet: what is each one's own, such as its number in a replica set, is said to be that. */
function ownSettings(engine: string, server: Omit<ServerSpec, "parameters">): readonly OwnSetting[] {
  const of = (uuid: string) => engineOf(engine).ownSettings({ ...server, uuid, parameters: {} });
  if (server.uuid) return of(server.uuid);
  const other = new Map(of("another").map(({ name, value }) => [name, value]));
  return of("one").map((one) => (other.get(one.name) === one.value ? one : { ...one, value: "(each instance's own)" }));
}

function ofVersion(declared: Declared, request: DefaultsRequest) {
  const { engine, version } = servedVersion(declared, request.of);
  const { memory = "1G", volume = 10 } = request;
  const memoryBytes = parseMemory(memory);
  if (memoryBytes === undefined) {
    throw new OperationError("input", `"${memory}" is no size of memory`, { remedy: "for example: --memory 512M" });
  }
  return { engine, version, memoryBytes, vcpus: 1, volumeBytes: volume * gibibyte, tls: defaultTlsMode, uuid: "" };
}

/** As it is in the spec; its sizes from the last apply where flavors are a cloud's. */
async function ofInstance(request: DefaultsRequest) {
  const { source, chosen } = await readSource(request);
  const instance = source.spec.instances.find(({ name }) => name === request.of);
  const names = source.spec.instances.map(({ name }) => name);
  const { session } = await openSession(request);
  const record = session && (await readInstances(session)).records[request.of];
  if (record && (instance === undefined || instance.flavor.name === record.flavor)) {
    return { engine: record.engine, ...serverSpecOf(record) };
  }
  if (!instance) throw noInstance(request.of, chosen.name, names);
  const { engine, version, flavor, volume } = instance;
  if (flavor.memoryBytes === undefined) {
    throw new OperationError("input", `the size of flavor "${flavor.name}" is not known before the first apply`, {
      remedy: `say it: coffer configuration-default ${instance.datastore}@${version} --memory SIZE`,
    });
  }
  return {
    engine,
    version,
    memoryBytes: flavor.memoryBytes,
    vcpus: flavor.vcpus ?? 1,
    volumeBytes: volume.bytes,
    tls: instance.tls,
    logs: instance.logs,
    uuid: "",
  };
}
