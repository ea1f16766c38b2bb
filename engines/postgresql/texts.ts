/**
 * The text parameters that a spec may set, with what each takes: written as the server prints it, so that what is in
 * effect can be compared. A text parameter that is not here is not free (owned.ts).
 */

interface TextRule {
  pattern: RegExp;
  allowed: string;
  accepts?(text: string): boolean;
  ignoreCase?: true;
}

const textSearch = (
  "arabic armenian basque catalan danish dutch english finnish french german greek hindi hungarian indonesian irish " +
  "italian lithuanian nepali norwegian portuguese romanian russian serbian simple spanish swedish tamil turkish yiddish"
).split(" ");

function isTimeZone(text: string): boolean {
  // Every server has it by default, and the first zone that is looked up costs a twentieth of a second.
  if (text === "UTC") return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

const timeZone: TextRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/,
  allowed: "a time zone's name such as UTC or Europe/Berlin",
  accepts: isTimeZone,
  ignoreCase: true,
};

const rules: Readonly<Record<string, TextRule>> = {
  DateStyle: {
    pattern: /^(ISO|SQL|Postgres|German), (MDY|DMY|YMD)$/,
    allowed: "ISO, SQL, Postgres or German, a comma, and MDY, DMY or YMD: for example `ISO, DMY`",
  },
  TimeZone: timeZone,
  log_timezone: timeZone,
  log_line_prefix: { pattern: /^\P{Cc}{0,200}$/u, allowed: "up to 200 characters without control characters" },
  search_path: { pattern: /^\P{Cc}{0,1000}$/u, allowed: "schemas as PostgreSQL lists them, separated by commas" },
  default_text_search_config: {
    pattern: /^pg_catalog\.[a-z]+$/,
    allowed: `pg_catalog. and one of ${textSearch.join(", ")}`,
    accepts: (text) => textSearch.includes(text.slice("pg_catalog.".length)),
  },
};

/** The names of text parameters that a spec may set. */
export const freeTexts: ReadonlySet<string> = new Set(Object.keys(rules));

/** Checks a text; parameters that only Coffer sets have no rule and pass. */
export function checkText(name: string, text: string): { value: string } | { message: string; allowed: string } {
  const rule = rules[name];
  if (!rule || (rule.pattern.test(text) && (rule.accepts?.(text) ?? true))) return { value: text };
  return { message: `${JSON.stringify(text)} is no value of it`, allowed: rule.allowed };
}

/** True when the server's text is the one desired. */
export function sameText(name: string, desired: string, actual: string): boolean {
  return rules[name]?.ignoreCase ? desired.toLowerCase() === actual.toLowerCase() : desired === actual;
}
