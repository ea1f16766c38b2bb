/** What a sealed file of a stack holds, and what `state export` and `state import` have in common. */
import { access } from "node:fs/promises";
import { z } from "zod";
import { type Deployment, parseDeployment } from "./deployment.ts";
import { fileError, isSystemError } from "./errors.ts";
import { takeLock } from "./lock.ts";
import type { OperationRequest } from "./session.ts";
import { places } from "./workspace.ts";

export interface StateCopyRequest extends OperationRequest {
  /** The sealed file; an absolute path. */
  path: string;
  /** The sealed file as the user wrote it, for messages. */
  shown: string;
  /** Asked for late, so that nobody types one for nothing. */
  password(): Promise<string>;
}

/** Everything of a stack that must not be lost. */
export const stateCopy = z.strictObject({
  stack: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/),
  stackId: z.uuid(),
  /** As the stack's own file records it. */
  spec: z.string(),
  /** The text of the stack's own file. */
  stackFile: z.string(),
  /** As `pulumi stack import` takes it. */
  deployment: z.strictObject({ version: z.number(), deployment: z.record(z.string(), z.unknown()) }),
  /** The text of its file, when Coffer keeps one. */
  passphrase: z.string().optional(),
});

export type StateCopy = z.infer<typeof stateCopy>;

/** An apply takes minutes, a first one on a cold machine longer. */
const lockPatienceMs = 600_000;

/** Runs `act` while nothing else of Coffer works on the stack. */
export async function whileLocked<T>(
  { workspace, report, signal }: OperationRequest,
  stack: string,
  verb: string,
  act: () => Promise<T>,
): Promise<T> {
  const lock = await takeLock({
    folder: places(workspace).locks,
    stack,
    verb,
    patience: lockPatienceMs,
    report,
    ...(signal ? { signal } : {}),
  });
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

export function resourcesOf({ deployment }: StateCopy): Deployment["resources"] {
  return parseDeployment(JSON.stringify(deployment), "the sealed state").resources;
}

/** `passphrase`, `service` or a cloud's; undefined when the state has no secrets. */
export function secretsProvider({ deployment }: Deployment["whole"]): unknown {
  return (deployment.secrets_providers as { type?: unknown } | undefined)?.type;
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isSystemError(error) && ["ENOENT", "ENOTDIR"].includes(error.code)) return false;
    throw fileError(error, "read", path);
  }
}
