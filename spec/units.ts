/** Units of the spec language. */

export const GiB = 2 ** 30;

const memoryUnits: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** The form of a memory size: a whole number and one of K, M, G (binary). */
export const memoryPattern = /^([1-9][0-9]{0,11})([KMG])$/;

/** A memory size such as `512M` in bytes; undefined when it has another form. */
export function parseMemory(text: string): number | undefined {
  const match = memoryPattern.exec(text);
  const unit = memoryUnits[match?.[2] ?? ""];
  return match && unit ? Number(match[1]) * unit : undefined;
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** The form of a time: a number and one of ms, s, min, h. */
export const timePattern = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|min|h)$/;

/** A time such as `500ms` or `1.5s` in whole milliseconds; undefined when it has another form, or a part of one. */
export function parseTime(text: string): number | undefined {
  const match = timePattern.exec(text);
  const unit = timeUnits[match?.[2] ?? ""];
  if (!match || !unit) return undefined;
  const milliseconds = Math.round(Number(match[1]) * unit * 1000) / 1000;
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}
