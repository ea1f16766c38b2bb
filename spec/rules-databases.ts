/** Rules on what is in an instance: databases, users, and what users may do. Names are judged by the engine. */
import type { Engine, Problem, User } from "../engines/engine.ts";
import { userKey } from "../engines/engine.ts";
import { type DraftGrant, type DraftInstance, type DraftUser, earlierUser, type Resolved } from "./draft.ts";
import type { Path } from "./problem.ts";
import { formatPath, quote } from "./problem.ts";
import type { Context, Rule, RuleFault } from "./rule.ts";
import { lazily, listed } from "./rule.ts";

export const databaseRules: readonly Rule[] = [
  {
    id: "capability",
    why: "an engine without databases or users cannot make any",
    check: eachInstance(({ path, databases, users, root }, { engine }) => [
      ...(databases && !engine.capabilities.databases
        ? [{ path: [...path, "databases"], atKey: true, message: `${engine.title} has no databases to manage` }]
        : []),
      ...(users && !engine.capabilities.users
        ? [{ path: [...path, "users"], atKey: true, message: `${engine.title} has no users to manage` }]
        : []),
      ...(root && !engine.capabilities.users
        ? [{ path: [...path, "root"], atKey: true, message: `${engine.title} has no administrator to make` }]
        : []),
    ]),
  },
  {
    id: "database",
    why: "reserved, too long and unusable names, character sets and collations per engine",
    check: eachInstance(({ databases = [], drop = [] }, { engine, version }) => [
      ...databases.flatMap(({ name, charset, collation, extensions, path, short }) =>
        engine
          .checkDatabase({ name, charset, collation, extensions }, version)
          .map((problem) => placed(path, short, problem)),
      ),
      ...drop.flatMap(({ name, path }) => engine.checkDatabase({ name }).map((problem) => placed(path, true, problem))),
    ]),
  },
  {
    id: "extensions",
    why: "an engine without extensions would leave them out without a word",
    check: eachInstance(({ databases = [] }, { engine }) =>
      databases
        .filter(({ extensions }) => extensions && !engine.capabilities.extensions)
        .map(({ path }) => ({
          path: [...path, "extensions"],
          atKey: true,
          message: `databases of ${engine.title} have no extensions: leave it out`,
        })),
    ),
  },
  {
    id: "owner",
    why: "an owner is a user that Coffer makes, in an engine whose databases have owners, and has all privileges",
    check: eachInstance((instance, { engine }) => badOwners(instance, engine)),
  },
  {
    id: "duplicate-database",
    why: "a database is listed once",
    check: ({ draft }) =>
      [...draft.instances.values()].flatMap(({ databases = [], drop = [] }) => [
        ...repeated(databases),
        ...repeated(drop),
      ]),
  },
  {
    id: "drop",
    why: "what may be dropped is what is no longer wanted",
    check: ({ draft }) => [...draft.instances.values()].flatMap((instance) => badDrop(instance)),
  },
  {
    id: "user",
    why: "reserved, too long and unusable names and hosts per engine",
    check: eachInstance(({ users = [] }, { engine }) =>
      users.flatMap((user) =>
        engine.checkUser(engineUser(user, engine)).map((problem): RuleFault => {
          const { path, message, allowed, candidates } = problem;
          return { path: [...user.path, ...specPath(user, path)], message, allowed, candidates: lazily(candidates) };
        }),
      ),
    ),
  },
  {
    id: "user-host",
    why: "where the name alone is the identity, a host would promise a limit that is not there",
    check: eachInstance(({ users = [] }, { engine }) => {
      if (engine.capabilities.userHosts) return [];
      const limited = users.filter(({ host }) => host !== undefined && host !== "%");
      const message = `users of ${engine.title} have no host: leave it out`;
      return limited.map(({ path }) => ({ path: [...path, "host"], message }));
    }),
  },
  {
    id: "duplicate-user",
    why: "a user is listed once; in the MySQL family, once per host",
    check: eachInstance(({ users = [] }, { engine }) => {
      const first = new Map<string, DraftUser>();
      return users.flatMap((user) => {
        // Hosts are names of machines: upper and lower case are the same.
        const key = userKey(engine, { name: user.name, host: (user.host ?? "%").toLowerCase() });
        const earlier = first.get(key);
        first.set(key, earlier ?? user);
        if (!earlier) return [];
        return [
          { path: [...user.path, "name"], message: `this user is already listed at ${formatPath(earlier.path)}` },
        ];
      });
    }),
  },
  {
    id: "user-was",
    why: "a rename has one past, which the engine could have had and nobody else has",
    check: eachInstance(badPasts),
  },
  {
    id: "exclusive",
    why: "without a list every user would be dropped",
    check: ({ draft }) =>
      [...draft.instances.values()].flatMap(({ path, users, exclusive }) => {
        const message = "exclusive has no effect without users: list the users that stay";
        return exclusive && !users ? [{ path: [...path, "exclusive"], atKey: true, message }] : [];
      }),
  },
  {
    id: "grant",
    why: "a user's databases are the instance's own, and each has one level of privileges",
    check: ({ draft }) => [...draft.instances.values()].flatMap((instance) => badGrants(instance)),
  },
  {
    id: "grant-database",
    why: "where databases are not managed, a user may still not be let into the engine's own",
    check: eachInstance(({ users = [], databases, databasesIncomplete }, { engine }) => {
      if (databases || databasesIncomplete) return [];
      return users.flatMap(({ grants }) =>
        grants.flatMap(({ database, path, short }) =>
          engine.checkDatabase({ name: database }).map((problem) => placed(path, short, problem)),
        ),
      );
    }),
  },
];

