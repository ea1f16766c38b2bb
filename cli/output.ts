/** Results on stdout: a table for people, JSON or YAML for programs. */
import { stringify } from "yaml";

export type Format = "table" | "json" | "yaml";

export interface Column<T> {
  title: string;
  value(row: T): string | number | null | undefined;
}

/** A table with aligned columns; columns of numbers are aligned to the right. No rows: the `empty` words. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], empty: string): string {
  if (!rows.length) return `${empty}\n`;
  const cells = rows.map((row) => columns.map((column) => clean(column.value(row))));
  const titles = columns.map((column) => column.title.toUpperCase());
  const widths = titles.map((title, i) => Math.max(width(title), ...cells.map((row) => width(row[i] ?? ""))));
  const numeric = columns.map((column) => rows.every((row) => typeof column.value(row) === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const space = " ".repeat((widths[i] ?? 0) - width(cell));
        return numeric[i] ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return `${[titles, ...cells].map(line).join("\n")}\n`;
}

/** Two columns: what, and its value. A list takes one line for each item. */
export function sheet(
  rows: readonly (readonly [string, string | number | null | undefined | readonly string[]])[],
): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.flatMap(([name, value]) => {
    const values = Array.isArray(value)
      ? value.length
        ? (value as readonly string[])
        : ["-"]
      : [clean(value as string)];
    return values.map((one, i) => `${(i === 0 ? name : "").padEnd(left)}  ${clean(one)}`);
  });
  return `${lines.join("\n")}\n`;
}

/** What a program reads: the value itself, whole, with stable names. */
export function serialize(value: unknown, format: "json" | "yaml"): string {
  return format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0 });
}

/** One line, without characters that move the cursor. */
function clean(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return "-";
  return String(value).replace(/\p{Cc}/gu, "?");
}

/** Characters, not UTF-16 units. */
const width = (text: string): number => [...text].length;
