/** The tables of results. */
import type { InstanceRow } from "../operations/rows.ts";
import type { UserRow } from "../operations/users.ts";
import type { VolumeRow } from "../operations/volumes.ts";
import { table } from "./output.ts";

export function listTable(rows: readonly InstanceRow[]): string {
  return table(
    rows,
    [
      { title: "name", value: (row) => row.name },
      { title: "datastore", value: (row) => row.datastore },
      { title: "version", value: versionWords },
      { title: "status", value: (row) => row.status },
      { title: "operating status", value: (row) => row.operatingStatus },
      { title: "role", value: (row) => row.role },
      { title: "address", value: (row) => (row.port ? `${row.address}:${row.port}` : row.address) },
      { title: "flavor", value: (row) => row.flavor },
      { title: "volume", value: (row) => `${row.volume} GiB` },
      { title: "used", value: usedPercent },
      { title: "connections", value: connectionWords },
      { title: "configuration", value: (row) => row.configuration },
      { title: "certificate until", value: (row) => row.certificateExpires?.slice(0, 10) },
    ],
    "no instances",
  );
}

function versionWords({ datastoreVersion, datastoreActive }: InstanceRow): string {
  return datastoreActive ? datastoreVersion : `${datastoreVersion} (inactive)`;
}

/** Of what the volume has room for. */
export function usedPercent({ volumeUsed, volumeSize }: InstanceRow): string {
  if (volumeUsed === null || !volumeSize) return "";
  return `${Math.round((100 * volumeUsed) / volumeSize)}%`;
}

/** `3/60`: open now, and let in. */
export function connectionWords({ connections, maxConnections }: InstanceRow): string {
  return connections === null ? "" : `${connections}/${maxConnections ?? "?"}`;
}

export function userTable(rows: readonly UserRow[]): string {
  return table(
    rows,
    [
      { title: "instance", value: (row) => row.instance },
      { title: "name", value: (row) => row.name },
      { title: "host", value: (row) => row.host },
      { title: "databases", value: (row) => row.databases.join(", ") },
      {
        title: "grants",
        value: (row) => row.grants.map((grant) => `${grant.database}: ${grant.privileges}`).join(", "),
      },
    ],
    "no users",
  );
}

export function volumeTable(rows: readonly VolumeRow[]): string {
  return table(
    rows,
    [
      { title: "id", value: (row) => row.id },
      { title: "instance", value: (row) => row.instance },
      { title: "stack", value: (row) => row.stack },
      { title: "state", value: (row) => row.state },
      { title: "attached to", value: (row) => row.attachedTo.join(", ") },
      { title: "created", value: (row) => row.created },
    ],
    "no data volumes",
  );
}

/** Volumes that were kept, with the words that bring their data back or delete it. */
export function keptWords(volumes: readonly VolumeRow[], datastores: Readonly<Record<string, string>>): string {
  return volumes
    .filter((volume) => volume.state === "retained")
    .map(({ id, instance }) => {
      const datastore = datastores[instance] ?? "DATASTORE";
      return [
        `kept: data volume ${id} of "${instance}"`,
        `  use its data again: coffer create ${instance} FLAVOR --size N --datastore ${datastore} --adopt ${id}`,
        `  delete it for good: coffer volume-delete ${id} --yes-delete-data ${instance}`,
        "",
      ].join("\n");
    })
    .join("");
}

export function deletedWords(volumes: readonly VolumeRow[]): string {
  return volumes.map(({ id, instance }) => `deleted: data volume ${id} of "${instance}"\n`).join("");
}
