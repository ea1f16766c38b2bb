/**
 * Why an operation did not do what was asked. `reason` decides the command line's exit code; whatever is not an
 * OperationError (or a SpecError) is a defect and keeps its stack trace.
 */
export type Reason =
  /** The request or the spec is wrong; nothing was changed. */
  | "input"
  /** It was tried and failed. */
  | "failed"
  /** Changes other than those asked for are waiting. */
  | "pending"
  | "interrupted";

export interface ErrorDetails {
  /** What to do, one sentence. */
  remedy?: string;
  /** The file that has the whole story. */
  log?: string;
  /** More of the same: one line each (all refusals, all failures after the first). */
  also?: readonly string[];
  /** Nothing but passing troubles of a service that is asked: the same run may succeed in a moment. Default: false. */
  passing?: boolean;
  cause?: unknown;
}

export class OperationError extends Error {
  readonly reason: Reason;
  readonly remedy?: string;
  readonly log?: string;
  readonly also: readonly string[];
  readonly passing: boolean;
  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "OperationError";
    this.reason = reason;
    this.remedy = details.remedy;
    this.log = details.log;
    this.also = details.also ?? [];
    this.passing = details.passing ?? false;
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A failed file operation in words; anything else is thrown on as it is. */
export function fileError(error: unknown, doing: string, path: string): Error {
  if (!isSystemError(error)) return error instanceof Error ? error : new Error(String(error));
  const said: Record<string, [string, string]> = {
    EROFS: ["the file system is read-only", "clone Coffer to a place that can be written"],
    EACCES: ["permission denied", "give this user the right to write there, or clone Coffer to a place of its own"],
    EPERM: ["permission denied", "give this user the right to write there, or clone Coffer to a place of its own"],
    ENOSPC: ["no space left on the device", "free some space there and run the same command again"],
    EDQUOT: ["the disk quota is used up", "free some space there and run the same command again"],
    ENOENT: ["no such file or directory", "check the path"],
    EISDIR: ["it is a directory", "name a file"],
    ENOTDIR: ["a part of the path is not a directory", "check the path"],
  };
  const [what, remedy] = said[error.code] ?? [error.message, "look at the path and run the same command again"];
  return new OperationError("failed", `cannot ${doing} ${path}: ${what}`, { remedy, cause: error });
}
