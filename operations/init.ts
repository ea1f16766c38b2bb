/** `init`: a starter spec. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { targetKinds } from "../components/needs.ts";
import { initialSpec, SpecChangedError, writeSpec } from "../spec/index.ts";
import { fileError, OperationError } from "./errors.ts";

/** Writes a spec to a file that must not exist yet; its folder is made. */
export async function init(file: string, shown: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeSpec(file, initialSpec(targetKinds[0]), undefined);
  } catch (error) {
    if (error instanceof SpecChangedError) {
      throw new OperationError("input", `${shown} exists already`, {
        remedy: "name another file; nothing was written",
        cause: error,
      });
    }
    throw fileError(error, "write", shown);
  }
}
