/** `log-enable` and `log-disable`: which logs an instance has beside the error log, changed in the spec and applied. */
import { type LogKind, logKinds, type SwitchedLog, switchedLogs } from "../engines/logs.ts";
import { setLog } from "../spec/edit-logs.ts";
import { OperationError } from "./errors.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";

export interface LogEditRequest extends EditRequest {
  name: string;
  type: string;
  /** For the slow log: a time as the spec language has it. */
  after?: string;
}

export async function enableLog(request: LogEditRequest): Promise<EditResult> {
  const { name, after } = request;
  const type = switched(request.type, name);
  if (after !== undefined && type !== "slow") {
    throw new OperationError("input", `--after says what is slow, and the ${type} log has all statements`, {
      remedy: `leave it out, or name the log: coffer log-enable ${name} slow --after ${after}`,
    });
  }
  return editInstance(request, (text) => setLog(text, name, type, after === undefined ? true : { after }));
}

export async function disableLog(request: LogEditRequest): Promise<EditResult> {
  const { name } = request;
  const type = switched(request.type, name);
  return editInstance(request, (text) => setLog(text, name, type, false));
}

/** The log by its name. */
export function logKind(type: string): LogKind {
  const kind = logKinds.find((one) => one === type);
  if (kind) return kind;
  throw new OperationError("input", `there is no log "${type}"`, { remedy: `there are: ${logKinds.join(", ")}` });
}

function switched(type: string, name: string): SwitchedLog {
  const kind = logKind(type);
  const found = switchedLogs.find((one) => one === kind);
  if (found) return found;
  throw new OperationError("input", `the ${kind} log of "${name}" is always on`, {
    remedy: `${switchedLogs.join(" and ")} can be switched`,
  });
}
