/** Users of a running server: read the truth, and carry out the steps of users-plan.ts. */
import pg from "pg";
import { GuestError } from "../../access/guest.ts";
import { type ObservedUser, rootUser } from "../engine.ts";
import { type Connections, home, transaction } from "./connection.ts";
import { applyLevels, ownersBelowAll, readLevels } from "./grants.ts";
import type { Level } from "./levels.ts";
import { adminRole, isInternalRole } from "./names.ts";
import { closedDatabases, createRoles, keepMembers, readRoles, repairRole, repairsOf, whyUnmarked } from "./roles.ts";
import { scramMatches, scramVerifier } from "./scram.ts";
import type { UserStep } from "./users-plan.ts";

const { escapeIdentifier, escapeLiteral } = pg;

/**
 * Of the databases $1, who owns each, and which of the users $2 own or were granted anything in it: the server keeps that in a
 * catalogue that all databases share. Where nobody has anything, no connection is needed to see it.
 */
const touchedQuery = `
  SELECT d.datname AS name, pg_get_userbyid(d.datdba) AS owner,
         array_remove(array_agg(DISTINCT a.rolname::text), NULL) AS users
    FROM pg_database d
    LEFT JOIN (pg_shdepend s
               JOIN pg_authid a ON a.oid = s.refobjid AND s.refclassid = 'pg_authid'::regclass AND a.rolname = ANY ($2))
      ON s.dbid = d.oid OR s.classid = 'pg_database'::regclass AND s.objid = d.oid
   WHERE d.datname = ANY ($1) AND d.datallowconn
   GROUP BY d.datname, d.datdba`;

/** Levels by user. */
export type Levels = ReadonlyMap<string, Level | "partial">;

/**
 * All users that are not PostgreSQL's or Coffer's own, with their levels in those databases that exist. `reached`: levels that were read
 * in this session after the last change, by database; what they tell of every user with anything there is not read again.
 */
export async function observeUsers(
  connections: Connections,
  databases: readonly string[],
  passwords: Readonly<Record<string, string>>,
  reached: ReadonlyMap<string, Levels> = new Map(),
): Promise<readonly ObservedUser[]> {
  const admin = await connections.on(home);
  const roles = await readRoles(admin);
  const users = roles.filter((role) => !isInternalRole(role.name));
  const names = users.map((user) => user.name);

  const { rows: existing } = await admin.query<{ name: string; owner: string; users: string[] }>(touchedQuery, [
    databases,
    names,
  ]);
  const touched = new Map(existing.filter((row) => row.users.length > 0).map((row) => [row.name, row.users]));
  const closed = names.includes(rootUser.name) ? await closedDatabases(admin, databases) : [];
  const isKnown = (database: string) => touched.get(database)?.every((user) => reached.get(database)?.has(user));
  const [known, unknown] = [true, false].map((is) => [...touched.keys()].filter((name) => isKnown(name) === is));
  const levels = new Map<string, Levels>([
    ...(known ?? []).map((name) => [name, reached.get(name) ?? new Map()] as const),
    ...(await connections.each(unknown ?? [], (client, name) => readLevels(client, touched.get(name) ?? []))),
  ]);

  return Promise.all(
    users.map(async (user): Promise<ObservedUser> => {
      const password = Object.hasOwn(passwords, user.name) ? passwords[user.name] : undefined;
      const repairs = [
        ...repairsOf(user, roles),
        ...(user.name === rootUser.name ? closed.map((name) => `it may not use the database "${name}"`) : []),
      ];
      const unmarked = whyUnmarked(user);
      const owns = existing.filter(({ owner }) => owner === user.name).map(({ name }) => name);
      return {
        name: user.name,
        host: "%",
        grants: [...levels].flatMap(([database, of]) => {
          const privileges = of.get(user.name) ?? "none";
          return privileges === "none" ? [] : [{ database, privileges }];
        }),
        ...(password === undefined ? {} : { passwordMatches: await scramMatches(user.verifier, password) }),
        ...(owns.length === 0 ? {} : { owns }),
        ...(repairs.length === 0 ? {} : { repairs }),
        ...(unmarked === undefined ? {} : { unmarked }),
      };
    }),
  );
}

/** Carries out one step; `passwords` by name, for those that set one. */
export async function executeUserStep(
  connections: Connections,
  step: UserStep,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  switch (step.kind) {
    case "create-user":
      return createUsers(connections, [step.name], passwords);
    case "rename-user":
      await (await connections.on(home)).query(
        `ALTER ROLE ${escapeIdentifier(step.from)} RENAME TO ${escapeIdentifier(step.name)}`,
      );
      return;
    case "repair-user":
      return repairRole(await connections.on(home), step.name);
    case "set-password": {
      const verifier = escapeLiteral(await scramVerifier(passwordFor(step.name, passwords)));
      await (await connections.on(home)).query(`ALTER ROLE ${escapeIdentifier(step.name)} PASSWORD ${verifier}`);
      return;
    }
    case "set-owner":
      return setOwner(await connections.on(home), step.database, step.owner ?? adminRole);
    case "set-levels":
      await executeLevels(connections, [step]);
      return;
    case "drop-user":
      return dropUser(connections, step.name);
  }
}

