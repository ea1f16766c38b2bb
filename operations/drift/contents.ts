/** Where the databases and users of a server are not those of the spec. Pure. */
import type {
  Database,
  Engine,
  Grant,
  ObservedDatabase,
  ObservedUser,
  Plan,
  SqlStep,
  TlsMode,
  User,
} from "../../engines/engine.ts";
import { isRoot, userKey } from "../../engines/engine.ts";
import { type Difference, moved } from "./row.ts";

export interface DatabaseSides {
  engine: Engine;
  /** As the spec lists them. */
  wanted: readonly Database[];
  drop: readonly string[];
  /** The names that the last apply managed. */
  recorded: readonly string[];
  observed: readonly ObservedDatabase[];
}

const there = "there";

export function databaseDifferences(sides: DatabaseSides): Difference[] {
  const { engine, wanted, drop, recorded, observed } = sides;
  const names = [...new Set([...wanted.map(({ name }) => name), ...recorded, ...observed.map(({ name }) => name)])];
  return names.sort().flatMap((name): Difference[] => {
    const listed = wanted.find((one) => one.name === name);
    const seen = observed.find((one) => one.name === name);
    const sides = {
      spec: listed ? there : null,
      state: recorded.includes(name) ? there : null,
      real: seen ? there : null,
    };
    const row = { what: "database" as const, name, ...sides };
    if (sides.spec !== sides.state || sides.real !== sides.state) return [databaseRow(row, drop, seen)];
    if (!seen || !listed) return [];
    const found = insideOf(listed, seen);
    return found.length ? found : planned("database", engine.planDatabases([listed], [seen], [name], []));
  });
}

function databaseRow(
  row: Pick<Difference, "name" | "spec" | "state" | "real"> & { what: "database" },
  drop: readonly string[],
  seen: ObservedDatabase | undefined,
): Difference {
  const { name, spec, state } = row;
  if (moved(row)) {
    if (seen) {
      const { charset, collation } = seen;
      const words = {
        ...(charset === undefined ? {} : { charset }),
        ...(collation === undefined ? {} : { collation }),
      };
      return { ...row, mend: "none", note: "made by hand", adoption: { kind: "database", name, ...words } };
    }
    const note = "dropped by hand; up makes an empty one";
    return { ...row, mend: "up", note, adoption: { kind: "no-database", name } };
  }
  if (spec === null && state !== null && seen && !drop.includes(name))
    return { ...row, mend: "none", note: `up refuses: list it again, or drop: [${JSON.stringify(name)}]` };
  return { ...row, mend: "up" };
}

function insideOf(listed: Database, seen: ObservedDatabase): Difference[] {
  const name = listed.name;
  const words = (["charset", "collation"] as const).flatMap((word): Difference[] => {
    const [spec, real] = [listed[word], seen[word]];
    if (spec === undefined || real === undefined || spec.toLowerCase() === real.toLowerCase()) return [];
    return [{ what: "database", name: `${name}: ${word}`, spec, state: spec, real, mend: "up" }];
  });
  return [...words, ...(seen.repairs?.length ? [repairs("database", name, seen.repairs)] : [])];
}

export interface UserSides {
  engine: Engine;
  wanted: readonly User[];
  recorded: readonly Omit<User, "was">[];
  observed: readonly ObservedUser[];
  /** Users that are not listed are dropped. */
  exclusive: boolean;
  tls: TlsMode;
}

export function userDifferences(sides: UserSides): Difference[] {
  const { engine, wanted, recorded, observed, exclusive, tls } = sides;
  const key = (user: { name: string; host: string }): string => userKey(engine, user);
  const all = new Map([...observed, ...recorded, ...wanted].map((user) => [key(user), user]));
  return [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, who]): Difference[] => {
      const is = (user: { name: string; host: string }) => key(user) === name;
      const [listed, kept, seen] = [wanted.find(is), recorded.find(is), observed.find(is)];
      const row = {
        what: "user" as const,
        name,
        spec: listed ? there : null,
        state: kept ? there : null,
        real: seen ? there : null,
      };
      if (row.spec !== row.state || row.real !== row.state) return [userRow(row, who, seen, exclusive)];
      if (!seen || !listed || !kept) return [];
      const found = ofUser(name, listed, kept, seen);
      return found.length ? found : planned("user", engine.planUsers([listed], [seen], [listed], tls));
    });
}

