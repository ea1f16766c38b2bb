/** Sizes in bytes: how people and servers write them, and how much memory a default may take. */

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
