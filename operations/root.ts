/** `root-enable`, `root-disable` and `root-show`: the administrator of an instance, that its owner can ask for. */
import { rootUser, userKey } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { readRootMark } from "../engines/shared/root-mark.ts";
import { disableRoot, enableRoot } from "../spec/edit-root.ts";
import { withServer } from "./contents.ts";
import { recordedInstance } from "./instances.ts";
import type { OperationRequest } from "./session.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";

export interface RootEnabled extends EditResult {
  user: string;
  /** Undefined with `editOnly`: there is none before the apply. */
  password?: string;
}

/** Makes the administrator with a generated password; one that is there gets another password. */
export async function rootEnable(request: EditRequest & { name: string }): Promise<RootEnabled> {
  const { name } = request;
  const result = await editInstance(request, (text) => enableRoot(text, name));
  if (!result.applied) return { user: rootUser.name, ...result };
  const { record, passwords } = await recordedInstance(request, name);
  const password = passwords[name]?.[userKey(engineOf(record.engine), rootUser)];
  return { user: rootUser.name, ...(password === undefined ? {} : { password }), ...result };
}

/** Drops the administrator. What it made stays. */
export async function rootDisable(request: EditRequest & { name: string }): Promise<EditResult> {
  return editInstance(request, (text) => disableRoot(text, request.name));
}

export interface RootRow {
  instance: string;
  /** Whether the server has one now. */
  enabled: boolean;
  /** Whether the last apply made it; false where somebody did by hand. */
  managed: boolean;
  everEnabled: boolean;
  /** When it was enabled first, ISO 8601; null where it never was. */
  since: string | null;
}

export async function rootShow(request: OperationRequest & { instance: string }): Promise<RootRow> {
  return withServer(request, async (server, record, guest) => {
    const [mark, users] = [await readRootMark(guest), await server.users([], {})];
    const enabled = users.some(({ name, host }) => name === rootUser.name && host === rootUser.host);
    const everEnabled = mark !== undefined || record.rootEnabledEver === true;
    const since = mark?.since || null;
    return { instance: record.name, enabled, managed: enabled && record.root === true, everEnabled, since };
  });
}
