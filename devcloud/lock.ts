/** One `up`, `down` or `wipe` at a time. */
import { withLock } from "../toolchain/lock.ts";
import type { DevcloudEvent } from "./execute.ts";

/** Seconds to wait for another one: longer than an `up` with its installation. */
const limit = 1200;

/** Not in the state folder, which `wipe` removes. */
const path = "/run/lock/coffer-devcloud";

export function underLock<T>(
  purpose: string,
  { tell, signal }: { tell: (event: DevcloudEvent) => void; signal?: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const onWait = (holder: string): void => tell({ kind: "note", text: `waits for ${holder}` });
  return withLock(path, { purpose, limit, onWait, ...(signal ? { signal } : {}) }, work);
}
