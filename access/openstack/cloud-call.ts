/** One call with its limit, and the texts that go out and come in. */
import { CloudError, type CloudRequest } from "./cloud.ts";
import { type Asked, askedWords } from "./cloud-failure.ts";
import { type Answer, seconds } from "./cloud-http.ts";

/** What all tries of one call share. */
export interface Call {
  asked: Asked;
  /** Of performance.now(). */
  deadline: number;
  limit: number;
  signal?: AbortSignal | undefined;
  secrets: readonly string[];
}

/** The time that is left for one try; one that can be repeated leaves time for another. */
export function timing(call: Call, repeatable = false): { limit: number; signal?: AbortSignal } {
  const left = Math.max(1, call.deadline - performance.now());
  const limit = repeatable ? Math.min(left, call.limit / 2) : left;
  return { limit, ...(call.signal ? { signal: call.signal } : {}) };
}

/** What several calls wait for goes on when one of them gives up. */
export async function within<T>(call: Call, shared: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const words = `${askedWords(call.asked)} failed: the login, or the list of versions, took longer than ${seconds(call.limit)} s`;
  const late = () => reject(new CloudError("timeout", words));
  const timer = setTimeout(late, Math.max(0, call.deadline - performance.now()));
  const abort = () => reject(call.signal?.reason);
  call.signal?.addEventListener("abort", abort);
  try {
    call.signal?.throwIfAborted();
    return await Promise.race([shared, promise]);
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener("abort", abort);
  }
}

export function queryText(query: CloudRequest["query"]): string {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) words.append(key, String(one));
  }
  return words.size > 0 ? `?${words}` : "";
}

export function parsed<T>(asked: Asked, answer: Answer): T {
  if (answer.text.trim() === "") return undefined as T;
  const value = jsonOf(answer.text);
  if (value !== undefined) return value as T;
  const kind = answer.header("content-type") ?? "no type";
  throw new CloudError(
    "failed",
    `${askedWords(asked)} answered ${answer.status} with something that is no JSON (${kind})`,
    {
      status: answer.status,
    },
  );
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
