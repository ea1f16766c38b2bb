/** What it takes to bring databases' users from what they are to what they are to be. Pure. */
import type { ManagedUser, ObservedUser, Plan, Privileges, SqlStep, User } from "../engine.ts";
import { renamesOf, whoKey } from "../shared/renames.ts";
import type { Level } from "./levels.ts";

/** The steps on users, in the order in which they are planned. */
export type UserStep =
  | { kind: "drop-user"; name: string; summary: string }
  | { kind: "create-user"; name: string; summary: string }
  | { kind: "rename-user"; name: string; from: string; summary: string }
  | { kind: "repair-user"; name: string; summary: string }
  | { kind: "set-password"; name: string; summary: string }
  /** Without `owner` the database goes to the administrator. */
  | { kind: "set-owner"; database: string; owner?: string; summary: string }
  /** Every user with a level in the database, and those that lose theirs (`none`). */
  | { kind: "set-levels"; database: string; levels: Readonly<Record<string, Level>>; summary: string };

export function planUsers(
  desired: readonly User[],
  observed: readonly ObservedUser[],
  previous: readonly ManagedUser[],
): Plan<SqlStep> {
  const found = new Map(observed.map((user) => [user.name, user]));
  const renames = renamesOf(desired, observed);
  const wanted = new Set([...desired, ...renames.values()].map((user) => user.name));
  const steps: UserStep[] = previous
    .filter(({ name }) => !wanted.has(name) && found.has(name))
    .map(({ name }) => ({
      kind: "drop-user",
      name,
      summary: `drop the user "${name}"; tables that it owns stay and go to the administrator`,
    }));
  for (const user of desired) {
    const earlier = renames.get(whoKey(user));
    if (earlier) {
      found.set(user.name, earlier);
      const summary = `rename the user "${earlier.name}" to "${user.name}"`;
      steps.push({ kind: "rename-user", name: user.name, from: earlier.name, summary });
    }
    steps.push(...accountSteps(user.name, found.get(user.name)));
  }
  const moves = ownerSteps(desired, found, previous, wanted);
  const moved = new Set(moves.map(({ database }) => database));
  const levels = databasesOf(desired, found).flatMap((name) => levelSteps(name, desired, found, moved.has(name)));
  return { steps: [...steps, ...moves, ...levels], refusals: [] };
}

type OwnerStep = Extract<UserStep, { kind: "set-owner" }>;

/** Of the databases that are to be a user's, and of those that were made one's and are nobody's any more. */
function ownerSteps(
  desired: readonly User[],
  found: ReadonlyMap<string, ObservedUser>,
  previous: readonly ManagedUser[],
  stay: ReadonlySet<string>,
): readonly OwnerStep[] {
  const steps: OwnerStep[] = [];
  const given = new Set(desired.flatMap(({ owns = [] }) => owns));
  for (const { name, owns = [] } of desired)
    for (const database of owns)
      if (!found.get(name)?.owns?.includes(database))
        steps.push({
          kind: "set-owner",
          database,
          owner: name,
          summary: `make "${name}" the owner of the database "${database}"`,
        });
  // Those of a user that is dropped go to the administrator with everything else of it.
  for (const { name, owns = [] } of previous)
    for (const database of owns)
      if (!given.has(database) && stay.has(name) && found.get(name)?.owns?.includes(database))
        steps.push({
          kind: "set-owner",
          database,
          summary: `give the database "${database}" of "${name}" back to the administrator`,
        });
  return steps;
}

function accountSteps(name: string, user: ObservedUser | undefined): readonly UserStep[] {
  if (!user) return [{ kind: "create-user", name, summary: `create the user "${name}"` }];
  const steps: UserStep[] = [];
  const repairs = [...(user.repairs ?? []), ...(user.unmarked === undefined ? [] : [user.unmarked])];
  if (repairs.length > 0)
    steps.push({ kind: "repair-user", name, summary: `repair the user "${name}": ${repairs.join(", ")}` });
  if (user.passwordMatches === false)
    steps.push({ kind: "set-password", name, summary: `set the password of the user "${name}"` });
  return steps;
}

/** The databases in which a desired user has, or is to have, anything. Sorted, so that a plan reads the same each time. */
function databasesOf(desired: readonly User[], found: ReadonlyMap<string, ObservedUser>): readonly string[] {
  const grants = desired.flatMap((user) => [...user.grants, ...(found.get(user.name)?.grants ?? [])]);
  return [...new Set(grants.map((grant) => grant.database))].sort();
}

function levelSteps(
  database: string,
  desired: readonly User[],
  found: ReadonlyMap<string, ObservedUser>,
  moved: boolean,
): readonly UserStep[] {
  const levels: [string, Level][] = [];
  const words: string[] = [];
  for (const user of desired) {
    const to = levelIn(user.grants, database) ?? "none";
    const from = levelIn(found.get(user.name)?.grants ?? [], database) ?? "none";
    if (to !== "none" || from !== "none") levels.push([user.name, to]);
    if (to !== from) words.push(`"${user.name}" ${from} -> ${to}`);
  }
  // What its owner had, it had as the owner: with another one, everybody's privileges are looked at again.
  if (words.length === 0 && !moved) return [];
  const summary = `privileges in the database "${database}": ${words.join(", ") || "as before, under another owner"}`;
  return [{ kind: "set-levels", database, levels: Object.fromEntries(levels), summary }];
}

function levelIn<L extends Privileges | "partial">(
  grants: readonly { database: string; privileges: L }[],
  database: string,
): L | undefined {
  return grants.find((grant) => grant.database === database)?.privileges;
}
