/**
 * Values of parameters: what people write, what the server prints and what the configuration file says, brought to one
 * canonical text: `on`/`off`, a bare number in the parameter's unit, an enum's own spelling, or the text itself.
 */
import type { ParameterReading, ParameterValue } from "../engine.ts";
import { scaleOf, type Unit, unitNames, unitOf, withUnit } from "../shared/units.ts";
import type { Variable } from "./catalogue.ts";
import { checkText, sameText } from "./texts.ts";

export type Parsed = { value: string } | { message: string; allowed: string };

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
    const unit = unitOf(variable.unit);
    const scale = scaleOf(unit, written);
    if (scale === undefined) return { message: unknownUnit(String(value), match[1] ?? "", written, unit), allowed };
    number = (number * scale) / unit.factor;
  }
  if (variable.type === "integer") {
    if (written === "" && !Number.isInteger(number)) return { message: `${value} is not a whole number`, allowed };
    number = Math.round(number);
  }
  if (number < (variable.min ?? -Infinity)) return { message: `${value} is too small`, allowed };
  if (number > (variable.max ?? Infinity)) return { message: `${value} is too large`, allowed };
  return { value: String(number) };
}

/** Units of time are told apart by their case; the message says how the one that was meant is written. */
function unknownUnit(text: string, number: string, written: string, unit: Unit): string {
  const meant = unitNames(unit).find((name) => same(name, written));
  return `"${text}" has an unknown unit${meant ? `; write ${number}${meant}` : ""}`;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function allowedNumbers(variable: Variable): string {
  const kind = variable.type === "integer" ? "a whole number" : "a number";
  const range =
    variable.min !== undefined && variable.max !== undefined
      ? ` from ${worded(variable, variable.min)} to ${worded(variable, variable.max)}`
      : "";
  if (variable.unit === undefined) return `${kind}${range}`;
  const units = unitNames(unitOf(variable.unit)).join(", ");
  return `${kind}${range} (units: ${units}; without one it counts ${variable.unit})`;
}

function worded({ unit }: Variable, number: number): string {
  return unit === undefined ? String(number) : withUnit(unit, number);
}

/** The canonical text as the configuration file, a plan and people see it: with a unit where there is one. */
export function printed(variable: Variable, canonical: string): string {
  return variable.unit === undefined ? canonical : withUnit(variable.unit, Number(canonical));
}

/** A reading as a spec would say it. */
export function written(variable: Variable | undefined, reading: string): ParameterValue {
  if (variable?.type !== "integer" && variable?.type !== "real") return reading;
  return variable.unit === undefined || Number(reading) <= 0
    ? Number(reading)
    : withUnit(variable.unit, Number(reading));
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
