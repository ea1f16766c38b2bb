/** When a call to a cloud is tried again, and after how long. */

/** What became of one try: an HTTP status, or how no answer came. */
export interface Try {
  /** True when doing it twice is doing it once: everything but POST and PATCH, and the login. */
  repeatable: boolean;
  status?: number;
  noAnswer?: "refused" | "cut" | "slow" | "final";
  /** The header, as it came. */
  retryAfter?: string | undefined;
  /** 1 for the first try. */
  number: number;
}

/** Passing troubles of a busy or restarting service. */
const passing = new Set([429, 502, 503, 504]);
/** With these the service says that it did nothing. */
const untouched = new Set([429, 503]);
/** 500 is mostly an error that stays. */
const triesOf500 = 4;

/** Milliseconds. */
const shortest = 250;
const longest = 8_000;

/**
 * Milliseconds until the next try; undefined: this was the last. `random` gives 0 to 1: many callers that failed together
 * shall not come back together. Does not know how much time is left.
 */
export function pauseAfter(last: Try, now: number, random: () => number): number | undefined {
  if (!again(last)) return undefined;
  const asked = retryAfter(last.retryAfter, now);
  const step = Math.min(longest, shortest * 2 ** (last.number - 1));
  const jittered = step * (0.5 + random() / 2);
  return asked === undefined ? jittered : Math.max(asked + random() * shortest, 0);
}

function again({ repeatable, status, noAnswer, number }: Try): boolean {
  if (noAnswer) return noAnswer === "refused" || (noAnswer !== "final" && repeatable);
  if (status === undefined) return false;
  if (!repeatable) return untouched.has(status);
  return passing.has(status) || (status === 500 && number < triesOf500);
}

/** Milliseconds from now; seconds or an HTTP date. Undefined when it is neither. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
