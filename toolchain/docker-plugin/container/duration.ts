/** Durations and decimals the way Go reads and writes them: Docker's answers are recorded in these spellings. */

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const PART = /^(\d+)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/;

/** Nanoseconds of a duration such as "1m30s"; undefined when it is none or below zero. */
export function parseDuration(text: string): bigint | undefined {
  let rest = text.replace(/^\+/, "");
  if (rest === "0") return 0n;
  if (rest === "") return undefined;
  let total = 0n;
  while (rest !== "") {
    const [part, whole, fraction = "", unit] = PART.exec(rest) ?? [];
    const scale = UNITS[unit ?? ""];
    if (part === undefined || whole === undefined || scale === undefined) return undefined;
    total += BigInt(whole) * scale + (BigInt(`0${fraction}`) * scale) / 10n ** BigInt(fraction.length);
    rest = rest.slice(part.length);
  }
  return total;
}

export function isDuration(text: string): boolean {
  return parseDuration(text) !== undefined;
}

/** Go's spelling: 60 s is "1m0s", 1500 ms is "1.5s". */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  if (nanoseconds < 1_000_000_000n) {
    const unit = nanoseconds < 1000n ? "ns" : nanoseconds < 1_000_000n ? "µs" : "ms";
    return `${fraction(nanoseconds, UNITS[unit] ?? 1n)}${unit}`;
  }
  const seconds = `${fraction(nanoseconds % 60_000_000_000n, 1_000_000_000n)}s`;
  const minutes = nanoseconds / 60_000_000_000n;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function fraction(value: bigint, unit: bigint): string {
  const digits = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return `${value / unit}${unit > 1n && digits !== "" ? `.${digits}` : ""}`;
}

/** CPUs as the official plugin writes them, odd spellings included: 1 -> "1.0", 10 -> "10.", 0.05 -> "0.1". */
export function formatCpus(nanoCpus: number): string {
  const text = `${Math.trunc(nanoCpus / 1e9)}.${String(nanoCpus % 1e9).padStart(9, "0")}`;
  // It takes nine zeros for a round value, wherever they stand, and then keeps a single, rounded decimal.
  if (text.replace(/[^0]/g, "").length !== 9) return text.replace(/0+$/, "");
  const tenths = Math.round(nanoCpus / 1e8);
  return `${Math.trunc(tenths / 10)}.${tenths % 10}`;
}
