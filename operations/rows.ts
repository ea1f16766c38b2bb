/** Rows of `list`: the stable names of their fields, from what is recorded, what the guest says and what its target says. */
import type { RealObject } from "../access/inventory.ts";
import type { VolumeUse } from "../access/volume-use.ts";
import type { ServerActivity } from "../engines/engine.ts";
import type { InstanceRecord } from "./records.ts";

/**
 * What an instance is, from the state, its guest and its machine together.
 * BUILD: its first apply has not ended, or its machine is being built. ACTIVE. RESTART_REQUIRED: parameters wait for a restart.
 * REBOOT, RESIZE: its machine is being moved. SHUTDOWN: its server or its machine is stopped. ERROR: it should serve and
 * does not.
 */
export type Status = "BUILD" | "ACTIVE" | "RESTART_REQUIRED" | "REBOOT" | "RESIZE" | "SHUTDOWN" | "ERROR";

/**
 * What the guest says now. HEALTHY: it answers queries. UNHEALTHY: the server runs and does not answer. STOPPED: the
 * server or its machine is stopped. GONE: its machine is proven not to exist. UNREACHABLE: nothing is known.
 */
export type OperatingStatus = "HEALTHY" | "UNHEALTHY" | "STOPPED" | "GONE" | "UNREACHABLE";

export interface InstanceRow {
  name: string;
  kind: string;
  datastore: string;
  datastoreVersion: string;
  /** False: the version takes no new instances; this one lives on. */
  datastoreActive: boolean;
  status: Status;
  operatingStatus: OperatingStatus;
  role: string;
  address: string;
  port: number;
  flavor: string;
  /** GiB. */
  volume: number;
  /** Bytes on the data volume, and how many it has room for. Null where the guest did not tell; so the next two. */
  volumeUsed: number | null;
  volumeSize: number | null;
  /** Client connections open, and as many as the server lets in. */
  connections: number | null;
  maxConnections: number | null;
  configuration: string | null;
  /** When the server's certificate ends, ISO 8601, as the last apply saw it. Null before the first. */
  certificateExpires: string | null;
}

export const gibibyte = 1024 ** 3;

export interface Live {
  operatingStatus: OperatingStatus;
  role?: string;
  pendingRestart?: readonly string[];
  volume?: VolumeUse;
  activity?: ServerActivity;
  /** As the server reports it now. */
  serverVersion?: string;
  /** Why it is not HEALTHY. */
  problem?: string;
  machine?: Pick<RealObject, "busy" | "broken">;
}

/** What the guest and its target say, as one. `server` is undefined where the machine is proven not to exist. Pure. */
export function together(guest: Live, look: { server?: RealObject } | undefined, words: string): Live {
  if (!look) return guest;
  const { server } = look;
  if (guest.operatingStatus !== "UNREACHABLE") return server ? { ...guest, machine: server } : guest;
  if (!server) return { operatingStatus: "GONE", problem: "its machine does not exist (any more)" };
  const stopped = server.running === false && server.busy === undefined && server.broken === undefined;
  if (!stopped) return { ...guest, machine: server };
  return { operatingStatus: "STOPPED", problem: `its machine is ${words}`, machine: server };
}

/** The row of an instance that an apply has just seen to be in order, or to be stopped. */
export function recordedRow(record: InstanceRecord, stopped: boolean): InstanceRow {
  return rowOf(record, { operatingStatus: stopped ? "STOPPED" : "HEALTHY" });
}

export function rowOf(record: InstanceRecord, live: Live): InstanceRow {
  const { host, port } = record.endpoint.writer;
  return {
    name: record.name,
    kind: record.kind,
    datastore: record.datastore,
    datastoreVersion: record.datastoreVersion,
    datastoreActive: record.datastoreActive ?? true,
    status: statusOf(live, record),
    operatingStatus: live.operatingStatus,
    role: live.role ?? "single",
    address: host,
    port,
    flavor: record.flavor,
    volume: record.volumeBytes / gibibyte,
    volumeUsed: live.volume?.used ?? null,
    // On a target that does not enforce a size, the spec's is what it may fill.
    volumeSize: live.volume ? (live.volume.size ?? record.volumeBytes) : null,
    connections: live.activity?.connections ?? null,
    maxConnections: live.activity?.maxConnections ?? null,
    configuration: record.configuration,
    certificateExpires: record.certificateExpires || null,
  };
}

const moving = { build: "BUILD", reboot: "REBOOT", resize: "RESIZE" } as const;

export function statusOf(live: Live, record: Pick<InstanceRecord, "pendingRestart">): Status {
  const { busy, broken } = live.machine ?? {};
  if (broken !== undefined) return "ERROR";
  if (busy !== undefined) return moving[busy];
  switch (live.operatingStatus) {
    case "HEALTHY":
      return (live.pendingRestart ?? record.pendingRestart).length ? "RESTART_REQUIRED" : "ACTIVE";
    case "STOPPED":
      return "SHUTDOWN";
    case "UNHEALTHY":
    case "GONE":
    case "UNREACHABLE":
      return "ERROR";
  }
}

/** What is known of an instance whose first apply has not ended. */
export interface Building {
  name: string;
  /** Undefined before anything of it was made. */
  uuid?: string;
  datastore: string;
  datastoreVersion: string;
  /** From the spec; "" and 0 where that says nothing about it (any more). */
  flavor: string;
  volumeBytes: number;
  configuration: string | null;
}

export function buildingRow(building: Building, server: RealObject | undefined): InstanceRow {
  return {
    name: building.name,
    kind: "instance",
    datastore: building.datastore,
    datastoreVersion: building.datastoreVersion,
    // It could not have been begun on another, and the next apply of it goes on all the same.
    datastoreActive: true,
    status: server?.broken === undefined ? "BUILD" : "ERROR",
    operatingStatus: "UNREACHABLE",
    role: "",
    address: "",
    port: 0,
    flavor: building.flavor,
    volume: building.volumeBytes / gibibyte,
    volumeUsed: null,
    volumeSize: null,
    connections: null,
    maxConnections: null,
    configuration: building.configuration,
    certificateExpires: null,
  };
}
