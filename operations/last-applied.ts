/**
 * What a checkout applied last to each stack: a hint that the next run will probably find nothing to do, no more. It lies beside the
 * logs, is no part of the state, and may be missing or wrong.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readIfThere, writeWhole } from "./files.ts";
import { places, type Workspace } from "./workspace.ts";

export const digestOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** The digest of the spec that was applied last; undefined when nothing is known. */
export async function lastApplied(workspace: Workspace, stack: string): Promise<string | undefined> {
  return (await readIfThere(pathOf(workspace, stack)))?.trim();
}

/** Never fails: what was applied is applied all the same. */
export async function noteApplied(workspace: Workspace, stack: string, digest: string): Promise<void> {
  await writeWhole(pathOf(workspace, stack), `${digest}\n`).catch(() => {});
}

export interface Expectation {
  /** Digests of the spec to be applied and of the one that was applied last. */
  digest: string;
  last: string | undefined;
  /** Something was put right before: what it was made of is applied again. */
  isMended: boolean;
  /** The stack has resources. */
  isRecorded: boolean;
  /** The command has variables of its own: it does more than the spec says. */
  isSpecial: boolean;
}

/** Whether an apply will probably find nothing to do. Pure. */
export function expectsNothing({ digest, last, isMended, isRecorded, isSpecial }: Expectation): boolean {
  return digest === last && isRecorded && !isMended && !isSpecial;
}

const pathOf = (workspace: Workspace, stack: string): string => join(places(workspace).applied, `${stack}.sha256`);
