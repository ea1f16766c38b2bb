/** Users of a running server: read the truth, and carry out the steps of users-plan.ts. */
import pg from "pg";
import type { ObservedUser } from "../engine.ts";
import { type Connections, home, transaction } from "./connection.ts";
import { applyLevels, ownersBelowAll, readLevels } from "./grants.ts";
import type { Level } from "./levels.ts";
import { adminRole, isInternalRole, usersRole } from "./names.ts";
import { scramMatches, scramVerifier } from "./scram.ts";
import type { UserStep } from "./users-plan.ts";

const { escapeIdentifier, escapeLiteral } = pg;

/** A role as the catalogue has it, with what it is a member of. */
interface Role {
  name: string;
  verifier: string | null;
  superuser: boolean;
  createrole: boolean;
  createdb: boolean;
  replication: boolean;
  bypassrls: boolean;
  login: boolean;
  inherit: boolean;
  connections: number;
  expires: boolean;
  /** Roles that it is a member of; `admin` when it may add others. */
  memberships: { role: string; admin: boolean }[];
}

const roleQuery = `
  SELECT a.rolname AS name, a.rolpassword AS verifier, a.rolsuper AS superuser, a.rolcreaterole AS createrole,
         a.rolcreatedb AS createdb, a.rolreplication AS replication, a.rolbypassrls AS bypassrls,
         a.rolcanlogin AS login, a.rolinherit AS inherit, a.rolconnlimit AS connections,
         coalesce(a.rolvaliduntil <> 'infinity', false) AS expires,
         coalesce((SELECT json_agg(json_build_object('role', g.rolname, 'admin', m.admin_option))
                     FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid WHERE m.member = a.oid),
                  '[]') AS memberships
    FROM pg_authid a`;
const rolesQuery = `${roleQuery} ORDER BY a.rolname COLLATE "C"`;

async function roleOf(client: pg.Client, name: string): Promise<Role | undefined> {
  return (await client.query<Role>(`${roleQuery} WHERE a.rolname = $1`, [name])).rows[0];
}

/** What people read of each attribute that a user must not have. */
const excesses = [
  ["superuser", "it is a superuser"],
  ["createrole", "it may create roles"],
  ["createdb", "it may create databases"],
  ["replication", "it may replicate"],
  ["bypassrls", "it passes row security"],
  ["expires", "its password expires"],
] as const;

function repairsOf(role: Role, group: Role | undefined): readonly string[] {
  const repairs: string[] = excesses.filter(([attribute]) => role[attribute]).map(([, words]) => words);
  if (!role.login) repairs.push("it may not log in");
  if (!role.inherit) repairs.push("it does not inherit");
  if (role.connections !== -1) repairs.push("its connections are limited");
  for (const { role: of, admin } of role.memberships) {
    if (of !== usersRole) repairs.push(`it is a member of "${of}"`);
    else if (admin) repairs.push(`it may add members to ${usersRole}`);
  }
  if (group && groupExcess(group)) repairs.push(`the role ${usersRole} itself has more than it should`);
  return repairs;
}

/** By it the users that can come to own tables are known. */
const isMarked = (role: Role): boolean => role.memberships.some((one) => one.role === usersRole);

/** What is given to the common role would be given to every user. */
function groupExcess(group: Role): boolean {
  return (
    group.login ||
    group.memberships.length > 0 ||
    excesses.some(([attribute]) => attribute !== "expires" && group[attribute])
  );
}

/**
 * Of the databases $1, those in which some of the users $2 own or were granted anything, and who: the server keeps that in a
 * catalogue that all databases share. All others have nothing there, which needs no connection to be seen.
 */
const touchedQuery = `
  SELECT d.datname AS name, array_agg(DISTINCT a.rolname::text) AS users
    FROM pg_database d
    JOIN pg_shdepend s ON s.dbid = d.oid OR s.classid = 'pg_database'::regclass AND s.objid = d.oid
    JOIN pg_authid a ON a.oid = s.refobjid
   WHERE d.datname = ANY ($1) AND d.datallowconn
     AND s.refclassid = 'pg_authid'::regclass AND a.rolname = ANY ($2)
   GROUP BY d.datname`;

