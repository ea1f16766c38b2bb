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