function userRow(
  row: Pick<Difference, "name" | "spec" | "state" | "real"> & { what: "user" },
  { name, host }: { name: string; host: string },
  seen: ObservedUser | undefined,
  exclusive: boolean,
): Difference {
  if (!moved(row)) return { ...row, mend: "up" };
  if (!seen) {
    const dropped: Difference = { ...row, mend: "up", note: "dropped by hand" };
    // The administrator is no entry of the list: `coffer root-disable`.
    return isRoot({ name, host }) ? dropped : { ...dropped, adoption: { kind: "no-user", name, host } };
  }
  const mend = exclusive ? "up" : "none";
  if (isRoot({ name, host }))
    return { ...row, mend, note: "made by hand; `coffer root-enable` puts Coffer's in its place" };
  const grants = seen.grants.flatMap(whole);
  const partial = seen.grants.filter((grant) => grant.privileges === "partial").map(({ database }) => database);
  if (partial.length || seen.repairs?.length) {
    const why = [...(seen.repairs ?? []), ...partial.map((database) => `privileges in ${database} that are no level`)];
    return { ...row, mend, note: `made by hand; no spec could say it: ${why.join(", ")}` };
  }
  return { ...row, mend, note: "made by hand", adoption: { kind: "user", name, host, grants } };
}

function whole({ database, privileges }: ObservedUser["grants"][number]): Grant[] {
  return privileges === "partial" ? [] : [{ database, privileges }];
}

function ofUser(name: string, listed: User, kept: Omit<User, "was">, seen: ObservedUser): Difference[] {
  const found: Difference[] = [];
  if (seen.passwordMatches === false)
    found.push({ what: "password", name, spec: "as recorded", state: "as recorded", real: "another", mend: "up" });
  if (seen.repairs?.length) found.push(repairs("user", name, seen.repairs));
  // What an administrator may do is told by repairs.
  const lists = listed.administrator ? [] : [...listed.grants, ...kept.grants, ...seen.grants];
  const databases = lists.map(({ database }) => database);
  for (const database of [...new Set(databases)].sort()) {
    const level = (grants: readonly { database: string; privileges: string }[]) =>
      grants.find((grant) => grant.database === database)?.privileges ?? null;
    const sides = { spec: level(listed.grants), state: level(kept.grants), real: level(seen.grants) };
    if (sides.spec === sides.state && sides.real === sides.state) continue;
    const row: Difference = { what: "grant", name: `${name} on ${database}`, ...sides, mend: "up" };
    const real = seen.grants.find((grant) => grant.database === database);
    const [grant] = real ? whole(real) : [];
    const who = { name: listed.name, host: listed.host };
    if (!moved(sides)) found.push(row);
    else if (!real) found.push({ ...row, adoption: { kind: "no-grant", ...who, database } });
    else if (grant) found.push({ ...row, adoption: { kind: "grant", ...who, grant } });
    else found.push({ ...row, note: "privileges that are no level" });
  }
  return found;
}

const repairs = (what: "database" | "user", name: string, real: readonly string[]): Difference => ({
  what,
  name,
  spec: "in order",
  state: "in order",
  real: real.join(", "),
  mend: "up",
});

/** What a plan does with one of which nothing else was told: none of it is left out. */
function planned(what: "database" | "user", { steps, refusals }: Plan<SqlStep>): Difference[] {
  const row = (real: string, mend: Difference["mend"]): Difference => ({
    what,
    name: "",
    spec: "in order",
    state: "in order",
    real,
    mend,
  });
  return [...refusals.map((words) => row(words, "none")), ...steps.map(({ summary }) => row(summary, "up"))];
}
