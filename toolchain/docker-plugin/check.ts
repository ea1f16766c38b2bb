/** Check: takes a program's inputs apart by a schema, says everything that is wrong, and writes the defaults in. Pure. */

import { autoName, type Naming } from "./autoname.ts";
import { type Field, type Fields, inputFields, type Schema, step } from "./schema.ts";
import { DEFAULTS, isProps, isUnset, isZero, type Props, UNKNOWN, type Value } from "./values.ts";

export type Failure = { property: string; reason: string };
export type Checked = { inputs: Props; failures: Failure[]; warnings: string[] };

type Report = { failures: Failure[]; warnings: string[] };

/**
 * @param news what the program gave; unknown values are kept, null counts as not given
 * @param olds the inputs of the last deployment, {} at first and for a replacement
 */
export function check(schema: Schema, news: Props, olds: Props, naming: Naming): Checked {
  const report: Report = { failures: [], warnings: [] };
  const inputs = checkObject(schema.fields, news, olds, "", report);
  if (schema.autoName && inputs.name === undefined) {
    const kept = olds.name;
    const made = typeof kept === "string" ? { name: kept } : autoName(naming);
    if ("name" in made) {
      inputs.name = made.name;
      inputs[DEFAULTS] = [...(inputs[DEFAULTS] as string[]), "name"].sort();
    } else report.failures.push({ property: "name", reason: made.reason });
  }
  return { inputs, ...report };
}

function checkObject(fields: Fields, given: Props, olds: Props, path: string, report: Report): Props {
  const inputs: Props = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === DEFAULTS || value === null) continue;
    const field = fields[key];
    const at = step(path, key);
    if (!field) report.failures.push({ property: at, reason: unknownKey(key, fields) });
    else if (field.output) report.failures.push({ property: at, reason: `"${key}" is an output and cannot be set` });
    else if (field.notServed !== undefined) report.failures.push({ property: at, reason: field.notServed });
    else inputs[key] = checkValue(field, value, olds[key], at, report);
  }
  const defaulted: string[] = [];
  const formerly = Array.isArray(olds[DEFAULTS]) ? olds[DEFAULTS] : [];
  for (const [key, field] of inputFields(fields)) {
    const at = step(path, key);
    if (inputs[key] === undefined) {
      if (field.required) report.failures.push({ property: at, reason: `"${key}" is required and missing` });
      if (field.default === undefined) continue;
      inputs[key] = formerly.includes(key) ? (olds[key] ?? field.default) : field.default;
      defaulted.push(key);
    }
    for (const other of field.conflicts ?? [])
      if (!isUnset(inputs[key]) && !isUnset(inputs[other]))
        report.failures.push({
          property: at,
          reason: `"${key}" and "${other}" cannot be given together: leave one out`,
        });
  }
  inputs[DEFAULTS] = defaulted.sort();
  return inputs;
}

function checkValue(field: Field, value: Value, old: Value | undefined, path: string, report: Report): Value {
  if (value === UNKNOWN) return value;
  const wrong = (words: string): Value => {
    report.failures.push({ property: path, reason: `${words} is needed here, not ${kindOf(value)}` });
    return value;
  };
  switch (field.type) {
    case "string": {
      const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
      return typeof text === "string" ? checkText(field, text, path, report) : wrong("a text");
    }
    case "bool":
      if (value === "true" || value === "false") return value === "true";
      return typeof value === "boolean" ? value : wrong("true or false");
    case "int": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      return typeof number === "number" && Number.isFinite(number)
        ? checkNumber(field, number, path, report)
        : wrong("a whole number");
    }
    case "map":
      if (!isProps(value)) return wrong("an object of texts");
      return Object.fromEntries(
        Object.entries(value)
          .filter(([key, inner]) => key !== DEFAULTS && inner !== null)
          .map(([key, inner]) => [key, checkValue({ type: "string" }, inner, undefined, step(path, key), report)]),
      );
    case "object":
      if (!isProps(value)) return wrong("an object");
      return checkObject(field.of ?? {}, value, isProps(old) ? old : {}, path, report);
    case "list":
    case "set": {
      if (!Array.isArray(value)) return wrong("a list");
      const element: Field = field.of ? { type: "object", of: field.of } : { type: "string" };
      const olds = Array.isArray(old) ? old : [];
      return value.map((inner, index) => {
        const at = step(path, index);
        if (inner !== null) return checkValue(element, inner, olds[index], at, report);
        report.failures.push({ property: at, reason: `${field.of ? "an object" : "a text"} is needed here, not null` });
        return inner;
      });
    }
  }
}

function checkText(field: Field, text: string, path: string, report: Report): string {
  if (field.oneOf && !field.oneOf.includes(text))
    report.failures.push({
      property: path,
      reason: `"${text}" is not allowed here; allowed: ${field.oneOf.join(", ")}`,
    });
  if (field.matches && !field.matches.rule(text))
    report.failures.push({ property: path, reason: `"${text}" is not allowed here: ${field.matches.words} is needed` });
  return text;
}

function checkNumber(field: Field, number: number, path: string, report: Report): number {
  if (!Number.isInteger(number)) report.warnings.push(`${path}: ${number} is no whole number; its fraction is cut off`);
  const whole = Math.trunc(number);
  if (field.min !== undefined && whole < field.min)
    report.failures.push({ property: path, reason: `${whole} is too small: ${field.min} or more is needed` });
  return whole;
}

function kindOf(value: Value): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (isProps(value)) return "an object";
  return isZero(value) && value === "" ? "an empty text" : `a ${typeof value === "string" ? "text" : typeof value}`;
}

function unknownKey(key: string, fields: Fields): string {
  const names = inputFields(fields).map(([name]) => name);
  const near = names.find((name) => distance(name.toLowerCase(), key.toLowerCase()) <= 2);
  const hint = near === undefined ? `; known here: ${names.sort().join(", ")}` : `; did you mean "${near}"?`;
  return `"${key}" is not a known input${hint}`;
}

/** Levenshtein's distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++)
      next[j] = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[other.length] ?? 0;
}
