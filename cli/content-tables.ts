/** The tables of what a server has. */
import type { AccessRow, DatabaseRow } from "../operations/contents.ts";
import { table } from "./output.ts";

export function databaseTable(rows: readonly DatabaseRow[]): string {
  return table(
    rows,
    [
      { title: "name", value: (row) => row.name },
      { title: "charset", value: (row) => row.charset },
      { title: "collation", value: (row) => row.collation },
      { title: "owner", value: (row) => row.owner },
      { title: "managed", value: (row) => (row.managed ? "yes" : "no") },
    ],
    "no databases",
  );
}

export function accessTable(rows: readonly AccessRow[]): string {
  return table(
    rows,
    [
      { title: "database", value: (row) => row.database },
      { title: "privileges", value: (row) => row.privileges },
      { title: "user", value: (row) => row.user },
      { title: "host", value: (row) => row.host },
      { title: "managed", value: (row) => (row.managed ? "yes" : "no") },
    ],
    "no privileges in any database",
  );
}
