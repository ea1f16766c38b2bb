/** `user-create`, `user-delete`, `user-grant-access`, `user-revoke-access` and `user-update`: users, changed in the spec and applied. */
import { type Grant, type Privileges, userKey } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { addUser, changeUser, removeUser, setGrants, type Who } from "../spec/edit-contents.ts";
import type { InstanceSpec, PasswordSetting, UserSpec } from "../spec/model.ts";
import { nearest } from "../spec/nearest.ts";
import type { Plan } from "./apply.ts";
import { recordsOf } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import { type OperationRequest, openSession } from "./session.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";
import { readDeployment } from "./state.ts";
import { type AskedUser, isWho, userNamed, whoNamed } from "./user-names.ts";

/** Where a password that is not generated comes from: the name of a variable, or the path of a file. */
export interface PasswordSource {
  env?: string;
  file?: string;
}

interface UserEditRequest extends EditRequest, AskedUser {
  /** The instance. */
  name: string;
}

export interface CreateUserRequest extends UserEditRequest {
  databases: readonly string[];
  /** Default: all. */
  privileges?: Privileges;
  password: PasswordSource;
}

export async function createUser(request: CreateUserRequest): Promise<EditResult> {
  const { name, databases, privileges = "all" } = request;
  const password = passwordOf(request.password);
  return editInstance(request, (text, instance) => {
    const who = whoNamed(engineOf(instance.engine), request);
    if (instance.users?.some((one) => isWho(one, who))) {
      throw new OperationError("input", `the spec lists user "${shown(instance, who)}" of instance "${name}" already`, {
        remedy: "change it with user-update or user-grant-access; if it was never applied: coffer up",
      });
    }
    const grants = databases.map((database) => ({ database, privileges }));
    return addUser(text, name, { ...who, grants, ...(password ? { password } : {}) });
  });
}

export interface DeleteUserRequest extends UserEditRequest {
  approve(plan: Plan): Promise<boolean>;
}

export async function deleteUser(request: DeleteUserRequest): Promise<EditResult> {
  return editInstance(request, (text, instance) => removeUser(text, request.name, listedUser(instance, request)));
}

export interface GrantRequest extends UserEditRequest {
  databases: readonly string[];
  /** Default: all. */
  privileges?: Privileges;
}

/** Gives a level in each of the databases, in place of what the user had there. */
export async function grantAccess(request: GrantRequest): Promise<EditResult> {
  const { databases, privileges = "all" } = request;
  return editGrants(request, (grants) => [
    ...grants.map((grant) => (databases.includes(grant.database) ? { ...grant, privileges } : grant)),
    ...[...new Set(databases)]
      .filter((database) => !grants.some((grant) => grant.database === database))
      .map((database) => ({ database, privileges })),
  ]);
}

export async function revokeAccess(request: UserEditRequest & { databases: readonly string[] }): Promise<EditResult> {
  const { databases } = request;
  return editGrants(request, (grants, user) => {
    const names = grants.map(({ database }) => database);
    const missing = databases.find((database) => !names.includes(database));
    if (missing !== undefined) {
      const near = nearest(missing, names);
      const asked = near ? `; did you mean "${near}"?` : "";
      throw new OperationError("input", `the spec grants user "${user}" nothing in database "${missing}"${asked}`, {
        remedy: names.length ? `it has privileges in: ${names.join(", ")}` : "it has no privileges in any database",
      });
    }
    return grants.filter(({ database }) => !databases.includes(database));
  });
}

async function editGrants(
  request: UserEditRequest,
  change: (grants: readonly Grant[], user: string) => readonly Grant[],
): Promise<EditResult> {
  return editInstance(request, (text, instance) => {
    const user = listedUser(instance, request);
    return setGrants(text, request.name, user, change(user.grants, user.name));
  });
}

export interface UpdateUserRequest extends UserEditRequest {
  newName?: string;
  newHost?: string;
  /** Generate another password. */
  newPassword: boolean;
  password: PasswordSource;
}

/** Another name, host or password; what is not named stays, the password and the grants among it. */
export async function updateUser(request: UpdateUserRequest): Promise<EditResult> {
  const { name, newName, newHost, newPassword } = request;
  const given = passwordOf(request.password);
  if (given && newPassword) {
    throw new OperationError("input", "a password is generated or it is given, not both", {
      remedy: "name one of --new-password, --password-env and --password-file",
    });
  }
  if (newName === undefined && newHost === undefined && !given && !newPassword) {
    throw new OperationError("input", `nothing was said about user "${request.user}"`, {
      remedy: "say what is to change: --new-name, --new-host, --new-password, --password-env, --password-file",
    });
  }
  const applied = await appliedUsers(request, name);
  return editInstance(request, (text, instance) => {
    const user = listedUser(instance, request);
    const to = { name: newName ?? user.name, host: newHost ?? user.host };
    const password = given ?? (newPassword ? { generate: generationOf(user) + 1 } : undefined);
    // An earlier rename that was never applied is gone on with: the server knows the user by the name before that one.
    const was = user.was && !applied.some((one) => isWho(one, user)) ? user.was : user;
    const edited = changeUser(text, name, user, { to, was, ...(password ? { password } : {}) });
    if (edited !== text) return edited;
    throw new OperationError(
      "input",
      `user "${shown(instance, user)}" of instance "${name}" is like that in the spec already`,
      {
        remedy: "if that was never applied: coffer up",
      },
    );
  });
}

/** Users as the last apply recorded them; none when there was no apply. */
async function appliedUsers(request: OperationRequest, instance: string): Promise<readonly Who[]> {
  const { session } = await openSession(request);
  const deployment = session && (await readDeployment(session.workspace, session.place, session.stack.name));
  return deployment ? (recordsOf(deployment).instances[instance]?.users ?? []) : [];
}

function generationOf({ password }: UserSpec): number {
  return password && "generate" in password ? password.generate : 0;
}

function passwordOf({ env, file }: PasswordSource): PasswordSetting | undefined {
  if (env !== undefined && file !== undefined) {
    throw new OperationError("input", "a password comes from a variable or from a file, not from both", {
      remedy: "name one of --password-env and --password-file",
    });
  }
  if (env !== undefined) return { env };
  return file === undefined ? undefined : { file };
}

/** The one user of the spec's list that is meant. */
function listedUser(instance: InstanceSpec, asked: AskedUser): UserSpec {
  const place = { engine: engineOf(instance.engine), instance: instance.name, of: "spec" } as const;
  return userNamed(instance.users ?? [], asked, place);
}

const shown = ({ engine }: InstanceSpec, who: Who): string => userKey(engineOf(engine), who);
