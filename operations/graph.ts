/** `graph`: what a stack is made of, as plain data to be drawn: from the spec, and from the recorded state where there is one. */
import { engineOf } from "../engines/index.ts";
import type { InstanceSpec, StackSpec } from "../spec/index.ts";
import { recordsOf } from "./deployment.ts";
import { messageOf } from "./errors.ts";
import type { InstanceRecord } from "./records.ts";
import { type OperationRequest, openSession, readSource } from "./session.ts";
import { openStack } from "./stack-setup.ts";
import { readDeployment } from "./state.ts";

export interface StackGraph {
  stack: string;
  /** The spec's word for it. */
  target: string;
  instances: readonly GraphInstance[];
  configurations: readonly GraphConfiguration[];
}

export interface GraphConfiguration {
  name: string;
  datastore: string;
  version: string;
  /** `name = value`. */
  parameters: readonly string[];
}

export interface GraphInstance {
  name: string;
  /** For people: the engine and its version. */
  server: string;
  /** The datastore's name in the spec. */
  datastore: string;
  flavor: string;
  /** Undefined where flavors are the target's and it was not asked. */
  vcpus?: number;
  memoryBytes?: number;
  volumeBytes: number;
  /** The kept volume whose data it takes over. */
  adopt?: string;
  configuration: string | null;
  /** Its own parameters, which win over the group's: `name = value`. */
  parameters: readonly string[];
  access: GraphAccess;
  databases: readonly string[];
  users: readonly GraphUser[];
  /** As the last apply recorded it; null when it was not applied yet. */
  recorded: { address: string; serverVersion: string; pendingRestart: readonly string[] } | null;
}

export interface GraphAccess {
  /** Networks, or addresses of this machine; none: nobody can connect. */
  from: readonly string[];
  /** It has an address of its own in the external network. */
  public: boolean;
}

export interface GraphUser {
  /** With its host, where that is not any. */
  name: string;
  grants: readonly { database: string; privileges: string }[];
}

/** Needs no state: without one, or where it cannot be read (which is noted), the picture is that of the spec. */
export async function graph(request: OperationRequest): Promise<StackGraph> {
  const { chosen, source } = await readSource(request);
  return graphOf(chosen.name, source.spec, await recordsIn(request, chosen.name));
}

async function recordsIn(request: OperationRequest, name: string): Promise<Readonly<Record<string, InstanceRecord>>> {
  try {
    if (!(await openStack(request.workspace, name))) return {};
    const { session } = await openSession(request);
    const deployment = session && (await readDeployment(session.workspace, session.place, name));
    return deployment ? recordsOf(deployment).instances : {};
  } catch (error) {
    if (request.signal?.aborted) throw error;
    const text = `the picture is that of the spec alone: ${messageOf(error)}`;
    request.report({ kind: "note", severity: "warning", text });
    return {};
  }
}

/** Pure; in the order of the spec. */
export function graphOf(
  stack: string,
  spec: StackSpec,
  records: Readonly<Record<string, InstanceRecord>> = {},
): StackGraph {
  return {
    stack,
    target: spec.target.kind,
    instances: spec.instances.map((instance) => instanceOf(spec, instance, records[instance.name])),
    configurations: spec.configurations.map(({ name, datastore, version, parameters }) => ({
      name,
      datastore,
      version,
      parameters: words(parameters),
    })),
  };
}

function instanceOf(spec: StackSpec, instance: InstanceSpec, record: InstanceRecord | undefined): GraphInstance {
  const { name, engine, version, datastore, flavor, volume, configuration = null } = instance;
  const group = spec.configurations.find((one) => one.name === configuration)?.parameters ?? {};
  const own = Object.entries(instance.parameters).filter(([key, value]) => group[key] !== value);
  return {
    name,
    server: `${engineOf(engine).title} ${version}`,
    datastore,
    flavor: flavor.name,
    ...(flavor.vcpus === undefined ? {} : { vcpus: flavor.vcpus }),
    ...(flavor.memoryBytes === undefined ? {} : { memoryBytes: flavor.memoryBytes }),
    volumeBytes: volume.bytes,
    ...(volume.adopt === undefined ? {} : { adopt: volume.adopt }),
    configuration,
    parameters: words(Object.fromEntries(own)),
    access: accessOf(spec, instance),
    databases: (instance.databases ?? []).map((database) => database.name),
    users: (instance.users ?? []).map((user) => ({
      name: user.host === "%" ? user.name : `${user.name}@${user.host}`,
      grants: user.grants.map(({ database, privileges }) => ({ database, privileges })),
    })),
    recorded: record
      ? {
          address: `${record.endpoint.writer.host}:${record.endpoint.writer.port}`,
          serverVersion: record.serverVersion,
          pendingRestart: record.pendingRestart,
        }
      : null,
  };
}

function accessOf({ target }: StackSpec, { access }: InstanceSpec): GraphAccess {
  if (target.kind === "docker") return { from: target.docker.bind, public: false };
  return { from: access.allow, public: access.public };
}

const words = (parameters: InstanceSpec["parameters"]): string[] =>
  Object.entries(parameters).map(([name, value]) => `${name} = ${value}`);