/** Of how many at once the statements go in one text. */
const mostTogether = 25;

/** Many users, some at a time: all of those or none, and then one by one, so that the error is of the one that failed. */
export async function executeCreations(
  connections: Connections,
  steps: readonly CreateStep[],
  passwords: Readonly<Record<string, string>>,
  begins: (step: CreateStep) => void,
): Promise<void> {
  for (let from = 0; from < steps.length; from += mostTogether) {
    const some = steps.slice(from, from + mostTogether);
    for (const step of some) begins(step);
    const names = some.map(({ name }) => name);
    try {
      await createUsers(connections, names, passwords);
    } catch (error) {
      if (error instanceof GuestError || names.length === 1) throw error;
      for (const name of names) await createUsers(connections, [name], passwords);
    }
  }
}

export type CreateStep = Extract<UserStep, { kind: "create-user" }>;

async function createUsers(
  connections: Connections,
  names: readonly string[],
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  const verifiers = names.map(async (name) => ({
    name,
    verifier: await scramVerifier(passwordFor(name, passwords)),
  }));
  await createRoles(await connections.on(home), await Promise.all(verifiers));
}

function passwordFor(name: string, passwords: Readonly<Record<string, string>>): string {
  const password = Object.hasOwn(passwords, name) ? passwords[name] : undefined;
  if (password === undefined) throw new Error(`no password was given for the user "${name}"`);
  return password;
}

async function setOwner(client: pg.Client, database: string, owner: string): Promise<void> {
  await client.query(`ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${escapeIdentifier(owner)}`);
}

export type LevelsStep = Extract<UserStep, { kind: "set-levels" }>;

/**
 * Of different databases, several at once; `begins` is told each. All that failed is in the error. Gives what was reached, as it was
 * read; nothing where objects changed hands, because that reaches into other databases.
 */
export async function executeLevels(
  connections: Connections,
  steps: readonly LevelsStep[],
  begins: (step: LevelsStep) => void = () => {},
): Promise<ReadonlyMap<string, Levels>> {
  const byDatabase = new Map(steps.map((step) => [step.database, step]));
  const done = await connections.each([...byDatabase.keys()], async (client, database) => {
    const step = byDatabase.get(database);
    if (!step) throw new Error(`no step is for the database "${database}"`);
    begins(step);
    return setLevels(connections, client, database, new Map(Object.entries(step.levels)));
  });
  if (done.some(([, { took }]) => took)) return new Map();
  return new Map(done.map(([database, { reached }]) => [database, reached]));
}

async function setLevels(
  connections: Connections,
  client: pg.Client,
  database: string,
  levels: ReadonlyMap<string, Level>,
): Promise<{ reached: Levels; took: boolean }> {
  const owners = await ownersBelowAll(client, levels);
  const apply = () => transaction(client, () => applyLevels(client, levels, owners));
  // What is reassigned includes what belongs to no database, where two at once would get into each other's way.
  await (owners.length > 0 ? connections.alone(apply) : apply());
  const reached = await readLevels(client, [...levels.keys()]);
  const missed = [...levels].filter(([user, level]) => reached.get(user) !== level).map(([user]) => `"${user}"`);
  if (missed.length > 0)
    throw new Error(
      `the privileges of ${missed.join(", ")} in the database "${database}" are not what was set; another role has ` +
        "granted them more: revoke that as the role that granted it, and apply again",
    );
  return { reached, took: owners.length > 0 };
}

/** The user's sessions end, its objects (databases, too) go to the administrator, its privileges and then the role go. */
async function dropUser(connections: Connections, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  const admin = await connections.on(home);
  await admin.query(`ALTER ROLE ${role} NOLOGIN`);
  await keepMembers(admin, name);
  await admin.query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1", [name]);
  const { rows } = await admin.query<{ name: string }>(
    `SELECT DISTINCT d.datname AS name
       FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid OR d.datname = $2
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND d.datallowconn`,
    [name, home],
  );
  for (const { name: database } of rows) {
    const client = await connections.on(database);
    await transaction(client, async () => {
      await client.query(`REASSIGN OWNED BY ${role} TO ${escapeIdentifier(adminRole)}`);
      await client.query(`DROP OWNED BY ${role}`);
    });
  }
  await (await connections.on(home)).query(`DROP ROLE ${role}`);
}
