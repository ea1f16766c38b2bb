/** Which users are there under the name or host that they had before. Pure. */
import type { ObservedUser, User } from "../engine.ts";

export interface Who {
  name: string;
  host: string;
}

/** A user is a name and a host; both may have any character, so the pair is kept as a list. */
export function whoKey({ name, host }: Who): string {
  return JSON.stringify([name, host]);
}

/**
 * By the key of a desired user that is not there: the one that is, and that it `was`. Whoever is desired itself is nobody
 * else's past, and of two users that claim the same past the first has it.
 */
export function renamesOf(
  desired: readonly User[],
  observed: readonly ObservedUser[],
): ReadonlyMap<string, ObservedUser> {
  const there = new Map(observed.map((user) => [whoKey(user), user]));
  const wanted = new Set(desired.map(whoKey));
  const renames = new Map<string, ObservedUser>();
  for (const user of desired) {
    const earlier = user.was && there.get(whoKey(user.was));
    if (!earlier || there.has(whoKey(user)) || wanted.has(whoKey(earlier))) continue;
    if (![...renames.values()].includes(earlier)) renames.set(whoKey(user), earlier);
  }
  return renames;
}
