/** What is recorded of a resource (outputs) and of its inputs after each operation. Pure. */

import { compareProperty } from "./diff.ts";
import { type Field, type Fields, inputFields, type Schema } from "./schema.ts";
import {
  canonical,
  DEFAULTS,
  isProps,
  isUnset,
  isZero,
  type Props,
  type UNKNOWN,
  type Value,
  withoutDefaults,
} from "./values.ts";

/** How a property that has no value is recorded: sets as [], everything else as null. */
function empty(field: Field): Value {
  return field.type === "set" && !field.nullWhenUnset ? [] : null;
}

/** Duplicates of a set collapse. */
function recordable(field: Field, value: Value): Value {
  const plain = withoutDefaults(value);
  if (field.type !== "set" || !Array.isArray(plain)) return plain;
  const seen = new Set<string>();
  return plain.filter((element) => {
    const content = canonical(element);
    return !seen.has(content) && seen.add(content);
  });
}

/** Before anything exists: what Docker will fill in is `pending` (unknown in a preview, null after a failure). */
export function planned(schema: Schema, inputs: Props, pending: typeof UNKNOWN | null): Props {
  return record(schema, (name, field) => {
    const given = inputs[name];
    if ((field.output || field.computed) && isUnset(given)) return pending ?? empty(field);
    return given === undefined ? empty(field) : recordable(field, given);
  });
}

/** After a create: sets as the program gave them, the rest as Docker answered. */
export function created(schema: Schema, inputs: Props, observed: Props, id: string): Props {
  const outputs = record(schema, (name, field) => {
    const given = inputs[name];
    const answer = observed[name];
    if (field.type === "set" && !isZero(given) && given !== undefined) return recordable(field, given);
    const silent = !field.computed && !field.output && isZero(given);
    const scalar = field.type === "string" || field.type === "int" || field.type === "bool";
    // An unmentioned map, set or object keeps what Docker says out of the record, until a refresh.
    if (silent && !scalar && field.type !== "list") return isProps(given) ? recordable(field, given) : empty(field);
    if (answer !== undefined) return answer;
    return given === undefined ? empty(field) : recordable(field, given);
  });
  return { ...outputs, id };
}

/** After a refresh or an import: Docker's answer, and the old record where Docker gives none. */
export function refreshed(schema: Schema, recorded: Props, observed: Props, id: string): Props {
  const outputs: Props = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const before = recorded[name];
    const answer = observed[name];
    const value = answer === undefined ? before : field.type === "set" && sameSet(before, answer) ? before : answer;
    if (value !== undefined) outputs[name] = value;
  }
  return { ...outputs, id };
}

function sameSet(one: Value | undefined, other: Value): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return false;
  const contents = (value: Value[]) => [...new Set(value.map(canonical))].sort().join("\n");
  return contents(one) === contents(other);
}

/** After an update: the old record with the new inputs on top. */
export function updated(schema: Schema, recorded: Props, inputs: Props): Props {
  const outputs = record(schema, (name, field) => {
    const given = inputs[name];
    const before = recorded[name];
    if (field.output || compareProperty(name, field, before, given).length === 0) return before ?? empty(field);
    return given === undefined ? empty(field) : recordable(field, given);
  });
  return typeof recorded.id === "string" ? { ...outputs, id: recorded.id } : outputs;
}

function record(schema: Schema, value: (name: string, field: Field) => Value): Props {
  return Object.fromEntries(Object.entries(schema.fields).map(([name, field]) => [name, value(name, field)]));
}

/** The inputs after a refresh: only what the program had given is renewed, and what is gone is dropped. */
export function renewedInputs(schema: Schema, inputs: Props, outputs: Props): Props {
  return renewObject(schema.fields, inputs, outputs);
}

function renewObject(fields: Fields, inputs: Props, outputs: Props): Props {
  const result: Props = {};
  for (const [name, given] of Object.entries(inputs)) {
    const field = fields[name];
    const renewed = field && renewValue(field, given, outputs[name]);
    if (renewed !== undefined) result[name] = renewed;
  }
  const defaulted = inputs[DEFAULTS];
  // What somebody changed outside is no default any more, or the next check would carry it over as one.
  if (Array.isArray(defaulted))
    result[DEFAULTS] = defaulted.filter((name) => canonical(inputs[String(name)]) === canonical(result[String(name)]));
  return result;
}

function renewValue(field: Field, given: Value, answer: Value | undefined): Value | undefined {
  if (answer === undefined || answer === null) return isZero(given) ? given : undefined;
  if (isZero(given) && isZero(answer)) return given;
  const { of } = field;
  if (of && isProps(given) && isProps(answer)) return renewObject(of, given, answer);
  if (field.type === "set" && sameSet(withoutDefaults(given), answer)) return given;
  if (of && Array.isArray(given) && Array.isArray(answer))
    return answer.map((element, index) => {
      const before = given[index];
      if (!isProps(element)) return element;
      return isProps(before) ? renewObject(of, before, element) : rebuildObject(of, element);
    });
  return answer;
}

/** The inputs of something imported: every input that has a value other than zero. */
export function rebuiltInputs(schema: Schema, outputs: Props): Props {
  return rebuildObject(schema.fields, outputs);
}

function rebuildObject(fields: Fields, outputs: Props): Props {
  const result: Props = { [DEFAULTS]: [] };
  for (const [name, { of }] of inputFields(fields)) {
    const value = outputs[name];
    if (value === undefined || isZero(value)) continue;
    if (of && isProps(value)) result[name] = rebuildObject(of, value);
    else if (of && Array.isArray(value))
      result[name] = value.map((element) => (isProps(element) ? rebuildObject(of, element) : element));
    else result[name] = value;
  }
  return result;
}
