/** Errors in words, and the exit code that goes with each. */
import { OperationError, type Reason } from "../operations/errors.ts";

export const exitCodes = { done: 0, failed: 1, input: 2, pending: 3, interrupted: 130 } as const;

const byReason: Readonly<Record<Reason, number>> = {
  failed: exitCodes.failed,
  input: exitCodes.input,
  pending: exitCodes.pending,
  interrupted: exitCodes.interrupted,
};

export interface Failure {
  code: number;
  text: string;
}

/** Errors of other floors that are the user's to solve, by name: importing them would load what they stand on. */
const known: Readonly<Record<string, number>> = {
  SpecError: exitCodes.input,
  SpecEditError: exitCodes.input,
  SpecChangedError: exitCodes.failed,
  SpecLockedError: exitCodes.failed,
  ToolchainError: exitCodes.failed,
  GuestError: exitCodes.failed,
  CloudError: exitCodes.failed,
  MissingError: exitCodes.failed,
};

export function failure(error: unknown, interrupted: boolean): Failure {
  if (error instanceof OperationError) {
    const lines = [`coffer: ${error.message}`, ...error.also.map((line) => `  ${line.replaceAll("\n", "\n  ")}`)];
    if (error.remedy !== undefined) lines.push(`  what to do: ${error.remedy}`);
    if (error.log !== undefined) lines.push(`  log: ${error.log}`);
    return {
      code: interrupted && error.reason !== "input" ? exitCodes.interrupted : byReason[error.reason],
      text: lines.join("\n"),
    };
  }
  if (interrupted) return { code: exitCodes.interrupted, text: "coffer: interrupted" };
  if (!(error instanceof Error)) return { code: exitCodes.failed, text: `coffer: ${String(error)}` };
  const code = known[error.name];
  if (error.name === "SpecError") return { code: exitCodes.input, text: error.message };
  if (code !== undefined) return { code, text: `coffer: ${error.message}` };
  const system = (error as NodeJS.ErrnoException).code;
  if (system === "ENOSPC")
    return {
      code: exitCodes.failed,
      text: `coffer: ${error.message}\n  what to do: free some space there and run the same command again`,
    };
  return {
    code: exitCodes.failed,
    text: `coffer: this is a defect in Coffer, please report it:\n${error.stack ?? error.message}`,
  };
}
