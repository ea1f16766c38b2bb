/**
 * A lock between processes that cannot outlive its holder: the kernel's lock on a file, held by a `flock` process that
 * ends when its standard input does, which is when this process lets go or dies.
 */
import { spawn } from "node:child_process";

/**
 * Runs `work` alone among all processes that use this file. Waits at most `limit` milliseconds; `onWait` is called
 * when another holds it.
 */
export async function withLock<T>(
  file: string,
  limit: number,
  signal: AbortSignal | undefined,
  onWait: () => void,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const script = "echo held && exec cat";
  const holder = spawn("flock", ["--exclusive", "--wait", String(Math.ceil(limit / 1000)), file, "sh", "-c", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = new Promise<void>((resolve) => holder.once("close", () => resolve()).once("error", () => resolve()));
  // A holder that is gone has let go already.
  holder.stdin.on("error", () => {});
  const giveUp = () => holder.kill("SIGTERM");
  const notice = setTimeout(onWait, 500);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("close", () =>
        reject(new Error(`the lock ${file} was held by another process for ${limit / 1000} s`)),
      );
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
    signal?.removeEventListener("abort", giveUp);
    clearTimeout(notice);
    return await work();
  } finally {
    signal?.removeEventListener("abort", giveUp);
    clearTimeout(notice);
    holder.stdin.end();
    await closed;
  }
}
