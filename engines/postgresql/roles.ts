/**
 * What a user's role is to be, beside its grants: attributes, and what it is a member of. The administrator of a spec (`root: true`)
 * is an ordinary role, too, with more of both; why it is no superuser stands in docs/decisions/0013.
 */
import pg from "pg";
import { rootUser } from "../engine.ts";
import { transaction } from "./connection.ts";
import { adminRole, usersRole } from "./names.ts";

const { escapeIdentifier, escapeLiteral } = pg;

/** A role as the catalogue has it, with what it is a member of. */
export interface Role {
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
  /** The server's, as a number: 150014. */
  version: number;
  memberships: Membership[];
}

export interface Membership {
  role: string;
  /** It may add others. */
  admin: boolean;
  /** A role that clients made, and that is no superuser's. */
  plain: boolean;
  /** Who made it a member; from version 16 on, each of them holds it there. */
  grantors: string[];
}

const rolesQuery = `
  SELECT a.rolname AS name, a.rolpassword AS verifier, a.rolsuper AS superuser, a.rolcreaterole AS createrole,
         a.rolcreatedb AS createdb, a.rolreplication AS replication, a.rolbypassrls AS bypassrls,
         a.rolcanlogin AS login, a.rolinherit AS inherit, a.rolconnlimit AS connections,
         coalesce(a.rolvaliduntil <> 'infinity', false) AS expires,
         current_setting('server_version_num')::int AS version,
         coalesce((SELECT json_agg(g)
                     FROM (SELECT r.rolname AS role, bool_or(m.admin_option) AS admin,
                                  NOT r.rolsuper AND r.rolname !~ '^(pg|coffer)_' AS plain,
                                  array_agg(coalesce(b.rolname, '${adminRole}')) AS grantors
                             FROM pg_auth_members m JOIN pg_authid r ON r.oid = m.roleid
                             LEFT JOIN pg_authid b ON b.oid = m.grantor
                            WHERE m.member = a.oid GROUP BY r.rolname, r.rolsuper) g),
                  '[]') AS memberships
    FROM pg_authid a ORDER BY a.rolname COLLATE "C"`;

export async function readRoles(client: pg.Client): Promise<readonly Role[]> {
  return (await client.query<Role>(rolesQuery)).rows;
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

const isAdministrator = (name: string): boolean => name === rootUser.name;
const administratorHas: ReadonlySet<string> = new Set(["createrole", "createdb"]);

/** Of these, the administrator is a member; those that a version does not have are left out. */
const administratorOf = ["pg_read_all_data", "pg_write_all_data", "pg_monitor", "pg_signal_backend", "pg_maintain"];

/**
 * Roles whose members reach the operating system. Before version 16 whoever may create roles may also give away every role
 * that is no superuser's, so these are marked as such there: nobody is a member of them, and only a superuser can add one.
 */
const dangerous = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];
const firstSafeVersion = 160_000;

/** What there is to repair about a role; `roles` are all of the server. */
export function repairsOf(role: Role, roles: readonly Role[]): readonly string[] {
  const administrator = isAdministrator(role.name);
  const repairs: string[] = [];
  for (const [attribute, words] of excesses)
    if (role[attribute] && !(administrator && administratorHas.has(attribute))) repairs.push(words);
  if (administrator && !role.createrole) repairs.push("it may not create roles");
  if (administrator && !role.createdb) repairs.push("it may not create databases");
  if (!role.login) repairs.push("it may not log in");
  if (!role.inherit) repairs.push("it does not inherit");
  if (role.connections !== -1) repairs.push("its connections are limited");
  const { missing, surplus } = membershipsOf(role, roles);
  for (const of of missing) if (of !== usersRole) repairs.push(`it is not a member of ${of}`);
  for (const { role: of } of surplus) repairs.push(`it is a member of "${of}"`);
  const passes = role.memberships.find((one) => one.role === usersRole)?.admin;
  if (!administrator && passes) repairs.push(`it may add members to ${usersRole}`);
  if (administrator && passes === false) repairs.push(`it may not add members to ${usersRole}`);
  const open = administrator ? unguarded(roles) : [];
  if (open.length > 0) repairs.push(`it may give away ${open.join(", ")}`);
  const group = roles.find((one) => one.name === usersRole);
  if (group && groupExcess(group)) repairs.push(`the role ${usersRole} itself has more than it should`);
  return repairs;
}

/** Why a role is not known as one of Coffer's users, by which those are found that can come to own tables; undefined: it is. */
export function whyUnmarked(role: Role): string | undefined {
  const marked = role.memberships.some((one) => one.role === usersRole);
  return marked ? undefined : `it is not a member of ${usersRole}`;
}

/** The administrator may be a member of roles that it made: from version 16 on the server makes it one. */
function membershipsOf(role: Role, roles: readonly Role[]): { missing: string[]; surplus: Membership[] } {
  const administrator = isAdministrator(role.name);
  const there = new Set(roles.map(({ name }) => name));
  const wanted = new Set([usersRole, ...(administrator ? administratorOf.filter((name) => there.has(name)) : [])]);
  const has = new Set(role.memberships.map((membership) => membership.role));
  return {
    missing: [...wanted].filter((name) => !has.has(name)),
    surplus: role.memberships.filter(({ role: of, plain }) => !wanted.has(of) && !(administrator && plain)),
  };
}

