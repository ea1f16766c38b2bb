/** Property values as they travel between Pulumi's engine and a provider, and what counts as "the same" between two of them. */

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Props = { [key: string]: Value };

/** The text the engine sends for a value that is not known before an update has run. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The key under which Check lists the properties it filled in by itself. */
export const DEFAULTS = "__defaults";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

export function isProps(value: Value | undefined): value is Props {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Absent, null, "", 0, false, [] and {} are one value: the official plugin cannot tell them apart. */
export function isZero(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isProps(value) && Object.keys(value).every((key) => key === DEFAULTS);
}

/** Like isZero, but false counts as given: for inputs that Docker fills in when the program is silent. */
export function isUnset(value: Value | undefined): boolean {
  return value !== false && isZero(value);
}

/** True when the value is, or has inside, something that is not known yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isProps(value) && Object.values(value).some(hasUnknown);
}

/** Takes the secret envelopes off, at any depth. */
export function unwrap(value: Value): Value {
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isProps(value)) return value;
  if (value[SIGNATURE] === SECRET) return unwrap(value.value ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

/** Takes the `__defaults` lists off, at any depth. */
export function withoutDefaults(value: Value): Value {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (!isProps(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== DEFAULTS)
      .map(([key, inner]) => [key, withoutDefaults(inner)]),
  );
}

/** One text per content: keys sorted, zero values and `__defaults` left out of objects. */
export function canonical(value: Value | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isProps(value)) return JSON.stringify(value ?? null);
  const keys = Object.keys(value).filter((key) => key !== DEFAULTS && !isZero(value[key]));
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(",")}}`;
}

/** Two scalars are equal when both are zero or both are the same. */
export function sameScalar(one: Value | undefined, other: Value | undefined): boolean {
  return one === other || (isZero(one) && isZero(other));
}

export function textOf(props: Props, key: string): string {
  const value = props[key];
  return typeof value === "string" ? value : "";
}

export function intOf(props: Props, key: string): number {
  const value = props[key];
  return typeof value === "number" ? value : 0;
}

export function flagOf(props: Props, key: string): boolean {
  return props[key] === true;
}

export function textsOf(props: Props, key: string): string[] {
  const value = props[key];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

export function objectsOf(props: Props, key: string): Props[] {
  const value = props[key];
  return Array.isArray(value) ? value.filter(isProps) : [];
}

export function objectOf(props: Props, key: string): Props | undefined {
  const value = props[key];
  return isProps(value) ? value : undefined;
}

export function mapOf(props: Props, key: string): Record<string, string> {
  const value = objectOf(props, key) ?? {};
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, String(inner)]));
}

/** `[{label, value}]`, the form labels have in programs, as the map Docker wants. */
export function labelMap(labels: Props[]): Record<string, string> {
  return Object.fromEntries(labels.map((entry) => [textOf(entry, "label"), textOf(entry, "value")]));
}

export function labelList(labels: Record<string, string> | null | undefined): Props[] {
  return Object.entries(labels ?? {})
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}
