/** Values of parameters: the server's own spelling, and when a reading is what was asked for. */
import type { ParameterValue } from "../engine.ts";
import { parseSize, scaleOf, type Unit, unitNames, unitOf } from "../shared/units.ts";
import type { ParameterRow, VersionTable } from "./table.ts";
import { unitNameOf } from "./unit-names.ts";

/** Values that a server knows but that make no sense for a service, or that keep it from starting. */
const restricted: Readonly<Record<string, readonly string[]>> = {
  event_scheduler: ["OFF", "ON"],
  thread_handling: ["one-thread-per-connection", "pool-of-threads"],
  default_storage_engine: ["InnoDB", "Aria", "MyISAM"],
  default_tmp_storage_engine: ["InnoDB", "Aria", "MyISAM", "MEMORY"],
  enforce_storage_engine: ["InnoDB", "Aria"],
  innodb_ft_sort_pll_degree: ["1", "2", "4", "8", "16"],
};

const timeZone = /^(SYSTEM|[+-](0?\d|1[0-3]):[0-5]\d|\+14:00)$/;

/** The values of a parameter that has a list of them; fewer than the server's where `restricted` says so. */
export function valuesOf(name: string, row: ParameterRow): readonly string[] | undefined {
  return restricted[name] ?? row.values;
}

/** A value in the server's own spelling, or what is wrong with it. */
export type Canonical = { value: string } | { wrong: string; allowed: string };

/** Brings a value of the spec into the server's spelling: sizes as bytes, booleans as ON and OFF, sets in order. */
export function canonicalValue(name: string, row: ParameterRow, value: ParameterValue): Canonical {
  const text = String(value).trim();
  if (/\p{Cc}/u.test(text)) return { wrong: "has a control character", allowed: "text on one line" };
  const values = restricted[name];
  if (values) return enumValue(values, value, text, false);
  switch (row.type) {
    case "integer":
      return integerValue(name, row, value, text);
    case "number":
      return numberValue(name, row, value, text);
    case "boolean":
      return booleanValue(value, text);
    case "enum":
      return enumValue(row.values ?? [], value, text, true);
    case "set":
      return setValue(row.values ?? [], value, text);
    case "flagset":
      return flagsValue(row.values ?? [], value, text);
    case "string":
      if (name === "default_time_zone" && !timeZone.test(text))
        return { wrong: received(value), allowed: "SYSTEM or an offset such as +02:00" };
      return { value: text };
  }
}

function received(value: ParameterValue): string {
  return `is ${JSON.stringify(value)}`;
}

function range(row: ParameterRow): string {
  if (row.min !== undefined && row.max !== undefined) return `from ${row.min} to ${row.max}`;
  return row.min !== undefined ? `at least ${row.min}` : "";
}

function integerValue(name: string, row: ParameterRow, value: ParameterValue, text: string): Canonical {
  const allowed = allowedNumbers("a whole number", name, row);
  const number = typeof value === "boolean" ? undefined : wholeNumber(unitNameOf(name), text);
  if (number === undefined) return { wrong: received(value), allowed };
  if (row.min !== undefined && number < row.min) return { wrong: `${received(value)}, below ${row.min}`, allowed };
  if (row.max !== undefined && number > row.max) return { wrong: `${received(value)}, above ${row.max}`, allowed };
  const block = row.block ?? 1;
  return { value: String(Math.max(row.min ?? 0, Math.floor(number / block) * block)) };
}

