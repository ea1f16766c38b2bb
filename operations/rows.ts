/** Rows of `list`: the stable names of their fields, and what is recorded about an instance. */
import type { InstanceRecord } from "./records.ts";

/**
 * What an instance is, from the state and its guest together.
 * BUILD: its first apply has not ended. ACTIVE. RESTART_REQUIRED: parameters wait for a restart. SHUTDOWN: its server is
 * stopped. ERROR: it should serve and does not.
 */
export type Status = "BUILD" | "ACTIVE" | "RESTART_REQUIRED" | "SHUTDOWN" | "ERROR";

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
  status: Status;
  operatingStatus: OperatingStatus;
  role: string;
  address: string;
  port: number;
  flavor: string;
  /** GiB. */
  volume: number;
  configuration: string | null;
}

export const gibibyte = 1024 ** 3;

export interface Live {
  operatingStatus: OperatingStatus;
  role?: string;
  pendingRestart?: readonly string[];
}

/** The row of an instance that an apply has just seen to be in order. */
export function recordedRow(record: InstanceRecord): InstanceRow {
  return rowOf(record, { operatingStatus: "HEALTHY" });
}

export function rowOf(record: InstanceRecord, live: Live): InstanceRow {
  const { host, port } = record.endpoint.writer;
  return {
    name: record.name,
    kind: record.kind,
    datastore: record.datastore,
    datastoreVersion: record.datastoreVersion,
    status: statusOf(live, record),
    operatingStatus: live.operatingStatus,
    role: live.role ?? "single",
    address: host,
    port,
    flavor: record.flavor,
    volume: record.volumeBytes / gibibyte,
    configuration: record.configuration,
  };
}

export function statusOf(live: Live, record: Pick<InstanceRecord, "pendingRestart">): Status {
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

/** An instance whose first apply has not ended: little is recorded about it. */
export function buildingRow(name: string, datastore: string, datastoreVersion: string): InstanceRow {
  return {
    name,
    kind: "instance",
    datastore,
    datastoreVersion,
    status: "BUILD",
    operatingStatus: "UNREACHABLE",
    role: "",
    address: "",
    port: 0,
    flavor: "",
    volume: 0,
    configuration: null,
  };
}
