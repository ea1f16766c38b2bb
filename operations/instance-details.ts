/** `show`: everything about one instance but passwords, also of one that cannot be reached or was never completed. */
import { closeAll } from "../access/index.ts";
import type { RealObject } from "../access/inventory.ts";
import type { RestartRule } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { buildingOf, specInstances } from "./building.ts";
import { lookAt, noInstance, readInstances } from "./instances.ts";
import { locationsOf } from "./locations.ts";
import { lastWords, lookAtMachines, type MachineLook, machineWords } from "./machine-look.ts";
import type { InstanceRecord } from "./records.ts";
import { type Building, buildingRow, gibibyte, type InstanceRow, type Live, rowOf, together } from "./rows.ts";
import { type OperationRequest, openSession } from "./session.ts";

export interface InstanceDetails extends InstanceRow {
  stack: string;
  /** "" before anything of the instance was made. */
  uuid: string;
  /** "" and 0 as long as the first apply has not ended. */
  serverVersion: string;
  vcpus: number;
  memoryBytes: number;
  /** The data volume's id in the target; "" when there is none yet. */
  volumeName: string;
  /** "" as long as the first apply has not ended. */
  url: string;
  parameters: InstanceRecord["parameters"];
  /** What is done about parameters that take effect at a restart. */
  restart: RestartRule;
  /** Parameters that wait for a restart. */
  pendingRestart: readonly string[];
  databases: readonly string[];
  users: InstanceRecord["users"];
  /** Whether the last apply left it with an administrator, and whether it ever had one. */
  root: boolean;
  rootEnabledEver: boolean;
  /** What the last apply recorded: BUILD, ACTIVE or RESTART_REQUIRED. */
  recordedStatus: InstanceRow["status"];
  /** Undefined where the target did not answer; null where it has none. */
  machine?: MachineDetails | null;
  snapshots: readonly { id: string; name: string; gib: number | null; created: string }[];
  /** The last lines of the machine's console, where its guest cannot be reached. */
  console?: readonly string[];
  /** Why the live status is not HEALTHY. */
  problem?: string;
}

export interface MachineDetails {
  id: string;
  /** The target's own words. */
  state: string;
  image: string | null;
  addresses: readonly { kind: "fixed" | "floating"; address: string }[];
}

const consoleLines = 20;

export async function show(request: OperationRequest & { name: string }): Promise<InstanceDetails> {
  const { name } = request;
  const { chosen, session } = await openSession(request);
  const known = session && (await readInstances(session));
  const record = known?.records[name];
  const building = known?.building.some((one) => one.name === name)
    ? buildingOf(known.deployment, await specInstances(request)).find((one) => one.name === name)
    : undefined;
  if (!session || !known || !(record ?? building))
    throw noInstance(name, chosen.name, Object.keys(known?.records ?? {}));
  const uuid = record?.uuid ?? building?.uuid;
  const [machines, guest] = await Promise.all([
    lookAtMachines(locationsOf(known.deployment, session.stack), session.stack.stackId),
    record && lookAt(record, known.guests[name]),
  ]);
  await closeAll();
  const look = uuid === undefined ? undefined : machines.of(uuid);
  const { stack } = session;
  const details =
    record && guest
      ? recordedDetails(record, guest, look, stack.name)
      : buildingDetails(building as Building, look, stack.name);
  const unanswered = machines.problem === undefined ? [] : [`its target did not answer: ${machines.problem}`];
  const problem = [...(details.problem === undefined ? [] : [details.problem]), ...unanswered].join("; ");
  const words = look && details.operatingStatus === "UNREACHABLE" ? await lastWords(name, look, consoleLines) : [];
  return { ...details, ...(problem ? { problem } : {}), ...(words.length ? { console: words } : {}) };
}

/** Pure. */
export function recordedDetails(
  record: InstanceRecord,
  guest: Live,
  look: MachineLook | undefined,
  stack: string,
): InstanceDetails {
  const live = together(guest, look, look?.server ? machineWords(look.server) : "");
  const { host, port } = record.endpoint.writer;
  const first = record.users[0];
  const database = first?.databases[0] ?? record.databases[0];
  const url = { host, port, user: first?.name ?? "USER", ...(database === undefined ? {} : { database }) };
  return {
    ...rowOf(record, live),
    stack,
    uuid: record.uuid,
    serverVersion: record.serverVersion,
    vcpus: record.vcpus,
    memoryBytes: record.memoryBytes,
    volumeName: record.volume,
    url: engineOf(record.engine).url(url),
    parameters: record.parameters,
    restart: record.restart ?? "allow",
    pendingRestart: live.pendingRestart ?? record.pendingRestart,
    databases: record.databases,
    users: record.users,
    root: record.root ?? false,
    rootEnabledEver: record.rootEnabledEver ?? false,
    recordedStatus: record.pendingRestart.length ? "RESTART_REQUIRED" : "ACTIVE",
    ...objectsIn(look),
    ...(live.problem === undefined ? {} : { problem: live.problem }),
  };
}

/** Pure. */
export function buildingDetails(building: Building, look: MachineLook | undefined, stack: string): InstanceDetails {
  return {
    ...buildingRow(building, look?.server),
    stack,
    uuid: building.uuid ?? "",
    serverVersion: "",
    vcpus: 0,
    memoryBytes: 0,
    volumeName: look?.data?.id ?? "",
    url: "",
    parameters: {},
    restart: "allow",
    pendingRestart: [],
    databases: [],
    users: [],
    root: false,
    rootEnabledEver: false,
    recordedStatus: "BUILD",
    // Before its uuid was chosen, nothing else was made.
    ...(building.uuid === undefined ? { machine: null, snapshots: [] } : objectsIn(look)),
    problem: "its first apply has not ended; `coffer up` goes on where it stopped",
  };
}

function objectsIn(look: MachineLook | undefined): Pick<InstanceDetails, "machine" | "snapshots"> {
  const snapshots = (look?.snapshots ?? []).map(({ id, name, sizeBytes, createdAt }) => ({
    id,
    name,
    gib: sizeBytes === undefined ? null : sizeBytes / gibibyte,
    created: createdAt ?? "",
  }));
  return { ...(look ? { machine: look.server ? machineOf(look.server) : null } : {}), snapshots };
}

function machineOf(server: RealObject): MachineDetails {
  return {
    id: server.id,
    state: machineWords(server),
    image: server.image ?? null,
    addresses: server.addresses ?? [],
  };
}
