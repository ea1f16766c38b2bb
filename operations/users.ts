/** `user-list` and `user-show`: users as the last apply recorded them. */
import { rootUser, userKey } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { noInstance, recordedInstance } from "./instances.ts";
import type { InstanceRecord, UserRecord } from "./records.ts";
import { type OperationRequest, openSession } from "./session.ts";
import { readDeployment } from "./state.ts";
import { type AskedUser, type UserPlace, userNamed } from "./user-names.ts";

export interface UserRow extends UserRecord {
  instance: string;
}

export interface UserDetails extends UserRow {
  /** Only when it was asked for. */
  password?: string;
}

/** Users of one instance, or of all. */
export async function listUsers(request: OperationRequest & { instance?: string }): Promise<readonly UserRow[]> {
  const { chosen, session } = await openSession(request);
  const deployment = session && (await readDeployment(session.workspace, session.place, session.stack.name));
  const records = deployment ? recordsOf(deployment).instances : {};
  const { instance } = request;
  if (instance !== undefined && !records[instance]) throw noInstance(instance, chosen.name, Object.keys(records));
  return Object.values(records)
    .filter((record) => instance === undefined || record.name === instance)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(rowsOf);
}

export interface UserRequest extends OperationRequest, AskedUser {
  instance: string;
  withPassword: boolean;
}

export async function showUser(request: UserRequest): Promise<UserDetails> {
  const { record, passwords } = await recordedInstance(request, request.instance);
  const row = loginNamed(record, request);
  if (!request.withPassword) return row;
  const password = passwords[record.name]?.[userKey(engineOf(record.engine), row)];
  if (password === undefined) {
    throw new OperationError("failed", `the password of "${row.name}" is not in the state`, {
      remedy: "run `coffer up`: it completes what is missing, but for users whose password the spec says to keep",
    });
  }
  return { ...row, password };
}

/** Everybody that the last apply made, the administrator among them. */
export function loginsOf(record: InstanceRecord): UserRow[] {
  const { name, host } = rootUser;
  const all = { instance: record.name, name, host, databases: [], grants: [] };
  return [...rowsOf(record), ...(record.root ? [all] : [])];
}

/** The one of them that is meant. */
export function loginNamed(record: InstanceRecord, asked: AskedUser): UserRow {
  return userNamed(loginsOf(record), asked, placeIn(record));
}

/** For `userNamed`, among users that are recorded or that the server has. */
export const placeIn = ({ name, engine }: Pick<InstanceRecord, "name" | "engine">): UserPlace => ({
  engine: engineOf(engine),
  instance: name,
  of: "server",
});

/** Users of the spec's list. */
export function rowsOf(record: InstanceRecord): UserRow[] {
  return record.users.map(({ name, host, databases, grants }) => ({
    instance: record.name,
    name,
    host,
    databases,
    grants,
  }));
}
