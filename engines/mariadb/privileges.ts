/** Levels of privileges on one database, as columns of `mysql.db` and as GRANT names them. */
import type { Privileges } from "../engine.ts";

/** Column of `mysql.db` without `_priv`, and the privilege's name. Together they are ALL PRIVILEGES of a database. */
const names: Readonly<Record<string, string>> = {
  Select: "SELECT",
  Insert: "INSERT",
  Update: "UPDATE",
  Delete: "DELETE",
  Create: "CREATE",
  Drop: "DROP",
  References: "REFERENCES",
  Index: "INDEX",
  Alter: "ALTER",
  Create_tmp_table: "CREATE TEMPORARY TABLES",
  Lock_tables: "LOCK TABLES",
  Create_view: "CREATE VIEW",
  Show_view: "SHOW VIEW",
  Create_routine: "CREATE ROUTINE",
  Alter_routine: "ALTER ROUTINE",
  Execute: "EXECUTE",
  Event: "EVENT",
  Trigger: "TRIGGER",
  Delete_history: "DELETE HISTORY",
};

/** Not part of any level: with it a user could pass privileges on. */
const grantOption = { column: "Grant", name: "GRANT OPTION" };

/** The columns of `mysql.db` to read, without `_priv`. */
export const privilegeColumns: readonly string[] = [...Object.keys(names), grantOption.column];

/**
 * `read` shows a view's text too. `write` adds what programs that change rows commonly use with it: temporary tables,
 * locks, and routines that are already there.
 */
const read = ["Select", "Show_view"];
const write = [...read, "Insert", "Update", "Delete", "Create_tmp_table", "Lock_tables", "Execute"];
export const readColumns: readonly string[] = read;
const levels: Readonly<Record<Privileges, readonly string[]>> = { read, write, all: Object.keys(names) };

/** The level that a row's columns make up exactly, or `partial`. */
export function levelOf(columns: ReadonlySet<string>): Privileges | "partial" {
  for (const level of ["read", "write", "all"] as const) {
    const wanted = levels[level];
    if (wanted.length === columns.size && wanted.every((column) => columns.has(column))) return level;
  }
  return "partial";
}

/** What to grant and revoke so that `columns` become the level, without a moment in which less is granted. */
export function difference(columns: ReadonlySet<string>, level: Privileges): { grant: string[]; revoke: string[] } {
  const wanted = new Set(levels[level]);
  return {
    grant: [...wanted].filter((column) => !columns.has(column)).map(privilegeName),
    revoke: [...columns].filter((column) => !wanted.has(column)).map(privilegeName),
  };
}

export function privilegeName(column: string): string {
  return column === grantOption.column
    ? grantOption.name
    : (names[column] ?? column.replaceAll("_", " ").toUpperCase());
}
