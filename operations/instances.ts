/** `list`, and what the verbs on instances begin with: what is recorded, beside what guests and machines say now. */
import { type Guest, type GuestAddress, GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import { volumeUse } from "../access/volume-use.ts";
import {
  type Session as EngineSession,
  pendingRestart,
  type ServerActivity,
  type ServerSpec,
} from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { together as both, ownSession } from "../engines/shared/look.ts";
import type { Pair } from "../provider/tls/certificates.ts";
import { nearest } from "../spec/nearest.ts";
import { buildingOf, specInstances } from "./building.ts";
import { type Deployment, recordsOf } from "./deployment.ts";
import { messageOf, OperationError } from "./errors.ts";
import { locationsOf } from "./locations.ts";
import { lookAtMachines, lookMs, machineWords, within } from "./machine-look.ts";
import type { InstanceRecord } from "./records.ts";
import { type Building, buildingRow, type InstanceRow, type Live, rowOf, together } from "./rows.ts";
import { type OperationRequest, openSession, type Session } from "./session.ts";
import { readDeployment, stackOutputs } from "./state.ts";

export interface ListResult {
  stack: string;
  rows: readonly InstanceRow[];
}

/** An instance as it is now: its row, and what rows have no column for. */
export interface InstanceLook {
  row: InstanceRow;
  /** Undefined while nothing can be asked: its first apply has not ended. */
  live?: Live;
  /** As the server reports it now, else as the last apply recorded it; "" before there was one. */
  serverVersion: string;
}

export async function list(request: OperationRequest): Promise<ListResult> {
  const { stack, looks } = await lookAtAll(request);
  return { stack, rows: looks.map(({ row }) => row) };
}

/** All guests and their targets are asked at once, and each for a bounded time. By name. */
export async function lookAtAll(request: OperationRequest): Promise<{ stack: string; looks: readonly InstanceLook[] }> {
  const { chosen, session } = await openSession(request);
  if (!session) return { stack: chosen.name, looks: [] };
  const known = await readInstances(session);
  const records = Object.values(known.records);
  const empty = !records.length && !known.building.length;
  const [machines, guests, building] = await Promise.all([
    lookAtMachines(empty ? [] : locationsOf(known.deployment, session.stack), session.stack.stackId),
    Promise.all(records.map(async (record) => ({ record, live: await lookAt(record, known.guests[record.name]) }))),
    known.building.length ? specInstances(request).then((specs) => buildingOf(known.deployment, specs)) : [],
  ]);
  await closeAll();
  const looks: InstanceLook[] = guests.map(({ record, live: guest }) => {
    const look = machines.of(record.uuid);
    const live = together(guest, look, look?.server ? machineWords(look.server) : "");
    return { row: rowOf(record, live), live, serverVersion: live.serverVersion ?? record.serverVersion };
  });
  for (const one of building) {
    const server = one.uuid === undefined ? undefined : machines.of(one.uuid)?.server;
    looks.push({ row: buildingRow(one, server), serverVersion: "" });
  }
  return { stack: chosen.name, looks: looks.sort((a, b) => (a.row.name < b.row.name ? -1 : 1)) };
}

export interface KnownInstances {
  deployment: Deployment;
  records: Readonly<Record<string, InstanceRecord>>;
  guests: Readonly<Record<string, GuestAddress>>;
  passwords: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The stack's authority; undefined before the apply that makes it. */
  issuer?: Pair;
  /** In the state, and their first apply has not ended; without what only the spec knows. */
  building: readonly Building[];
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
  return {
    deployment,
    records,
    guests: (secrets.guests ?? {}) as KnownInstances["guests"],
    passwords: (secrets.passwords ?? {}) as KnownInstances["passwords"],
    ...(secrets.issuer === undefined ? {} : { issuer: secrets.issuer as Pair }),
    building: buildingOf(deployment, []),
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
    restart: record.restart ?? "allow",
    tls: record.tls ?? "basic",
    ...(record.logs ? { logs: record.logs } : {}),
  };
}

/** Milliseconds for the questions to a guest that answers. It may be busy: without hardware help each takes seconds. */
const observeMs = 30_000;

/** Asks the guest, for a bounded time; never throws. */
export async function lookAt(record: InstanceRecord, address: GuestAddress | undefined): Promise<Live> {
  if (!address) return { operatingStatus: "UNREACHABLE", problem: "its address is not recorded; run `coffer up`" };
  try {
    const guest = await openGuest(address);
    await within(lookMs, `the guest of "${record.name}"`, () => guest.reach());
    return await within(observeMs, `the database server of "${record.name}"`, () => observe(record, guest));
  } catch (error) {
    const problem = messageOf(error);
    if (error instanceof GuestError && error.problem === "absent") return { operatingStatus: "GONE", problem };
    if (error instanceof GuestError && error.problem === "stopped") return { operatingStatus: "STOPPED", problem };
    return { operatingStatus: "UNREACHABLE", problem };
  }
}

/** One command for the volume beside what the engine looks at, and one query more in the engine's own session. */
async function observe(record: InstanceRecord, guest: Guest): Promise<Live> {
  const engine = engineOf(record.engine);
  const spec = serverSpecOf(record);
  const said: { activity?: ServerActivity } = {};
  const session: EngineSession = (act) =>
    ownSession(() => engine.open(guest))(async (server) => {
      const result = await act(server);
      // Whether it answers was told by what came before.
      const activity = await server.activity().catch(() => undefined);
      if (activity) said.activity = activity;
      return result;
    });
  const [observed, volume] = await both(engine.observe(guest, spec, session), volumeUse(guest));
  const use = volume ? { volume } : {};
  if (!observed.running) return { operatingStatus: "STOPPED", problem: "the database server is stopped", ...use };
  if (!observed.healthy)
    return { operatingStatus: "UNHEALTHY", problem: "the database server runs and does not answer", ...use };
  return {
    operatingStatus: "HEALTHY",
    pendingRestart: pendingRestart(engine.planServer(spec, observed)),
    ...(observed.role === undefined ? {} : { role: observed.role }),
    ...(observed.serverVersion === undefined ? {} : { serverVersion: observed.serverVersion }),
    ...use,
    ...said,
  };
}
