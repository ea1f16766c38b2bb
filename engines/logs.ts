/**
 * The logs of a server. `error`: what the server says of itself; always on, kept by the guest. `slow` and `general`: statements
 * that took long, and all of them; off unless the spec switches them on. Each is bounded wherever it lies.
 */
import type { Parameters } from "./parameters.ts";

export type LogKind = "error" | "slow" | "general";
export const logKinds: readonly LogKind[] = ["error", "slow", "general"];
/** Those that a spec switches. */
export type SwitchedLog = Exclude<LogKind, "error">;
export const switchedLogs: readonly SwitchedLog[] = ["slow", "general"];

/** What a spec says of the logs of an instance; plain data. */
export interface LogSettings {
  /** On when there; `afterMs`: whole milliseconds that a statement takes at least. Default: the engine's `threshold`, else 1000. */
  slow?: { afterMs?: number };
  general?: true;
}

/** Which log is on, as the server is set. */
export interface EffectiveLogs {
  /** Undefined: the slow log is off. */
  slowAfterMs?: number;
  general: boolean;
}

export const defaultSlowMs = 1000;

/** Where a log lies in a guest. */
export type LogPlace =
  /** In the server's one stream, which the guest keeps: `select` gives the log's lines among those of the stream. Pure. */
  | { in: "stream"; select(lines: readonly string[], logs: EffectiveLogs): readonly string[] }
  /** A file of its own. Above `limitBytes` it takes the place of `FILE.1`, so that both together have twice that. */
  | { in: "file"; path: string; limitBytes: number };

export interface Logs {
  /** The parameter that says after what time a statement is slow; it stays the user's as long as `logs` does not say it. */
  threshold: string;
  effective(settings: LogSettings, parameters: Parameters): EffectiveLogs;
  place(kind: LogKind): LogPlace;
}

export function isOn(kind: LogKind, logs: EffectiveLogs): boolean {
  if (kind === "error") return true;
  return kind === "general" ? logs.general : logs.slowAfterMs !== undefined;
}
