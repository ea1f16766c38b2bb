/** `logs`: what the database server of an instance wrote last, and what it writes. */
import { setTimeout as sleep } from "node:timers/promises";
import { GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import { OperationError } from "./errors.ts";
import { recordedInstance } from "./instances.ts";
import type { OperationRequest } from "./session.ts";

export interface LogsRequest extends OperationRequest {
  name: string;
  lines: number;
  /** Go on until the signal. */
  follow: boolean;
  onLines(lines: readonly string[]): void;
}

const pollMs = 1_000;
/** What is written beyond this between two looks is not shown. */
const windowLines = 2_000;

export async function logs(request: LogsRequest): Promise<void> {
  const { name, lines, follow, onLines, signal } = request;
  const { guests } = await recordedInstance(request, name);
  const address = guests[name];
  if (!address)
    throw new OperationError("failed", `the address of "${name}" is not recorded`, { remedy: "run `coffer up`" });
  try {
    const guest = await openGuest(address);
    let seen = linesOf(await guest.service.logs(Math.max(lines, windowLines)));
    onLines(seen.slice(-lines));
    while (follow && !signal?.aborted) {
      await sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => {});
      if (signal?.aborted) break;
      const now = linesOf(await guest.service.logs(windowLines));
      const fresh = newLines(seen, now);
      if (fresh.length) onLines(fresh);
      seen = now;
    }
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    throw new OperationError("failed", `the log of "${name}" cannot be read: ${error.message}`, {
      remedy: error.problem === "stopped" ? `start it with: coffer start ${name}` : "see `coffer show` for its state",
      cause: error,
    });
  } finally {
    await closeAll();
  }
}

/** What is new in `after`, the end of a log whose end was `before` a moment ago. Pure. */
export function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let known = Math.min(before.length, after.length); known > 0; known--) {
    const tail = before.slice(-known);
    if (tail.every((line, index) => after[index] === line)) return after.slice(known);
  }
  return after;
}

const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
