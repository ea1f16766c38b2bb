/** Users: which steps bring them to what they are to be. Pure. */
import { createHash } from "node:crypto";
import type { ManagedUser, ObservedUser, Plan, Privileges, SqlStep, TlsMode, User } from "../engine.ts";
import { whoKey as key, renamesOf, type Who } from "../shared/renames.ts";

export type UserStep = SqlStep &
  Who &
  /** `certificate`: the common name in the certificate without which the server refuses the user; none is asked for without it. */
  (
    | { kind: "create-user"; certificate?: string }
    | { kind: "rename-user"; from: Who }
    | { kind: "set-password" }
    /** Undoes what an administrator's hand added: see `repairs` of the user. */
    | { kind: "repair-user"; certificate?: string }
    | { kind: "require-certificate"; certificate?: string }
    | { kind: "grant"; database: string; privileges: Privileges }
    | { kind: "revoke"; database: string }
    | { kind: "drop-user" }
  );

/** Users that are neither desired nor previous are left alone. A desired user has what is listed and nothing else. */
export function planUsers(
  desired: readonly User[],
  observed: readonly ObservedUser[],
  previous: readonly ManagedUser[],
  tls?: TlsMode,
): Plan<UserStep> {
  const there = new Map(observed.map((user) => [key(user), user]));
  const kept = new Set(desired.map(key));
  const renames = renamesOf(desired, observed);
  for (const user of renames.values()) kept.add(key(user));
  const steps: UserStep[] = [];
  for (const user of previous)
    if (!kept.has(key(user)) && there.has(key(user))) steps.push(step(user, { kind: "drop-user" }, "drop user"));
  for (const user of desired) {
    const earlier = renames.get(key(user));
    if (earlier) steps.push(renaming(user, earlier));
    steps.push(...userSteps(user, there.get(key(user)) ?? earlier, tls === "mtls" ? certificateName(user) : undefined));
  }
  return { steps, refusals: [] };
}

function renaming(user: User, { name, host }: Who): UserStep {
  return step(user, { kind: "rename-user", from: { name, host } }, `rename user ${name}@${host} to`);
}

function userSteps(user: User, seen: ObservedUser | undefined, certificate: string | undefined): UserStep[] {
  const steps: UserStep[] = [];
  const required = certificate === undefined ? {} : { certificate };
  if (!seen) steps.push(step(user, { kind: "create-user", ...required }, "create user"));
  else if (seen.repairs && seen.repairs.length > 0)
    steps.push(step(user, { kind: "repair-user", ...required }, `repair (${seen.repairs.join(", ")}) user`));
  else if (seen.certificate !== certificate) {
    const words = certificate === undefined ? "no longer ask for a certificate of" : "ask for a certificate of";
    steps.push(step(user, { kind: "require-certificate", ...required }, `${words} user`));
  }
  if (seen?.passwordMatches === false) steps.push(step(user, { kind: "set-password" }, "set the password of user"));
  // What it may do is the same in every database, and made with the account.
  if (user.administrator) return steps;
  const has = new Map(seen?.grants.map((grant) => [grant.database, grant.privileges]));
  for (const { database, privileges } of user.grants)
    if (has.get(database) !== privileges)
      steps.push(step(user, { kind: "grant", database, privileges }, `grant ${privileges} on ${database} to user`));
  const listed = new Set(user.grants.map((grant) => grant.database));
  for (const database of has.keys())
    if (!listed.has(database))
      steps.push(step(user, { kind: "revoke", database }, `revoke everything on ${database} from user`));
  return steps;
}

type Detail<S = UserStep> = S extends UserStep ? Omit<S, keyof Who | "summary"> : never;

function step({ name, host }: Who, detail: Detail, words: string): UserStep {
  return { ...detail, name, host, summary: `${words} ${name}@${host}` } as UserStep;
}

/**
 * The common name in a user's certificate. The server compares it as OpenSSL prints it on one line, where two names that are
 * not plain can look the same; those are hashed.
 */
export function certificateName(user: Who): string {
  const name = key(user);
  const plain = `${user.name}@${user.host}`;
  if (/^[\w.-]+@[\w.%:-]+$/.test(plain) && plain.length <= longestCommonName) return plain;
  return `user-${createHash("sha256").update(name).digest("hex").slice(0, 40)}`;
}

/** X.520's ub-common-name. */
const longestCommonName = 64;

/** The verifier of mysql_native_password: what the server stores, from which the password cannot be read. */
export function verifier(password: string): string {
  const sha1 = (data: string | Buffer) => createHash("sha1").update(data).digest();
  return `*${sha1(sha1(password)).toString("hex").toUpperCase()}`;
}
