/**
 * Values of parameters: what people write, what the server prints and what the configuration file says, brought to one
 * canonical text: `on`/`off`, a bare number in the parameter's unit, an enum's own spelling, or the text itself.
 */
import type { ParameterReading, ParameterValue } from "../engine.ts";
import type { Variable } from "./catalogue.ts";
import { checkText, sameText } from "./texts.ts";

export type Parsed = { value: string } | { message: string; allowed: string };

/** Bytes of the units of sizes and milliseconds of those of times; PostgreSQL tells `MB` from `mb`. */
const sizes: Readonly<Record<string, number>> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const times: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** A variable's unit as a multiple of the base (bytes or milliseconds), with the units that may be written. */
function unitOf(unit: string): { factor: number; units: Readonly<Record<string, number>> } {
  const match = /^(\d*)([A-Za-z]+)$/.exec(unit);
  const name = match?.[2] ?? "";
  const units = name in sizes ? sizes : times;
  const factor = units[name];
  if (factor === undefined) throw new Error(`unknown unit "${unit}" in the catalogue of parameters`);
  return { factor: Number(match?.[1] || 1) * factor, units };
}

const yes = new Set(["on", "true", "yes", "1", "t", "y"]);
const no = new Set(["off", "false", "no", "0", "f", "n"]);

/** Checks one value against its rule and brings it to the canonical text. */
export function parseValue(name: string, variable: Variable, value: ParameterValue): Parsed {
  switch (variable.type) {
    case "bool":
      return parseBool(value);
    case "enum":
      return parseEnum(name, variable.values ?? [], value);
    case "string":
      return typeof value === "string"
        ? checkText(name, value)
        : { message: `${JSON.stringify(value)} is not text`, allowed: "text in quotes" };
    case "integer":
    case "real":
      return parseNumber(variable, value);
  }
}

function parseBool(value: ParameterValue): Parsed {
  const text = String(value).toLowerCase();
  if (yes.has(text)) return { value: "on" };
  if (no.has(text)) return { value: "off" };
  return { message: `${JSON.stringify(value)} is neither on nor off`, allowed: "on or off" };
}

/** Values that the server prints as another one. A test asks a real server for each value of each enum. */
const synonyms: Readonly<Record<string, Readonly<Record<string, string>>>> = { wal_compression: { on: "pglz" } };

function parseEnum(name: string, values: readonly string[], value: ParameterValue): Parsed {
  const text = String(value).toLowerCase();
  const meant =
    values.find((v) => same(v, text)) ??
    values.find((v) => v === (yes.has(text) ? "on" : no.has(text) ? "off" : undefined));
  if (meant !== undefined) return { value: synonyms[name]?.[meant] ?? meant };
  return { message: `${JSON.stringify(value)} is no value of it`, allowed: values.join(", ") };
}

const numberPattern = /^\s*([+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$/;

function parseNumber(variable: Variable, value: ParameterValue): Parsed {
  const allowed = allowedNumbers(variable);
  const match = typeof value === "boolean" ? null : numberPattern.exec(String(value));
  if (!match) return { message: `${JSON.stringify(value)} is not a number`, allowed };
  let number = Number(match[1]);
  const written = match[2] ?? "";
  if (written !== "") {
    if (variable.unit === undefined) return { message: `${JSON.stringify(value)} has a unit`, allowed };
    const { factor, units } = unitOf(variable.unit);
    const scale = units[written];
    if (scale === undefined) return { message: unknownUnit(String(value), match[1] ?? "", written, units), allowed };
    number = (number * scale) / factor;
  }
  if (variable.type === "integer") {
    if (written === "" && !Number.isInteger(number)) return { message: `${value} is not a whole number`, allowed };
    number = Math.round(number);
  }
  if (number < (variable.min ?? -Infinity)) return { message: `${value} is too small`, allowed };
  if (number > (variable.max ?? Infinity)) return { message: `${value} is too large`, allowed };
  return { value: String(number) };
}

/** `256M` is what other servers take; the message says how PostgreSQL writes it. */
function unknownUnit(text: string, number: string, unit: string, units: Readonly<Record<string, number>>): string {
  const meant = Object.keys(units).find((u) => [u, u.replace(/B$/, "")].some((v) => same(v, unit)));
  return `"${text}" has an unknown unit${meant ? `; PostgreSQL writes ${number}${meant}` : ""}`;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function allowedNumbers(variable: Variable): string {
  const kind = variable.type === "integer" ? "a whole number" : "a number";
  const range =
    variable.min !== undefined && variable.max !== undefined
      ? ` from ${withUnit(variable, variable.min)} to ${withUnit(variable, variable.max)}`
      : "";
  if (variable.unit === undefined) return `${kind}${range}`;
  const units = Object.keys(unitOf(variable.unit).units).join(", ");
  return `${kind}${range} (units: ${units}; without one it counts ${variable.unit})`;
}

/** A bare number as people read it: 16384 of `8kB` is `128MB`. Special values such as -1 and 0 stay bare. */
function withUnit(variable: Variable, number: number): string {
  if (variable.unit === undefined || number <= 0) return String(number);
  const { factor, units } = unitOf(variable.unit);
  const base = number * factor;
  const fitting = Object.entries(units).filter(([, scale]) => scale <= base && Number.isInteger(base / scale));
  const [unit, scale] = fitting.at(-1) ?? [variable.unit, factor];
  return `${base / scale}${unit}`;
}

/** The canonical text as the configuration file, a plan and people see it: with a unit where there is one. */
export function printed(variable: Variable, canonical: string): string {
  return variable.unit === undefined ? canonical : withUnit(variable, Number(canonical));
}

/** A size parameter's canonical text in bytes; undefined for special values (-1: computed, unlimited). */
export function bytesOf(variable: Variable, canonical: string): number | undefined {
  const number = Number(canonical);
  if (variable.unit === undefined || number < 0) return undefined;
  return number * unitOf(variable.unit).factor;
}

/** True when the server's reading is the canonical value. The server prints reals with six digits. */
export function fits(name: string, variable: Variable, canonical: string, reading: ParameterReading): boolean {
  if (variable.type === "string") return sameText(name, canonical, reading.value);
  if (variable.type === "bool" || variable.type === "enum") return same(canonical, reading.value);
  const number = Number(reading.value);
  if (variable.type === "integer") return number === Number(canonical);
  return Number(number.toPrecision(6)) === Number(Number(canonical).toPrecision(6));
}
