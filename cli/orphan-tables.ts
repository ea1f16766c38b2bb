/** The tables of `orphans`, with the words that go with each. */
import type { DeletedOrphans, OrphanTables } from "../operations/orphans.ts";
import type { OrphanRow } from "../operations/orphans-plan.ts";
import { type Column, table } from "./output.ts";
import { keptWords } from "./tables.ts";

const columns: readonly Column<OrphanRow>[] = [
  { title: "kind", value: (row) => row.kind },
  { title: "id", value: (row) => row.id },
  { title: "name", value: (row) => row.name },
  { title: "instance", value: (row) => row.instance },
  { title: "stack", value: (row) => row.stack },
  { title: "state", value: (row) => row.state },
  { title: "attached to", value: (row) => row.attachedTo.join(", ") },
  { title: "size", value: (row) => (row.gib === null ? null : `${row.gib} GiB`) },
  { title: "created", value: (row) => row.created },
];

type Datastores = Readonly<Record<string, string>>;

export function orphanTables({ retained, leaked }: OrphanTables, datastores: Datastores): string {
  const known = leaked.filter((row) => row.known);
  const remove = known.length ? "remove what leaked with: coffer orphans --delete\n" : "";
  return [
    retainedTable(retained, datastores),
    `leaked: in no state, and no data\n${table(known, columns, "nothing")}${remove}`,
    unknownTable([...retained, ...leaked].filter((row) => !row.known)),
  ]
    .filter(Boolean)
    .join("\n");
}

export function removedTables(
  { retained, removed }: Omit<DeletedOrphans, "datastores">,
  datastores: Datastores,
): string {
  const lines = removed.map(({ kind, name, id, problem }) =>
    problem === undefined ? `removed: ${kind} ${name} (${id})\n` : `NOT removed: ${kind} ${name} (${id}): ${problem}\n`,
  );
  return `${lines.length ? lines.join("") : "nothing leaked\n"}\n${retainedTable(retained, datastores)}`;
}

function retainedTable(rows: readonly OrphanRow[], datastores: Datastores): string {
  const known = rows.filter((row) => row.known);
  const volumes = known
    .filter(({ kind, attachedTo }) => kind === "volume" && !attachedTo.length)
    .map(({ id, stack, instance, created }) => {
      return { id, stack, instance, created, attachedTo: [], state: "retained" as const };
    });
  const snapshots = known
    .filter(({ kind }) => kind === "snapshot")
    .map(
      ({ id, instance }) =>
        `kept: snapshot ${id} of "${instance}"\n  delete it for good: coffer volume-delete ${id} --yes-delete-data ${instance}\n`,
    );
  return `retained: data that was kept\n${table(known, columns, "nothing")}${keptWords(volumes, datastores)}${snapshots.join("")}`;
}

/** Another checkout may well have what is in no state of this one. */
function unknownTable(rows: readonly OrphanRow[]): string {
  if (!rows.length) return "";
  const title =
    "of stacks that this checkout does not know: another one may use them, so nothing of it is removed from here";
  return `${title}\n${table(rows, columns, "nothing")}`;
}