/** All users that are not PostgreSQL's or Coffer's own, with their levels in those databases that exist. */
export async function observeUsers(
  connections: Connections,
  databases: readonly string[],
  passwords: Readonly<Record<string, string>>,
): Promise<readonly ObservedUser[]> {
  const admin = await connections.on(home);
  const { rows: roles } = await admin.query<Role>(rolesQuery);
  const group = roles.find((role) => role.name === usersRole);
  const users = roles.filter((role) => !isInternalRole(role.name));
  const names = users.map((user) => user.name);

  const { rows } = await admin.query<{ name: string; users: string[] }>(touchedQuery, [databases, names]);
  const touched = new Map(rows.map((row) => [row.name, row.users]));
  const levels = new Map(
    await connections.each([...touched.keys()], (client, database) => readLevels(client, touched.get(database) ?? [])),
  );

  return Promise.all(
    users.map(async (user): Promise<ObservedUser> => {
      const password = Object.hasOwn(passwords, user.name) ? passwords[user.name] : undefined;
      const repairs = repairsOf(user, group);
      return {
        name: user.name,
        host: "%",
        grants: [...levels].flatMap(([database, of]) => {
          const privileges = of.get(user.name) ?? "none";
          return privileges === "none" ? [] : [{ database, privileges }];
        }),
        ...(password === undefined ? {} : { passwordMatches: await scramMatches(user.verifier, password) }),
        ...(repairs.length === 0 ? {} : { repairs }),
        ...(isMarked(user) ? {} : { unmarked: `it is not a member of ${usersRole}` }),
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
      return createUser(await connections.on(home), step.name, passwordFor(step.name, passwords));
    case "rename-user":
      await (await connections.on(home)).query(
        `ALTER ROLE ${escapeIdentifier(step.from)} RENAME TO ${escapeIdentifier(step.name)}`,
      );
      return;
    case "repair-user":
      return repairUser(await connections.on(home), step.name);
    case "set-password": {
      const verifier = escapeLiteral(await scramVerifier(passwordFor(step.name, passwords)));
      await (await connections.on(home)).query(`ALTER ROLE ${escapeIdentifier(step.name)} PASSWORD ${verifier}`);
      return;
    }
    case "set-levels":
      return executeLevels(connections, [step]);
    case "drop-user":
      return dropUser(connections, step.name);
  }
}

function passwordFor(name: string, passwords: Readonly<Record<string, string>>): string {
  const password = Object.hasOwn(passwords, name) ? passwords[name] : undefined;
  if (password === undefined) throw new Error(`no password was given for the user "${name}"`);
  return password;
}

const plainAttributes = "LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";

async function createUser(client: pg.Client, name: string, password: string): Promise<void> {
  const verifier = escapeLiteral(await scramVerifier(password));
  const role = escapeIdentifier(name);
  await transaction(client, async () => {
    await ensureUsersRole(client);
    await client.query(`CREATE ROLE ${role} ${plainAttributes} PASSWORD ${verifier} IN ROLE ${usersRole}`);
  });
}

/** Makes the common role, and closes the databases of PostgreSQL itself to everybody but the administrator. */
async function ensureUsersRole(client: pg.Client): Promise<void> {
  const group = await roleOf(client, usersRole);
  if (!group) await client.query(`CREATE ROLE ${usersRole} NOLOGIN`);
  if (group && groupExcess(group)) {
    for (const { role } of group.memberships) await client.query(`REVOKE ${escapeIdentifier(role)} FROM ${usersRole}`);
    await client.query(`ALTER ROLE ${usersRole} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`);
  }
  await client.query("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC");
}

async function repairUser(client: pg.Client, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  await transaction(client, async () => {
    await ensureUsersRole(client);
    const user = await roleOf(client, name);
    for (const { role: of } of user?.memberships ?? [])
      await client.query(`REVOKE ${escapeIdentifier(of)} FROM ${role}`);
    await client.query(`ALTER ROLE ${role} ${plainAttributes} CONNECTION LIMIT -1 VALID UNTIL 'infinity'`);
    await client.query(`GRANT ${usersRole} TO ${role}`);
  });
}

export type LevelsStep = Extract<UserStep, { kind: "set-levels" }>;

/** Of different databases, several at once; `begins` is told each. All that failed is in the error. */
export async function executeLevels(
  connections: Connections,
  steps: readonly LevelsStep[],
  begins: (step: LevelsStep) => void = () => {},
): Promise<void> {
  const byDatabase = new Map(steps.map((step) => [step.database, step]));
  await connections.each([...byDatabase.keys()], async (client, database) => {
    const step = byDatabase.get(database);
    if (!step) return;
    begins(step);
    await setLevels(connections, client, database, new Map(Object.entries(step.levels)));
  });
}

async function setLevels(
  connections: Connections,
  client: pg.Client,
  database: string,
  levels: ReadonlyMap<string, Level>,
): Promise<void> {
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
}

/** The user's sessions end, its objects go to the administrator, its privileges and then the role go. */
async function dropUser(connections: Connections, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  const admin = await connections.on(home);
  await admin.query(`ALTER ROLE ${role} NOLOGIN`);
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
