/** Writing files so that a kill at any moment leaves the old one or the new one, never a half. */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileError, isSystemError } from "./errors.ts";

export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(error, "make the folder", path);
  }
}

/** The file's text, or undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return undefined;
    throw fileError(error, "read", path);
  }
}

/** A file for a child process to write to, which has no name: it is gone with the last who has it open. */
export async function namelessFile(folder: string, kind: string): Promise<FileHandle> {
  const path = join(folder, `${kind}-${randomUUID()}`);
  try {
    const file = await open(path, "wx+", 0o600);
    await unlink(path);
    return file;
  } catch (error) {
    throw fileError(error, "write in", folder);
  }
}

/** Replaces the file as a whole. `mode` is the new file's, default 0600. */
export async function writeWhole(path: string, content: string | Buffer, mode = 0o600): Promise<void> {
  const temporary = await writeBeside(path, content, mode);
  try {
    await rename(temporary, path);
  } catch (error) {
    await remove(temporary);
    throw fileError(error, "write", path);
  }
}

/** Makes the file unless one is there already; tells whether it was made. */
export async function writeNew(path: string, content: string | Buffer, mode = 0o600): Promise<boolean> {
  const temporary = await writeBeside(path, content, mode);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw fileError(error, "write", path);
  } finally {
    await remove(temporary);
  }
}

/** Removes a file that may be gone already. */
export async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ENOENT") throw fileError(error, "remove", path);
  }
}

async function writeBeside(path: string, content: string | Buffer, mode: number): Promise<string> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw fileError(error, "write", path);
  }
}
