/** `metrics`: what `list` knows and what the engines read, as families of samples for a monitoring system. */
import { type InstanceLook, lookAtAll } from "./instances.ts";
import type { Status } from "./rows.ts";
import type { OperationRequest } from "./session.ts";

export interface MetricSample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface MetricFamily {
  /** In base units: bytes, seconds. */
  name: string;
  help: string;
  type: "gauge";
  /** Never empty. What is not known of an instance has no sample. */
  samples: readonly MetricSample[];
}

/** One look, bounded as that of `list`. */
export async function metrics(request: OperationRequest): Promise<readonly MetricFamily[]> {
  const { stack, looks } = await lookAtAll(request);
  return metricsOf(stack, looks);
}

const statuses: readonly Status[] = ["BUILD", "ACTIVE", "RESTART_REQUIRED", "REBOOT", "RESIZE", "SHUTDOWN", "ERROR"];

interface Family {
  name: string;
  help: string;
  /** Values of one instance with the labels beyond its own; undefined and null are not known. */
  read(look: InstanceLook): readonly { labels?: Readonly<Record<string, string>>; value?: number | null }[];
}

const families: readonly Family[] = [
  {
    name: "coffer_instance_up",
    help: "1 when the database answers queries, else 0.",
    read: ({ row }) => [{ value: row.operatingStatus === "HEALTHY" ? 1 : 0 }],
  },
  {
    name: "coffer_instance_status",
    help: "1 for the status that the instance has, 0 for the others.",
    read: ({ row }) => statuses.map((status) => ({ labels: { status }, value: row.status === status ? 1 : 0 })),
  },
  {
    name: "coffer_instance_info",
    help: "What the instance is, in labels; always 1.",
    read: ({ row, serverVersion }) => [
      {
        labels: {
          kind: row.kind,
          role: row.role,
          datastore: row.datastore,
          datastore_version: row.datastoreVersion,
          server_version: serverVersion,
          flavor: row.flavor,
          configuration: row.configuration ?? "",
        },
        value: 1,
      },
    ],
  },
  {
    name: "coffer_instance_connections",
    help: "Client connections open now, without that of this look.",
    read: ({ row }) => [{ value: row.connections }],
  },
  {
    name: "coffer_instance_connections_max",
    help: "Client connections that the server lets in.",
    read: ({ row }) => [{ value: row.maxConnections }],
  },
  {
    name: "coffer_instance_volume_used_bytes",
    help: "Bytes used on the data volume.",
    read: ({ row }) => [{ value: row.volumeUsed }],
  },
  {
    name: "coffer_instance_volume_size_bytes",
    help: "Bytes that the data volume has room for; where the target enforces no size, that of the spec.",
    read: ({ row }) => [{ value: row.volumeSize }],
  },
  {
    name: "coffer_instance_uptime_seconds",
    help: "Seconds since the database server started.",
    read: ({ live }) => [{ value: live?.activity?.uptimeSeconds }],
  },
  {
    name: "coffer_instance_certificate_expires_timestamp_seconds",
    help: "When the server's certificate ends, in seconds since 1970; `up` renews it below a third of its life.",
    read: ({ row }) => [{ value: row.certificateExpires === null ? null : Date.parse(row.certificateExpires) / 1000 }],
  },
];

/** Families in a fixed order, and in each the instances in the order of `looks`. Pure. */
export function metricsOf(stack: string, looks: readonly InstanceLook[]): MetricFamily[] {
  return families.flatMap(({ name, help, read }) => {
    const samples = looks.flatMap((look) =>
      read(look).flatMap(({ labels, value }) =>
        value === undefined || value === null ? [] : [{ labels: { stack, instance: look.row.name, ...labels }, value }],
      ),
    );
    return samples.length ? [{ name, help, type: "gauge" as const, samples }] : [];
  });
}
