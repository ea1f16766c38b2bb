/** Sizes and times: how people and servers write them, and how much memory a default may take. */

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

const factors: Readonly<Record<string, number>> = { "": 1, K: KiB, M: MiB, G: GiB, T: 1024 * GiB };

/**
 * A size such as `256M`, `64k` or `1048576` in bytes; undefined when the text is none, or when it is too large to be
 * exact. `suffixes` are the letters allowed, in upper case (default K, M, G and T); lower case is read the same way.
 */
export function parseSize(text: string, suffixes = "KMGT"): number | undefined {
  const match = /^(\d{1,20})([A-Za-z]?)$/.exec(text.trim());
  if (!match) return undefined;
  const suffix = (match[2] ?? "").toUpperCase();
  if (!suffixes.includes(suffix)) return undefined;
  const bytes = Number(match[1]) * (factors[suffix] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Bytes in the largest unit that divides them exactly: 268435456 is `256M`, 1000 is `1000`. */
export function formatSize(bytes: number): string {
  for (const suffix of ["G", "M", "K"]) {
    const factor = factors[suffix] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${suffix}`;
  }
  return String(bytes);
}

/** The largest multiple of `step` that is not above `value`, and at least `step`. */
export function roundDown(value: number, step: number): number {
  return Math.max(step, Math.floor(value / step) * step);
}

/** What a parameter's bare number counts: a size of so many bytes, or a time of so many microseconds. */
export interface Unit {
  of: "size" | "time";
  factor: number;
}

const sizes: Readonly<Record<string, number>> = { B: 1, kB: KiB, MB: MiB, GB: GiB, TB: 1024 * GiB };
const times: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/** The units that may be written after a number. */
export function unitNames({ of }: Pick<Unit, "of">): readonly string[] {
  return Object.keys(of === "size" ? sizes : times);
}

/** A unit as servers name it: `B`, `8kB`, `ms`. Throws a plain error for another: that is a bug of a table. */
export function unitOf(name: string): Unit {
  const match = /^(\d*)([A-Za-z]+)$/.exec(name);
  const word = match?.[2] ?? "";
  const of = word in sizes ? "size" : "time";
  const scale = (of === "size" ? sizes : times)[word];
  if (scale === undefined) throw new Error(`unknown unit "${name}" in a table of parameters`);
  return { of, factor: Number(match?.[1] || 1) * scale };
}

/**
 * What a unit is worth that somebody wrote, in bytes or microseconds; undefined when it is none of that kind. Sizes are read
 * as all servers write them (`256M`, `256MB`, `256m`, `256MiB`, always binary); times are the letters of `unitNames`.
 */
export function scaleOf({ of }: Pick<Unit, "of">, written: string): number | undefined {
  if (of === "time") return Object.hasOwn(times, written) ? times[written] : undefined;
  if (/^b$/i.test(written)) return 1;
  const letter = /^([KMGT])(i?B)?$/i.exec(written)?.[1]?.toUpperCase();
  return letter === undefined ? undefined : factors[letter];
}

/** A bare number as people read it: 16384 of `8kB` is `128MB`. Special values such as -1 and 0 stay bare. */
export function withUnit(name: string, number: number): string {
  if (number <= 0) return String(number);
  const { of, factor } = unitOf(name);
  const base = number * factor;
  const fitting = Object.entries(of === "size" ? sizes : times).filter(
    ([, scale]) => scale <= base && Number.isInteger(base / scale),
  );
  const [unit, scale] = fitting.at(-1) ?? [name, factor];
  return `${base / scale}${unit}`;
}
