/** Writing a spec file: whole or not at all, one writer at a time, and never over somebody else's change. */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { lstat, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The file is not what the edit began with; nothing was written. */
export class SpecChangedError extends Error {
  override name = "SpecChangedError";
}

/** Another process is writing the file and did not finish within the wait; nothing was written. */
export class SpecLockedError extends Error {
  override name = "SpecLockedError";
}

/** Milliseconds. A write takes a few; a lock that stays is held by a process that is stopped. */
const lockWait = 5000;
const lockPoll = 50;

/**
 * Replaces the text of the file at `path`, which must still be `expectedOldText`; undefined: the file must not exist.
 * Mode and owner are kept; a symbolic link keeps pointing at the file. Throws SpecChangedError, SpecLockedError, or
 * the error of the file system; the old text is in place then.
 */
export async function writeSpec(path: string, newText: string, expectedOldText: string | undefined): Promise<void> {
  const target = expectedOldText === undefined ? path : await realpath(path).catch(absent);
  if (target === undefined) throw new SpecChangedError(`${path} is gone since it was read, so nothing was written`);
  const lock = await takeLock(`${target}.lock`);
  try {
    await replace(target, newText, expectedOldText);
  } finally {
    await rm(lock, { force: true });
  }
}

async function replace(target: string, newText: string, expectedOldText: string | undefined): Promise<void> {
  const old = await stat(target).catch(absent);
  const oldText = old && (await readFile(target, "utf8"));
  if (oldText !== expectedOldText) {
    const words = expectedOldText === undefined ? "exists already" : "has changed since it was read";
    throw new SpecChangedError(`${target} ${words}, so nothing was written: look at it and run the command again`);
  }
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(newText);
      if (old) await keepOwner(handle, old);
      await handle.chmod(old ? old.mode & 0o7777 : 0o644);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** Root edits a user's file; anybody else may not give files away, and owns the new one. */
async function keepOwner(handle: FileHandle, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const now = await handle.stat();
  if (now.uid === uid && now.gid === gid) return;
  await handle.chown(uid, gid).catch((error: unknown) => {
    if (codeOf(error) !== "EPERM") throw error;
  });
}

/** Only so is the rename itself on disk. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Owner {
  pid: number;
  host: string;
}

/** Makes the lock file and returns its path; waits for a living owner, and takes over from a dead one. */
async function takeLock(path: string): Promise<string> {
  const deadline = Date.now() + lockWait;
  for (;;) {
    if (await createLock(path)) return path;
    const text = await readFile(path, "utf8").catch(absent);
    if (text !== undefined && isDead(text)) {
      await removeDeadLock(path, text);
      continue;
    }
    if (Date.now() >= deadline) {
      const owner = parseOwner(text ?? "");
      const who = owner ? `process ${owner.pid} on ${owner.host}` : "another process";
      throw new SpecLockedError(
        `${who} has held ${path} for ${lockWait / 1000} seconds, so nothing was written: run the command again, ` +
          "and delete that file if no coffer is running",
      );
    }
    await delay(lockPoll);
  }
}

async function createLock(path: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o644);
    try {
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Owner));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Moved away first: of two processes that saw the dead lock, one moves it, and neither removes a new one unseen. */
async function removeDeadLock(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  const moved = await rename(path, aside).then(() => true, absent);
  if (!moved) return;
  const taken = await readFile(aside, "utf8");
  // A new owner's lock was moved: it goes back, unless there is a newer one, whose owner will see the change.
  if (taken !== text && !(await lstat(path).catch(absent))) await rename(aside, path);
  await rm(aside, { force: true });
}

function isDead(text: string): boolean {
  const owner = parseOwner(text);
  // Half a lock file is one that is being written.
  if (!owner || owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null;
    const { pid, host } = owner ?? {};
    return typeof pid === "number" && typeof host === "string" ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
