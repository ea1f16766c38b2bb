/** What is in a server: databases, users, and what they may do, as they are to be and as they are. Plain data. */

/** `read`: SELECT; `write`: read + INSERT, UPDATE, DELETE; `all`: everything in the database, tables created too. */
export type Privileges = "read" | "write" | "all";
export const privilegeLevels: readonly Privileges[] = ["read", "write", "all"];

export interface Database {
  name: string;
  charset?: string;
  collation?: string;
  /** Extensions to have; others that somebody made are left alone. Only where `capabilities.extensions`. */
  extensions?: readonly string[];
  /** The user who owns it; the administrator without one. Only where `capabilities.owners`, and brought about with the users. */
  owner?: string;
}

export interface Grant {
  database: string;
  privileges: Privileges;
}

export interface User {
  name: string;
  /** Where it may connect from; `%` is anywhere. Always `%` where `capabilities.userHosts` is false. */
  host: string;
  grants: readonly Grant[];
  /** Who it was before: a user of that name and host becomes this one, with its password. No matter once this one is there. */
  was?: { name: string; host: string };
  /** Databases that it owns; each has one owner at most. Only where `capabilities.owners`. */
  owns?: readonly string[];
  /**
   * It is `rootUser`: whatever is in the server is its to administer, as far as that breaks no promise (docs/decisions/0013). Its
   * `grants` name the databases that are known, each with `all`.
   */
  administrator?: true;
}

/** The administrator that a spec can ask for; no other user has its name. */
export const rootUser: User = { name: "root", host: "%", grants: [], administrator: true };

export function isRoot({ name, host }: { name: string; host: string }): boolean {
  return name === rootUser.name && host === rootUser.host;
}

export interface ObservedDatabase {
  name: string;
  charset?: string;
  collation?: string;
  /** Differences that the engine would repair (open to every user, closed to connections ...). */
  repairs?: readonly string[];
  /** Who owns it, where `capabilities.owners`. */
  owner?: string;
  /** Those it has, where it was asked for them; `needed`: something else would have to go with it. */
  extensions?: readonly { name: string; needed: boolean }[];
}

/** A user as the server has it, without its verifier. Plain data. */
export interface ObservedUser {
  name: string;
  host: string;
  /** The effective level per database; `partial` when privileges are there but make up no level exactly. */
  grants: readonly { database: string; privileges: Privileges | "partial" }[];
  /** True when the server's verifier fits the password Coffer knows; undefined when it knows none. */
  passwordMatches?: boolean;
  /** Differences beyond grants that the engine would repair (a lost default privilege, a locked account ...). */
  repairs?: readonly string[];
  /** What every user of Coffer's has and this one lacks, though it does nothing by itself: the engine adds it to one that is listed. */
  unmarked?: string;
  /** The common name in the certificate without which the server refuses the user; absent where the user is not asked for one. */
  certificate?: string;
  /** Which of the databases asked for it owns, where `capabilities.owners`. */
  owns?: readonly string[];
}

/** A user that Coffer managed so far. */
export interface ManagedUser {
  name: string;
  host: string;
  /** Databases that Coffer made it the owner of. */
  owns?: readonly string[];
}

/** A step on databases or users: the engine's own plain data, with words for people that hold no secret. */
export interface SqlStep {
  kind: string;
  summary: string;
  [detail: string]: unknown;
}
