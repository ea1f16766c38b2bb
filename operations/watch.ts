/** `watch`: looks at a stack again and again, and tells what each look shows and what changed since the one before. */
import { setTimeout as sleep } from "node:timers/promises";
import { SpecError } from "../spec/index.ts";
import { messageOf, OperationError } from "./errors.ts";
import { type ListResult, list } from "./instances.ts";
import type { InstanceRow } from "./rows.ts";
import type { OperationRequest } from "./session.ts";

type Standing = Pick<InstanceRow, "status" | "operatingStatus">;

/** An instance's status has changed, or it was seen for the first time, or it is not there any more. */
export interface StatusChange {
  /** When it was seen, in ISO 8601, UTC. */
  time: string;
  stack: string;
  name: string;
  /** Null: it is gone. */
  status: InstanceRow["status"] | null;
  operatingStatus: InstanceRow["operatingStatus"] | null;
  /** Null: seen for the first time. */
  previousStatus: InstanceRow["status"] | null;
  previousOperatingStatus: InstanceRow["operatingStatus"] | null;
}

export interface WatchRound {
  time: string;
  stack: string;
  /** As of the last look that succeeded. */
  rows: readonly InstanceRow[];
  changes: readonly StatusChange[];
  /** Why this look failed; the next one may do better. */
  problem?: string;
}

export interface WatchRequest extends OperationRequest {
  /** Seconds between the end of one look and the begin of the next. */
  interval: number;
  onRound(round: WatchRound): void;
}

/** What a test puts in place of the world. */
export interface WatchWorld {
  look(request: OperationRequest): Promise<ListResult>;
  now(): Date;
  /** Ends early, without an error, when the signal is given. */
  pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

const world: WatchWorld = {
  look: list,
  now: () => new Date(),
  pause: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() => {}),
};

/**
 * Until the signal, which does not wait for a look under way. Each look is bounded as that of `list`. A first look whose
 * input is wrong is an error; any other that fails is told as a round with a problem.
 */
export async function watch(request: WatchRequest, { look, now, pause }: WatchWorld = world): Promise<void> {
  const { interval, onRound, signal, ...rest } = request;
  // Steps of one look (reading the state, say) are no news to somebody who watches.
  const quiet: OperationRequest = { ...rest, report: () => {}, ...(signal ? { signal } : {}) };
  let last: ListResult = { stack: "", rows: [] };
  for (let first = true; !signal?.aborted; first = false) {
    try {
      const seen = await untilAborted(look(quiet), signal);
      if (!seen) return;
      const time = now().toISOString();
      const changes = changesBetween(last.rows, seen.rows, seen.stack, time);
      last = seen;
      onRound({ time, ...seen, changes });
    } catch (error) {
      if (signal?.aborted) return;
      if (first && isInput(error)) throw error;
      onRound({ time: now().toISOString(), ...last, changes: [], problem: messageOf(error) });
    }
    await pause(interval * 1000, signal);
  }
}

/** Also what the spec language says of a file. */
const isInput = (error: unknown): boolean =>
  error instanceof SpecError || (error instanceof OperationError && error.reason === "input");

/** Undefined when the signal came first; what goes on then is not seen any more. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (!signal) return work;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** In the order of the new rows, then those that are gone. Pure. */
export function changesBetween(
  before: readonly InstanceRow[],
  after: readonly InstanceRow[],
  stack: string,
  time: string,
): StatusChange[] {
  const was = new Map(before.map((row) => [row.name, row]));
  const is = new Set(after.map(({ name }) => name));
  const change = (name: string, from: Standing | undefined, to: Standing | undefined): StatusChange => ({
    time,
    stack,
    name,
    status: to?.status ?? null,
    operatingStatus: to?.operatingStatus ?? null,
    previousStatus: from?.status ?? null,
    previousOperatingStatus: from?.operatingStatus ?? null,
  });
  return [
    ...after.flatMap((row) => {
      const from = was.get(row.name);
      const same = from?.status === row.status && from.operatingStatus === row.operatingStatus;
      return same ? [] : [change(row.name, from, row)];
    }),
    ...before.filter(({ name }) => !is.has(name)).map((row) => change(row.name, row, undefined)),
  ];
}
