/** `list` and `show`: what is recorded about instances, beside what their guests say now. */
import type { GuestAddress } from "../access/guest.ts";
import { GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import type { ServerSpec } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { nearest } from "../spec/nearest.ts";
import { type Deployment, recordsOf } from "./deployment.ts";
import { instanceType, nameOfUrn } from "./engine-events.ts";
import { messageOf, OperationError } from "./errors.ts";
import type { InstanceRecord } from "./records.ts";
import { buildingRow, type InstanceRow, type Live, rowOf } from "./rows.ts";
import { type OperationRequest, openSession, type Session } from "./session.ts";
import { readDeployment, stackOutputs } from "./state.ts";

export interface ListResult {
  stack: string;
  rows: readonly InstanceRow[];
}

export interface InstanceDetails extends InstanceRow {
  stack: string;
  uuid: string;
  serverVersion: string;
  vcpus: number;
  memoryBytes: number;
  /** The data volume's name in the target. */
  volumeName: string;
  url: string;
  parameters: InstanceRecord["parameters"];
  /** Parameters that wait for a restart. */
  pendingRestart: readonly string[];
  databases: readonly string[];
  users: InstanceRecord["users"];
  /** What the last apply recorded: ACTIVE or RESTART_REQUIRED. */
  recordedStatus: InstanceRow["status"];
  /** Why the live status is not HEALTHY. */
  problem?: string;
}

/** A guest that does not answer for so long is shown as unreachable. */
const lookMs = 5_000;

export async function list(request: OperationRequest): Promise<ListResult> {
  const { chosen, session } = await openSession(request);
  if (!session) return { stack: chosen.name, rows: [] };
  const known = await readInstances(session);
  const rows = await Promise.all(
    Object.values(known.records).map(async (record) => rowOf(record, await lookAt(record, known.guests[record.name]))),
  );
  await closeAll();
  const all = [...rows, ...known.building.map(({ name }) => buildingRow(name, "", ""))];
  return { stack: chosen.name, rows: all.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

export async function show(request: OperationRequest & { name: string }): Promise<InstanceDetails> {
  const { session, record, guests } = await recordedInstance(request, request.name);
  const live = await lookAt(record, guests[record.name]);
  await closeAll();
  const { host, port } = record.endpoint.writer;
  const first = record.users[0];
  const engine = engineOf(record.engine);
  const database = first?.databases[0] ?? record.databases[0];
  return {
    ...rowOf(record, live),
    stack: session.stack.name,
    uuid: record.uuid,
    serverVersion: record.serverVersion,
    vcpus: record.vcpus,
    memoryBytes: record.memoryBytes,
    volumeName: record.volume,
    url: engine.url({ host, port, user: first?.name ?? "USER", ...(database === undefined ? {} : { database }) }),
    parameters: record.parameters,
    pendingRestart: live.pendingRestart ?? record.pendingRestart,
    databases: record.databases,
    users: record.users,
    recordedStatus: record.pendingRestart.length ? "RESTART_REQUIRED" : "ACTIVE",
    ...(live.problem === undefined ? {} : { problem: live.problem }),
  };
}

export interface KnownInstances {
  deployment: Deployment;
  records: Readonly<Record<string, InstanceRecord>>;
  guests: Readonly<Record<string, GuestAddress>>;
  passwords: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** In the state, and their first apply has not ended. */
  building: readonly { name: string }[];
}

/** Everything that is recorded about the instances of a stack, secrets in clear. */
export async function readInstances(session: Session): Promise<KnownInstances> {
  const { workspace, place, stack } = session;
  const deployment = await readDeployment(workspace, place, stack.name);
  if (!deployment?.resources.length) {
    return { deployment: deployment ?? emptyDeployment, records: {}, guests: {}, passwords: {}, building: [] };
  }
  const { instances: records } = recordsOf(deployment);
  const secrets = Object.keys(records).length ? await stackOutputs(place, stack.name) : {};
  const building = deployment.resources
    .filter((resource) => resource.type === instanceType && !records[nameOfUrn(resource.urn)])
    .map((resource) => ({ name: nameOfUrn(resource.urn) }));
  return {
    deployment,
    records,
    guests: (secrets.guests ?? {}) as KnownInstances["guests"],
    passwords: (secrets.passwords ?? {}) as KnownInstances["passwords"],
    building,
  };
}

const emptyDeployment: Deployment = { resources: [], pendingOperations: [], whole: { version: 3, deployment: {} } };

/** The stack and one recorded instance of it. Throws an input error with the nearest name when there is none. */
export async function recordedInstance(request: OperationRequest, name: string) {
  const { chosen, session } = await openSession(request);
  const known = session ? await readInstances(session) : undefined;
  const record = known?.records[name];
  if (session && known && record) return { session, record, ...known };
  throw noInstance(name, chosen.name, Object.keys(known?.records ?? {}), known?.building ?? []);
}

export function noInstance(
  name: string,
  stack: string,
  names: readonly string[],
  building: readonly { name: string }[] = [],
): OperationError {
  if (building.some((one) => one.name === name)) {
    return new OperationError("failed", `the first apply of instance "${name}" has not ended`, {
      remedy: "run `coffer up`: it goes on where it stopped",
    });
  }
  const near = nearest(name, names);
  return new OperationError(
    "input",
    `stack "${stack}" has no instance "${name}"${near ? `; did you mean "${near}"?` : ""}`,
    {
      remedy: names.length ? `there are: ${names.join(", ")}` : "nothing was applied yet: coffer up",
    },
  );
}

/** What the server of an instance is to be, from the record. */
export function serverSpecOf(record: InstanceRecord): ServerSpec {
  return {
    uuid: record.uuid,
    version: record.datastoreVersion,
    memoryBytes: record.memoryBytes,
    vcpus: record.vcpus,
    volumeBytes: record.volumeBytes,
    parameters: record.parameters,
  };
}

/** Asks the guest, for a bounded time; never throws. */
export async function lookAt(
  record: InstanceRecord,
  address: GuestAddress | undefined,
): Promise<Live & { problem?: string }> {
  if (!address) return { operatingStatus: "UNREACHABLE", problem: "its address is not recorded; run `coffer up`" };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new GuestError("timeout", `it did not answer within ${lookMs / 1000} s`)), lookMs);
  });
  try {
    return await Promise.race([observe(record, address), late]);
  } catch (error) {
    const problem = messageOf(error);
    if (error instanceof GuestError && error.problem === "absent") return { operatingStatus: "GONE", problem };
    if (error instanceof GuestError && error.problem === "stopped") return { operatingStatus: "STOPPED", problem };
    return { operatingStatus: "UNREACHABLE", problem };
  } finally {
    clearTimeout(timer);
  }
}

async function observe(record: InstanceRecord, address: GuestAddress): Promise<Live & { problem?: string }> {
  const engine = engineOf(record.engine);
  const spec = serverSpecOf(record);
  const observed = await engine.observe(await openGuest(address), spec);
  if (!observed.running) return { operatingStatus: "STOPPED", problem: "the database server is stopped" };
  if (!observed.healthy)
    return { operatingStatus: "UNHEALTHY", problem: "the database server runs and does not answer" };
  const steps = engine.planServer(spec, observed).steps;
  return {
    operatingStatus: "HEALTHY",
    pendingRestart: steps.flatMap((step) => (step.kind === "restart" ? step.because : [])),
    ...(observed.role === undefined ? {} : { role: observed.role }),
  };
}
