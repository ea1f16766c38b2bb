/** Names and users that plans for databases and users are tried with. */
import fc from "fast-check";
import type { ObservedUser, Privileges, User } from "../../engines/engine.ts";

export const name = fc.constantFrom("a", "b", "__proto__", 'x"; --');

export const user = (name: string, ...grants: [string, Privileges][]): User => ({
  name,
  host: "%",
  grants: grants.map(([database, privileges]) => ({ database, privileges })),
});
export const seen = (name: string, ...grants: [string, Privileges | "partial"][]): ObservedUser => ({
  name,
  host: "%",
  grants: grants.map(([database, privileges]) => ({ database, privileges })),
});

export const owner = (name: string, ...owns: string[]) => ({ ...user(name, ["a", "all"]), owns });
export const owning = (name: string, ...owns: string[]) => ({ ...seen(name, ["a", "all"]), owns });