function unguarded(roles: readonly Role[]): string[] {
  const open = roles.filter(
    ({ name, superuser, version }) => version < firstSafeVersion && dangerous.includes(name) && !superuser,
  );
  return open.map(({ name }) => name);
}

/** What is given to the common role would be given to every user. */
function groupExcess(group: Role): boolean {
  return (
    group.login ||
    group.memberships.length > 0 ||
    excesses.some(([attribute]) => attribute !== "expires" && group[attribute])
  );
}

function attributesOf(name: string): string {
  const more = isAdministrator(name) ? "CREATEDB CREATEROLE" : "NOCREATEDB NOCREATEROLE";
  return `LOGIN INHERIT NOSUPERUSER ${more} NOREPLICATION NOBYPASSRLS`;
}

/** All of them, or none. A role that is new is a member of nothing, so that for most nothing is to be looked at. */
export async function createRoles(
  client: pg.Client,
  roles: readonly { name: string; verifier: string }[],
): Promise<void> {
  const statements = roles.flatMap(({ name, verifier }) => {
    const role = escapeIdentifier(name);
    const create = `CREATE ROLE ${role} ${attributesOf(name)} PASSWORD ${escapeLiteral(verifier)}`;
    return isAdministrator(name) ? [create] : [create, `GRANT ${usersRole} TO ${role}`];
  });
  await transaction(client, async () => {
    await ensureUsersRole(client);
    await client.query(statements.join(";\n"));
    for (const { name } of roles) if (isAdministrator(name)) await joinRoles(client, name);
  });
}

export async function repairRole(client: pg.Client, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  await transaction(client, async () => {
    await ensureUsersRole(client);
    const attributes = attributesOf(name);
    await client.query(`ALTER ROLE ${role} ${attributes} CONNECTION LIMIT -1 VALID UNTIL 'infinity'`);
    await joinRoles(client, name);
  });
}

/** Makes the role a member of what it is to be a member of, and of nothing else. */
async function joinRoles(client: pg.Client, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  const roles = await readRoles(client);
  const own = roles.find((one) => one.name === name);
  if (!own) throw new Error(`the user "${name}" is no longer there; run again to create it`);
  const { missing, surplus } = membershipsOf(own, roles);
  for (const of of surplus) await revoke(client, name, of, "");
  for (const of of missing) await client.query(`GRANT ${escapeIdentifier(of)} TO ${role}`);
  if (!isAdministrator(name)) {
    const passing = own.memberships.find((membership) => membership.role === usersRole && membership.admin);
    if (passing) await revoke(client, name, passing, "ADMIN OPTION FOR ");
    return;
  }
  // Its own users could not come in over the network otherwise.
  await client.query(`GRANT ${usersRole} TO ${role} WITH ADMIN OPTION`);
  await openDatabases(client);
  if (unguarded(roles).length > 0)
    await client.query("UPDATE pg_authid SET rolsuper = true WHERE rolname = ANY ($1)", [dangerous]);
}

/** From everybody who made it a member: each of them could be the one that keeps it there. */
async function revoke(client: pg.Client, name: string, { role, grantors }: Membership, what: string): Promise<void> {
  for (const grantor of grantors)
    await client.query(
      `REVOKE ${what}${escapeIdentifier(role)} FROM ${escapeIdentifier(name)} GRANTED BY ${escapeIdentifier(grantor)} CASCADE`,
    );
}

/** What a role that is about to be dropped made others a member of, they stay a member of. */
export async function keepMembers(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query<{ role: string; member: string; admin: boolean }>(
    `SELECT r.rolname AS role, u.rolname AS member, m.admin_option AS admin
       FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
       JOIN pg_roles b ON b.oid = m.grantor WHERE b.rolname = $1`,
    [name],
  );
  for (const { role, member, admin } of rows)
    await client.query(
      `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(member)}${admin ? " WITH ADMIN OPTION" : ""}`,
    );
}

/** Databases, but for those named, that the administrator may not use in full; others' are closed to it at first. */
export async function closedDatabases(client: pg.Client, except: readonly string[]): Promise<readonly string[]> {
  const privileges = ["CONNECT", "CREATE", "TEMPORARY"].map((word) => `has_database_privilege($1, oid, '${word}')`);
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database
      WHERE datallowconn AND datname NOT IN ('postgres', 'template1') AND datname <> ALL ($2)
        AND NOT (${privileges.join(" AND ")})
      ORDER BY datname COLLATE "C"`,
    [rootUser.name, except],
  );
  return rows.map(({ name }) => name);
}

async function openDatabases(client: pg.Client): Promise<void> {
  for (const database of await closedDatabases(client, []))
    await client.query(
      `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${escapeIdentifier(database)} TO ${escapeIdentifier(rootUser.name)}`,
    );
}

/** Makes the common role, and closes the databases of PostgreSQL itself to everybody but the administrator. */
async function ensureUsersRole(client: pg.Client): Promise<void> {
  const group = (await readRoles(client)).find((role) => role.name === usersRole);
  if (!group) await client.query(`CREATE ROLE ${usersRole} NOLOGIN`);
  if (group && groupExcess(group)) {
    for (const { role } of group.memberships) await client.query(`REVOKE ${escapeIdentifier(role)} FROM ${usersRole}`);
    await client.query(`ALTER ROLE ${usersRole} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`);
  }
  await client.query("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC");
}
