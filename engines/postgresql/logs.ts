/**
 * PostgreSQL's logs. The server writes one stream, which the guest keeps and bounds; whose lines are whose is told by the
 * server's own words, which are always English (lc_messages), behind a prefix that a spec may choose. Lines that go on begin
 * with a tab, so that no statement can forge the beginning of another.
 */
import type { Parameters, ParameterValue } from "../engine.ts";
import {
  defaultSlowMs,
  type EffectiveLogs,
  type LogKind,
  type LogPlace,
  type LogSettings,
  type Logs,
} from "../logs.ts";
import { catalogueOf, versions } from "./catalogue.ts";
import { parseValue } from "./values.ts";

const threshold = "log_min_duration_statement";

export const logs: Logs = {
  threshold,
  effective({ slow, general = false }, parameters) {
    const given = thresholdMs(parameters[threshold]);
    const slowAfterMs = slow ? (slow.afterMs ?? given ?? defaultSlowMs) : given;
    return { ...(slowAfterMs === undefined ? {} : { slowAfterMs }), general };
  },
  place: (kind): LogPlace => ({ in: "stream", select: (lines, effective) => select(kind, lines, effective) }),
};

/** The parameters that switch the logs. */
export function logParameters({ slow, general }: LogSettings, given: Parameters): Parameters {
  const afterMs = slow?.afterMs ?? (slow && given[threshold] === undefined ? defaultSlowMs : undefined);
  return {
    log_statement: general ? "all" : "none",
    ...(afterMs === undefined ? {} : { [threshold]: `${afterMs}ms` }),
  };
}

/**
 * For Coffer's own sessions, which speak of users: nothing of them is in a log, not even of a statement that fails. No options of the
 * connection, because those would be what RESET goes back to, which is what readings tell.
 */
export const unlogged =
  "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_duration_sample = -1; " +
  "SET log_transaction_sample_rate = 0; SET log_duration = off; SET log_min_error_statement = panic;";

function thresholdMs(value: ParameterValue | undefined): number | undefined {
  const variable = catalogueOf(versions[0] ?? "").get(threshold);
  if (value === undefined || !variable) return undefined;
  const parsed = parseValue(threshold, variable, value);
  if ("message" in parsed || Number(parsed.value) < 0) return undefined;
  return Number(parsed.value);
}

/** An entry of the stream: its first line, and those that belong to it. */
interface Entry {
  lines: string[];
  kind: LogKind;
  /** Milliseconds, where the entry tells what a statement took. */
  ms?: number;
  /** The process, where the prefix names it as the default one does: `[12]`. */
  process?: string;
  /** It tells how long, and the statement stands in an entry before. */
  bare?: boolean;
}

const more = /(?:^|\s)(?:DETAIL|HINT|QUERY|CONTEXT|LOCATION|BACKTRACE|STATEMENT): {2}/;
const begins = /(?:^|\s)(?:DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC): {2}/;
const statement = /(?:^|\s)LOG: {2}(?:statement|execute [^:]*|fastpath function call): /;
const duration = /(?:^|\s)LOG: {2}duration: ([\d.]+) ms( {2}\S.*)?$/;

function select(kind: LogKind, lines: readonly string[], logs: EffectiveLogs): readonly string[] {
  const statements = new Map<string, Entry>();
  const selected: string[] = [];
  for (const entry of entriesOf(lines)) {
    if (entry.kind === "general" && entry.process) statements.set(entry.process, entry);
    const slow = entry.kind === "slow" && entry.ms !== undefined && entry.ms >= (logs.slowAfterMs ?? Infinity);
    if (kind === "slow" && slow) {
      // Where the general log is on, too, the server does not repeat the statement.
      if (entry.bare && entry.process) selected.push(...(statements.get(entry.process)?.lines ?? []));
      selected.push(...entry.lines);
    } else if (kind === whose(entry, slow)) selected.push(...entry.lines);
  }
  return selected;
}

/** Times that other parameters ask for (log_duration, samples) stay with what the server says of itself. */
const whose = (entry: Entry, slow: boolean): LogKind => (entry.kind === "slow" && !slow ? "error" : entry.kind);

function entriesOf(lines: readonly string[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    const goesOn = line.startsWith("\t") || (more.test(line) && !begins.test(line.slice(0, line.search(more) + 1)));
    if (goesOn && last) last.lines.push(line);
    else if (!goesOn) entries.push(entryOf(line));
  }
  return entries;
}

function entryOf(line: string): Entry {
  const process = /\[(\d+)\]/.exec(line.slice(0, line.search(begins) + 1))?.[1];
  const whose = process === undefined ? {} : { process };
  const took = duration.exec(line);
  if (took) return { lines: [line], kind: "slow", ms: Number(took[1]), bare: took[2] === undefined, ...whose };
  return { lines: [line], kind: statement.test(line) ? "general" : "error", ...whose };
}
