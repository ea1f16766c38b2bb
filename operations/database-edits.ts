/** `database-create` and `database-delete`: the databases of an instance, changed in the spec and applied. */
import { addDatabase, dropDatabase } from "../spec/edit-contents.ts";
import type { InstanceSpec } from "../spec/model.ts";
import { nearest } from "../spec/nearest.ts";
import type { Plan } from "./apply.ts";
import { OperationError } from "./errors.ts";
import { type EditRequest, type EditResult, editInstance } from "./spec-edits.ts";

export interface CreateDatabasesRequest extends EditRequest {
  /** The instance. */
  name: string;
  databases: readonly string[];
  charset?: string;
  collation?: string;
  /** A user of the instance. */
  owner?: string;
}

export async function createDatabases(request: CreateDatabasesRequest): Promise<EditResult> {
  const { name, databases, charset, collation, owner } = request;
  return editInstance(request, (text, instance) => {
    const listed = new Set(instance.databases?.map((database) => database.name));
    const twice = databases.find((database) => listed.has(database));
    if (twice !== undefined) {
      throw new OperationError("input", `the spec lists database "${twice}" of instance "${name}" already`, {
        remedy: "if it was never applied: coffer up",
      });
    }
    const add = (edited: string, database: string) =>
      addDatabase(edited, name, {
        name: database,
        ...(charset === undefined ? {} : { charset }),
        ...(collation === undefined ? {} : { collation }),
        ...(owner === undefined ? {} : { owner }),
      });
    return databases.reduce(add, text);
  });
}

export interface DeleteDatabaseRequest extends EditRequest {
  /** The instance. */
  name: string;
  database: string;
  /** Asked with the users that lose their privileges in it. */
  approveLoss(users: readonly string[]): Promise<boolean>;
}

/** Drops a database with all its data. */
export async function deleteDatabase(request: DeleteDatabaseRequest): Promise<EditResult> {
  const { name, database } = request;
  let users: readonly string[] = [];
  const approve = (_plan: Plan) => request.approveLoss(users);
  return editInstance({ ...request, approve }, (text, instance) => {
    mustBeListed(instance, database);
    users = (instance.users ?? [])
      .filter(({ grants }) => grants.some((grant) => grant.database === database))
      .map((user) => user.name);
    return dropDatabase(text, name, database);
  });
}

/** Throws an input error with the nearest name. */
export function mustBeListed({ name, databases = [] }: InstanceSpec, database: string): void {
  const names = databases.map((one) => one.name);
  if (names.includes(database)) return;
  const near = nearest(database, names);
  const asked = near ? `; did you mean "${near}"?` : "";
  throw new OperationError("input", `the spec lists no database "${database}" of instance "${name}"${asked}`, {
    remedy: names.length ? `it lists: ${names.join(", ")}` : "it lists none; what the server has: coffer database-list",
  });
}
