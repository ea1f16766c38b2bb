/** The table of what differs, and the same for programs. */
import type { DriftRow } from "../operations/drift/row.ts";
import { table } from "./output.ts";

export function driftTable(rows: readonly DriftRow[]): string {
  return table(
    rows,
    [
      { title: "instance", value: (row) => row.instance },
      { title: "what", value: (row) => row.what },
      { title: "name", value: (row) => row.name },
      { title: "spec", value: ({ spec }) => spec ?? "-" },
      { title: "state", value: ({ state }) => state ?? "-" },
      { title: "real", value: ({ real, seen }) => (seen ? (real ?? "-") : "?") },
      { title: "mend", value: mendWords },
      { title: "note", value: ({ note }) => note },
    ],
    "no drift",
  );
}

function mendWords({ mend, adoption, instance }: DriftRow): string {
  const way = mend === "none" ? "stays" : mend === "up" ? "up" : `${mend} ${instance}`;
  return adoption ? `${way}, or adopt` : way;
}

/** With stable field names. */
export function driftResult(rows: readonly DriftRow[]): object[] {
  return rows.map(({ instance, what, name, spec, state, real, seen, mend, note, adoption }) => ({
    instance,
    what,
    name,
    spec,
    state,
    real,
    seen,
    mend,
    adoptable: adoption !== undefined,
    note: note ?? null,
  }));
}