/** A rule that looks at one instance at a time, once its engine is known. */
function eachInstance(check: (instance: DraftInstance, resolved: Resolved) => readonly RuleFault[]) {
  return ({ draft }: Context): RuleFault[] =>
    [...draft.instances.values()].flatMap((instance) =>
      instance.resolved ? [...check(instance, instance.resolved)] : [],
    );
}

function badDrop({ path, databases, databasesIncomplete, drop }: DraftInstance): RuleFault[] {
  if (!drop || databasesIncomplete) return [];
  if (!databases) {
    const message = "drop has no effect without databases: list the databases that stay";
    return [{ path: [...path, "drop"], atKey: true, message }];
  }
  const names = new Set(databases.map(({ name }) => name));
  const message = "this database is still listed under databases: take it out of one of the two";
  return drop.filter(({ name }) => names.has(name)).map(({ path }) => ({ path, message }));
}

function badOwners({ databases = [], users = [], usersIncomplete }: DraftInstance, engine: Engine): RuleFault[] {
  const names = users.map(({ name }) => name);
  return databases.flatMap(({ name, owner, path }): RuleFault[] => {
    if (owner === undefined) return [];
    const at = [...path, "owner"];
    if (!engine.capabilities.owners)
      return [{ path: at, atKey: true, message: `databases of ${engine.title} have no owner: leave it out` }];
    if (!names.includes(owner)) {
      if (usersIncomplete) return [];
      const message = `the instance has no user ${quote(owner)}`;
      return [{ path: at, message, allowed: listed(names, "none is listed"), candidates: () => names }];
    }
    const grants = users.filter((user) => user.name === owner).flatMap((user) => user.grants);
    const less = grants.filter(({ database, privileges }) => database === name && privileges !== "all");
    return less.map((grant) => ({
      path: [...grant.path, "privileges"],
      message: `${quote(owner)} owns this database, and an owner has all privileges`,
      allowed: "all, or leave it out",
    }));
  });
}

function badPasts({ users = [] }: DraftInstance, { engine }: Resolved): RuleFault[] {
  const keyOf = ({ name, host }: { name: string; host?: string }): string =>
    userKey(engine, { name, host: (host ?? "%").toLowerCase() });
  const owners = new Map(users.map((user) => [keyOf(user), user]));
  const claimed = new Map<string, DraftUser>();
  return users.flatMap((user): RuleFault[] => {
    const earlier = earlierUser(user);
    if (!earlier || !user.was) return [];
    const path = [...user.path, "was"];
    const key = keyOf(earlier);
    const [owner, first] = [owners.get(key), claimed.get(key)];
    claimed.set(key, first ?? user);
    if (owner === user) return [{ path, message: "this is what the user is called now: leave it out" }];
    if (!engine.capabilities.userHosts && user.was.host !== undefined)
      return [{ path: [...path, "host"], message: `users of ${engine.title} have no host: leave it out` }];
    if (owner) return [{ path, message: `that user is listed itself, at ${formatPath(owner.path)}: leave this out` }];
    if (first) return [{ path, message: `the user at ${formatPath(first.path)} says the same of itself` }];
    return engine
      .checkUser({ ...earlier, grants: [] })
      .map((problem) => placed(path, user.was?.short ?? true, problem));
  });
}

function badGrants({ users = [], databases, databasesIncomplete }: DraftInstance): RuleFault[] {
  const names = databasesIncomplete ? undefined : databases?.map(({ name }) => name);
  const known = names && new Set(names);
  return users.flatMap(({ grants }) => [
    ...repeated(grants.map(({ database, path, short }) => ({ name: database, path, short }))),
    ...grants
      .filter(({ database }) => known?.has(database) === false)
      .map((grant) => unlistedGrant(grant, names ?? [])),
  ]);
}

function unlistedGrant({ database, path, short }: DraftGrant, names: readonly string[]): RuleFault {
  const message = `the instance has no database ${quote(database)}`;
  const allowed = listed(names, "none is listed");
  return { path: short ? path : [...path, "name"], message, allowed, candidates: () => names };
}

/** Where the name alone is the identity, the host is the rule `user-host`'s to judge. */
function engineUser({ name, host, grants }: DraftUser, { capabilities }: Engine): User {
  return {
    name,
    host: (capabilities.userHosts ? host : undefined) ?? "%",
    grants: grants.map(({ database, privileges }) => ({ database, privileges })),
  };
}

/** A path in the engine's `User` as a path in the spec's. */
function specPath(user: DraftUser, path: Problem["path"]): Path {
  const [first, index, field] = path;
  if (first !== "grants") return path;
  if (typeof index !== "number") return ["databases"];
  // The position in the file, which faults of shape before it do not shift.
  const grant = user.grants[index];
  const position = grant?.path.at(-1) ?? index;
  if (field === undefined || grant?.short) return ["databases", position];
  return ["databases", position, field === "database" ? "name" : field];
}

/** A problem of a database, at the value itself when that is written as a name alone. */
function placed(base: Path, short: boolean, { path, message, allowed, candidates }: Problem): RuleFault {
  return { path: short ? base : [...base, ...path], message, allowed, candidates: lazily(candidates) };
}

function repeated(list: readonly { name: string; path: Path; short?: boolean }[]): RuleFault[] {
  const first = new Map<string, Path>();
  return list.flatMap(({ name, path, short = true }) => {
    const earlier = first.get(name);
    first.set(name, earlier ?? path);
    if (!earlier) return [];
    const message = `this database is already listed at ${formatPath(earlier)}`;
    return [{ path: short ? path : [...path, "name"], message }];
  });
}