function wholeNumber(unitName: string | undefined, text: string): number | undefined {
  if (/^-\d{1,15}$/.test(text)) return Number(text);
  // As the server reads it, whatever the number counts.
  if (unitName === undefined) return parseSize(text, "KMG");
  const number = quantity(unitOf(unitName), text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A number with or without a unit, in the parameter's own unit. */
function quantity(unit: Unit, text: string): number | undefined {
  const [, number, written = ""] = /^(\d{1,20}(?:\.\d{1,9})?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  if (written === "") return Number(number);
  const scale = scaleOf(unit, written);
  return scale === undefined ? undefined : (Number(number) * scale) / unit.factor;
}

function allowedNumbers(kind: string, name: string, row: ParameterRow): string {
  const words = [kind, range(row)].filter(Boolean).join(" ");
  const unit = unitNameOf(name);
  if (unit !== undefined && unit !== "B")
    return `${words} (units: ${unitNames(unitOf(unit)).join(", ")}; without one it counts ${unit})`;
  return row.type === "integer" ? `${words}; K, M and G may follow it` : words;
}

function numberValue(name: string, row: ParameterRow, value: ParameterValue, text: string): Canonical {
  const allowed = allowedNumbers("a number", name, row);
  const unit = unitNameOf(name);
  const bare = /^-?\d{1,15}(\.\d{1,9})?$/.test(text);
  const number = bare ? Number(text) : unit === undefined ? undefined : quantity(unitOf(unit), text);
  if (typeof value === "boolean" || number === undefined) return { wrong: received(value), allowed };
  if (row.min !== undefined && number < row.min) return { wrong: `${received(value)}, below ${row.min}`, allowed };
  if (row.max !== undefined && number > row.max) return { wrong: `${received(value)}, above ${row.max}`, allowed };
  return { value: bare ? text : String(Number(number.toFixed(6))) };
}

function booleanValue(value: ParameterValue, text: string): Canonical {
  if (/^(on|true|1)$/i.test(text)) return { value: "ON" };
  if (/^(off|false|0)$/i.test(text)) return { value: "OFF" };
  return { wrong: received(value), allowed: "ON or OFF (true, false, 1 and 0 mean the same)" };
}

/** `numbered`: a number stands for the value at that place, as the server has it too. */
function enumValue(values: readonly string[], value: ParameterValue, text: string, numbered: boolean): Canonical {
  const spellings = typeof value === "boolean" ? (value ? ["ON", "YES"] : ["OFF", "NO"]) : [text];
  const found = values.find((v) => spellings.some((s) => s.toLowerCase() === v.toLowerCase()));
  if (found !== undefined) return { value: found };
  const at = numbered && typeof value !== "boolean" && /^\d{1,3}$/.test(text) ? values[Number(text)] : undefined;
  if (at !== undefined) return { value: at };
  return { wrong: received(value), allowed: `one of ${values.join(", ")}` };
}

function setValue(values: readonly string[], value: ParameterValue, text: string): Canonical {
  const words = text === "" ? [] : text.split(",").map((w) => w.trim().toLowerCase());
  const known = values.map((v) => v.toLowerCase());
  const unknown = words.filter((w) => !known.includes(w));
  if (typeof value !== "string" || unknown.length > 0) {
    const what = unknown.length > 0 && typeof value === "string" ? ` with the unknown ${unknown.join(", ")}` : "";
    return { wrong: `${received(value)}${what}`, allowed: `a list, separated by commas, of ${values.join(", ")}` };
  }
  return { value: values.filter((v) => words.includes(v.toLowerCase())).join(",") };
}

function flagsValue(values: readonly string[], value: ParameterValue, text: string): Canonical {
  const words = text.split(",").map((w) => w.trim().toLowerCase());
  const wrong = words.filter((w) => {
    const [flag, state] = w.split("=");
    return !values.includes(flag ?? "") || flag === "default" || !/^(on|off)$/.test(state ?? "");
  });
  if (wrong.length === 0) return { value: words.join(",") };
  return {
    wrong: `${received(value)}; ${JSON.stringify(wrong[0])} is not a flag with on or off`,
    allowed: `flag=on or flag=off, separated by commas, of ${values.filter((v) => v !== "default").join(", ")}`,
  };
}

/** Modes of `sql_mode` that the server expands into several. */
const combinedModes = /^(ANSI|DB2|MAXDB|MSSQL|MYSQL323|MYSQL40|ORACLE|POSTGRESQL|TRADITIONAL)$/;

/** True when the server's reading is what a canonical value asks for. */
export function reads(row: ParameterRow, canonical: string, reading: string): boolean {
  switch (row.type) {
    case "integer":
    case "number":
      return canonical === reading || Number(canonical) === Number(reading);
    case "set": {
      const wanted = words(canonical);
      const got = words(reading);
      const expands = [...wanted].some((w) => combinedModes.test(w));
      return [...wanted].every((w) => got.has(w)) && (expands || got.size === wanted.size);
    }
    case "flagset": {
      const got = words(reading);
      return [...words(canonical)].every((w) => got.has(w));
    }
    case "string":
      return canonical.replace(/\/$/, "") === reading.replace(/\/$/, "");
    default:
      return canonical.toLowerCase() === reading.toLowerCase();
  }
}

function words(list: string): Set<string> {
  return new Set(list === "" ? [] : list.toUpperCase().split(","));
}

/** A reading as a spec would say it. */
export function written(row: ParameterRow | undefined, reading: string): ParameterValue {
  const number = row?.type === "integer" || row?.type === "number" ? Number(reading) : Number.NaN;
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : reading;
}

/** The character set that a collation belongs to. */
export function charsetOf(collation: string, table: VersionTable): string | undefined {
  return Object.keys(table.charsets).find((charset) => table.charsets[charset]?.includes(collation));
}
