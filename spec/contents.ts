/** What an instance's spec makes of its databases and users, as engines take them. Pure. */
import { type Database, rootUser, type User } from "../engines/engine.ts";
import type { InstanceSpec } from "./model.ts";

/** All users that are Coffer's to make, the administrator among them, with what they own. */
export function managedUsers(spec: InstanceSpec): User[] {
  const { users = [], databases = [], root } = spec;
  const listed = users.map(({ name, host, grants, was }): User => {
    const owns = databases.filter(({ owner }) => owner === name).map((database) => database.name);
    return { name, host, grants, ...(was ? { was } : {}), ...(owns.length ? { owns } : {}) };
  });
  const grants = knownDatabases(spec).map((database) => ({ database, privileges: "all" as const }));
  return root ? [...listed, { ...rootUser, grants }] : listed;
}

/** The databases whose grants matter: those listed and those that users are granted. */
export function knownDatabases(spec: InstanceSpec): string[] {
  const listed = (spec.databases ?? []).map((database) => database.name);
  const granted = (spec.users ?? []).flatMap((user) => user.grants.map((grant) => grant.database));
  return [...new Set([...listed, ...granted])].sort();
}

/** Owners are users, which are not there yet when the databases are made. */
export const withoutOwner = ({ owner: _, ...database }: Database): Database => database;
