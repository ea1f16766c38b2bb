/**
 * Property values between Pulumi's wire format and plain JavaScript. Inside the provider secrets are unwrapped and an
 * unknown value (an output that does not exist yet, in a preview) is the symbol UNKNOWN.
 */
import struct from "google-protobuf/google/protobuf/struct_pb.js";

// Pulumi's signatures (proto/resource.proto, sdk/nodejs/runtime/rpc.ts). The SDK's own module would load most of the SDK into
// a process that starts at every command.
const specialSigKey = "4dabf18193072939515e22adb298388d";
const specialSecretSig = "1b47061264138c4ac30d75fd1eb44270";
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const UNKNOWN: unique symbol = Symbol("unknown");

export type Value = string | number | boolean | null | undefined | typeof UNKNOWN | readonly Value[] | Values;
export interface Values {
  [name: string]: Value;
}

/** Unwraps secrets and marks unknowns, at any depth. */
export function fromWire(wire: struct.Struct | undefined): Values {
  return plain(wire?.toJavaScript() ?? {}) as Values;
}

function plain(value: unknown): Value {
  if (value === unknownValue) return UNKNOWN;
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") {
    const fields = value as Record<string, unknown>;
    if (fields[specialSigKey] === specialSecretSig) return plain(fields.value);
    return Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name, plain(inner)]));
  }
  return value as Value;
}

/** The wire form; the properties named in `secrets` are marked so that Pulumi encrypts them. */
export function toWire(values: Values, secrets: readonly string[]): struct.Struct {
  const wire: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const inner = wired(value);
    wire[name] =
      secrets.includes(name) && inner !== unknownValue ? { [specialSigKey]: specialSecretSig, value: inner } : inner;
  }
  return struct.Struct.fromJavaScript(wire as { [name: string]: struct.JavaScriptValue });
}

function wired(value: Value): unknown {
  if (value === UNKNOWN) return unknownValue;
  if (Array.isArray(value)) return value.map((inner: Value) => wired(inner));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([name, inner]) => [name, wired(inner)]),
    );
  }
  return value;
}

/** True when the value, or anything in it, is not known yet. */
export function hasUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some((inner: Value) => hasUnknown(inner));
  if (value !== null && typeof value === "object") return Object.values(value).some(hasUnknown);
  return false;
}

/** Equality by content; the order of keys does not matter, the order of lists does; unknown equals nothing. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === UNKNOWN || b === UNKNOWN) return false;
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((v: Value, i) => sameValue(v, b[i]));
  if (
    a !== null &&
    b !== null &&
    typeof a === "object" &&
    typeof b === "object" &&
    !Array.isArray(a) &&
    !Array.isArray(b)
  ) {
    const [left, right] = [a as Values, b as Values];
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...names].every((name) => sameValue(left[name] ?? undefined, right[name] ?? undefined));
  }
  return (a ?? undefined) === (b ?? undefined);
}
