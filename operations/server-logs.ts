/** `logs` and `log-list`: what the database server of an instance wrote last and writes, and which logs it has. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Guest, GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import { engineOf } from "../engines/index.ts";
import { type EffectiveLogs, isOn, type LogKind, type LogPlace, logKinds } from "../engines/logs.ts";
import { OperationError } from "./errors.ts";
import { recordedInstance } from "./instances.ts";
import { glanceAt, readLog } from "./log-reading.ts";
import type { InstanceRecord } from "./records.ts";
import type { OperationRequest } from "./session.ts";

export interface LogsRequest extends OperationRequest {
  name: string;
  type: LogKind;
  lines: number;
  /** Go on until the signal. */
  follow: boolean;
  onLines(lines: readonly string[]): void;
}

const pollMs = 1_000;
/** What is written beyond this between two looks is not shown. */
const windowLines = 2_000;

export async function logs(request: LogsRequest): Promise<void> {
  const { name, type, lines, follow, onLines, signal } = request;
  const { record, guest } = await opened(request);
  const on = effectiveLogs(record);
  if (!isOn(type, on)) {
    throw new OperationError("input", `the ${type} log of "${name}" is off`, {
      remedy: `switch it on: coffer log-enable ${name} ${type}`,
    });
  }
  const place = engineOf(record.engine).logs.place(type);
  await told(name, async () => {
    let seen = await readLog(guest, place, on, follow ? Math.max(lines, windowLines) : lines);
    onLines(lines === 0 ? [] : seen.slice(-lines));
    while (follow && !signal?.aborted) {
      await sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => {});
      if (signal?.aborted) break;
      const now = await glanceAt(guest, place, on, windowLines);
      const fresh = newLines(seen, now);
      if (fresh.length) onLines(fresh);
      seen = now;
    }
  });
}

export interface LogRow {
  instance: string;
  type: LogKind;
  enabled: boolean;
  /** Milliseconds from which a statement is slow; null for the other logs, and where it is off. */
  afterMs: number | null;
  /** What it takes now; null where the guest keeps it and does not tell. */
  bytes: number | null;
  /** What it takes at most; null where the guest's own setting is not known. */
  limitBytes: number | null;
  /** The log in whose stream its lines stand; null: one of its own. */
  within: LogKind | null;
}

export async function listLogs(request: OperationRequest & { name: string }): Promise<readonly LogRow[]> {
  const { name } = request;
  const { record, guest } = await opened(request);
  const on = effectiveLogs(record);
  return told(name, () =>
    Promise.all(
      logKinds.map(async (type): Promise<LogRow> => {
        const place = engineOf(record.engine).logs.place(type);
        return {
          instance: name,
          type,
          enabled: isOn(type, on),
          afterMs: type === "slow" ? (on.slowAfterMs ?? null) : null,
          bytes: place.in === "file" ? await sizeOf(guest, place.path) : null,
          limitBytes: limitOf(guest, place),
          within: place.in === "stream" && type !== "error" ? "error" : null,
        };
      }),
    ),
  );
}

async function opened({ name, ...request }: OperationRequest & { name: string }) {
  const { record, guests } = await recordedInstance(request, name);
  const address = guests[name];
  if (!address)
    throw new OperationError("failed", `the address of "${name}" is not recorded`, { remedy: "run `coffer up`" });
  return { record, guest: await told(name, () => openGuest(address), false) };
}

/** Closes what is open, unless more is to come, and has the words for a guest that cannot be used. */
async function told<T>(name: string, work: () => Promise<T>, last = true): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    throw new OperationError("failed", `the log of "${name}" cannot be read: ${error.message}`, {
      remedy: error.problem === "stopped" ? `start it with: coffer start ${name}` : "see `coffer show` for its state",
      cause: error,
    });
  } finally {
    if (last) await closeAll();
  }
}

function effectiveLogs({ engine, logs = {}, parameters }: InstanceRecord): EffectiveLogs {
  return engineOf(engine).logs.effective(logs, parameters);
}

function limitOf(guest: Guest, place: LogPlace): number | null {
  return place.in === "file" ? 2 * place.limitBytes : (guest.service.logLimit ?? null);
}

async function sizeOf(guest: Guest, path: string): Promise<number> {
  const { stdout } = await guest.run(["stat", "--format=%s", `${path}.1`, path]);
  return stdout.split("\n").reduce((sum, size) => sum + Number(size), 0);
}

/** What is new in `after`, the end of a log whose end was `before` a moment ago. Pure. */
export function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let known = Math.min(before.length, after.length); known > 0; known--) {
    const from = before.length - known;
    // Most are told apart by their first line.
    if (after[0] === before[from] && after.slice(0, known).every((line, index) => before[from + index] === line))
      return after.slice(known);
  }
  return after;
}
