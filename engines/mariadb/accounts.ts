/** Accounts on a running server: the truth about users, and each step of their plan. */
import type { ObservedUser } from "../engine.ts";
import type { Who } from "../shared/renames.ts";
import {
  type AdministratorRights,
  isAdministrator,
  noRights,
  readRights,
  rightsRepairs,
  setRights,
  strongRoles,
} from "./administrator.ts";
import { isSystemAccount } from "./names.ts";
import { difference, levelOf, privilegeColumns, privilegeName } from "./privileges.ts";
import { grantPattern, identifier, literal, type Row, type Sql, SqlError } from "./sql.ts";
import { type UserStep, verifier } from "./users.ts";

type Passwords = Readonly<Record<string, string>>;

/** One account as the grant tables have it. */
interface Account {
  name: string;
  host: string;
  priv: Priv;
  /** Rows of `mysql.db`: the pattern as stored, and the columns that are `Y`. */
  patterns: { pattern: string; columns: ReadonlySet<string> }[];
  /** Tables with privileges of their own. */
  tables: { database: string; table: string }[];
  roles: string[];
  proxies: { name: string; host: string }[];
  /** Of the administrator that a spec can ask for. */
  rights?: AdministratorRights;
}

/** `mysql.global_priv.Priv`, as far as it is read here. */
interface Priv {
  access?: number;
  plugin?: string;
  authentication_string?: string;
  /** Further ways to log in; an empty entry stands for the plugin above. */
  auth_or?: readonly { plugin?: string }[];
  account_locked?: boolean;
  is_role?: boolean;
  default_role?: string;
  password_last_changed?: number;
  /** 0 nothing, 1 any TLS, 2 any certificate, 3 one that is described. */
  ssl_type?: number;
  ssl_cipher?: string;
  x509_issuer?: string;
  x509_subject?: string;
}

/** All accounts but the engine's own. */
export async function users(sql: Sql, passwords: Passwords): Promise<readonly ObservedUser[]> {
  return (await accounts(sql, "1 = 1")).map((account) => {
    const password = passwords[`${account.name}@${account.host}`];
    const repairs = repairsOf(account);
    const certificate = requiredName(account.priv);
    return {
      name: account.name,
      host: account.host,
      grants: account.rights ? [] : grantsOf(account),
      ...(password === undefined ? {} : { passwordMatches: matches(account.priv, password) }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(repairs.length === 0 ? {} : { repairs }),
    };
  });
}

function grantsOf({ patterns }: Account): ObservedUser["grants"] {
  return patterns.flatMap(({ pattern, columns }) => {
    const database = databaseOf(pattern);
    return database === undefined ? [] : [{ database, privileges: levelOf(columns) }];
  });
}

function matches(priv: Priv, password: string): boolean {
  const hash = priv.authentication_string ?? "";
  return !otherLogin(priv) && hash === verifier(password);
}

function otherLogin(priv: Priv): boolean {
  return priv.plugin !== "mysql_native_password" || (priv.auth_or ?? []).some((way) => way.plugin !== undefined);
}

function repairsOf(account: Account): string[] {
  const { priv, rights, patterns } = account;
  const found: [boolean, string][] = [
    [!rights && (priv.access ?? 0) !== 0, "global privileges"],
    [otherLogin(priv), "another way to log in"],
    [priv.account_locked === true, "the account is locked"],
    [priv.password_last_changed === 0, "the password is expired"],
    [(priv.ssl_type ?? 0) !== 0 && requiredName(priv) === undefined, "a TLS requirement"],
    [account.roles.length > 0, `roles: ${account.roles.join(", ")}`],
    [account.proxies.length > 0, "proxy privileges"],
    [account.tables.length > 0, "privileges on single tables"],
    [
      !rights && patterns.some(({ pattern }) => databaseOf(pattern) === undefined),
      "privileges on a pattern of databases",
    ],
  ];
  return [...(rights ? rightsRepairs(rights) : []), ...found.filter(([is]) => is).map(([, words]) => words)];
}

const subjectPrefix = "/CN=";

/** The common name of the certificate that is asked for, where nothing else is. */
function requiredName({ ssl_type, ssl_cipher, x509_issuer, x509_subject = "" }: Priv): string | undefined {
  if (ssl_type !== 3 || ssl_cipher || x509_issuer || !x509_subject.startsWith(subjectPrefix)) return undefined;
  return x509_subject.slice(subjectPrefix.length);
}

function requirement({ certificate }: { certificate?: string }): string {
  return certificate === undefined ? "REQUIRE NONE" : `REQUIRE SUBJECT ${literal(subjectPrefix + certificate)}`;
}

/** The one database that a stored pattern means; undefined when it has wildcards or is written in another way. */
function databaseOf(pattern: string): string | undefined {
  const name = pattern.replace(/\\([\\_%])/g, "$1");
  return grantPattern(name) === pattern ? name : undefined;
}

const columnList = privilegeColumns.map((column) => `${column}_priv`).join(", ");

async function accounts(sql: Sql, condition: string): Promise<Account[]> {
  const main = await sql.query(`SELECT User, Host, Priv FROM mysql.global_priv WHERE ${condition}`);
  const databases = await sql.query(`SELECT User, Host, Db, ${columnList} FROM mysql.db WHERE ${condition}`);
  const tables = await sql.query(`SELECT User, Host, Db, Table_name FROM mysql.tables_priv WHERE ${condition}`);
  const roles = await sql.query(`SELECT User, Host, Role FROM mysql.roles_mapping WHERE ${condition}`);
  const proxies = await sql.query(
    `SELECT User, Host, Proxied_user, Proxied_host FROM mysql.proxies_priv WHERE ${condition}`,
  );
  const [databasesOf, tablesOf, rolesOf, proxiesOf] = [databases, tables, roles, proxies].map(byAccount);
  const found: Account[] = [];
  for (const row of main) {
    const priv: Priv = JSON.parse(String(row.Priv));
    const name = String(row.User);
    const host = String(row.Host);
    if (priv.is_role === true || isSystemAccount(name, host)) continue;
    const mine = (rows: ReadonlyMap<string, Row[]> | undefined) => rows?.get(accountKey(row)) ?? [];
    const administrator = isAdministrator({ name, host });
    const all = mine(rolesOf).map((r) => String(r.Role));
    // The roles that it makes are its own.
    const strong = administrator && all.length > 0 ? await strongRoles(sql) : undefined;
    found.push({
      name,
      host,
      priv,
      patterns: mine(databasesOf).map((r) => ({ pattern: String(r.Db), columns: grantedColumns(r) })),
      tables: mine(tablesOf).map((r) => ({ database: String(r.Db), table: String(r.Table_name) })),
      roles: strong ? all.filter((role) => strong.has(role)) : all,
      proxies: mine(proxiesOf).map((r) => ({ name: String(r.Proxied_user), host: String(r.Proxied_host) })),
      ...(administrator ? { rights: await readRights(sql) } : {}),
    });
  }
  return found;
}

function byAccount(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  return Map.groupBy(rows, accountKey);
}

function accountKey({ User, Host }: Row): string {
  return JSON.stringify([User, Host]);
}

function grantedColumns(row: Row): ReadonlySet<string> {
  return new Set(privilegeColumns.filter((column) => row[`${column}_priv`] === "Y"));
}

async function accountOf(sql: Sql, { name, host }: { name: string; host: string }): Promise<Account> {
  // BINARY: trailing spaces and case are part of a name.
  const condition = `BINARY User = ${literal(name)} AND BINARY Host = ${literal(host)}`;
  const [account] = await accounts(sql, condition);
  if (!account) throw noLongerThere({ name, host });
  return account;
}

const noLongerThere = ({ name, host }: Who): Error =>
  new Error(`the user ${name}@${host} is no longer there; run again to create it`);

/** The statement that makes a user who is not there. */
export function createUser(step: UserStep & { kind: "create-user" }, passwords: Passwords): string {
  return `CREATE USER ${account(step)} ${identified(step, passwords)} ${requirement(step)}`;
}

/** The statement that gives a level to a user who has nothing in that database. */
export function grantFirst(step: UserStep & { kind: "grant" }): string {
  const { grant } = difference(new Set(), step.privileges);
  return `GRANT ${grant.join(", ")} ON ${identifier(grantPattern(step.database))}.* TO ${account(step)}`;
}

/** Makes a user who may be there already, by a try that failed later. */
export async function makeSure(
  sql: Sql,
  step: UserStep & { kind: "create-user" },
  passwords: Passwords,
): Promise<void> {
  const wish = `${account(step)} ${identified(step, passwords)} ${requirement(step)}`;
  await sql.query(`CREATE USER IF NOT EXISTS ${wish}`);
  await sql.query(`ALTER USER ${wish}`);
}

export async function executeUser(sql: Sql, step: UserStep, passwords: Passwords): Promise<void> {
  const who = account(step);
  switch (step.kind) {
    case "create-user":
      await sql.query(createUser(step, passwords));
      if (isAdministrator(step)) await setRights(sql, who, noRights);
      return;
    case "rename-user":
      return rename(sql, step.from, step);
    case "set-password":
      await sql.query(`ALTER USER ${who} ${identified(step, passwords)}`);
      return;
    case "require-certificate":
      await sql.query(`ALTER USER ${who} ${requirement(step)}`);
      return;
    case "drop-user":
      await sql.query(`DROP USER IF EXISTS ${who}`);
      return;
    case "repair-user":
      return repair(sql, step, passwords);
    case "grant": {
      const { grant, revoke } = difference(await granted(sql, step, step.database), step.privileges);
      const on = `ON ${identifier(grantPattern(step.database))}.*`;
      if (grant.length > 0) await sql.query(`GRANT ${grant.join(", ")} ${on} TO ${who}`);
      if (revoke.length > 0) await sql.query(`REVOKE ${revoke.join(", ")} ${on} FROM ${who}`);
      return;
    }
    case "revoke":
      return revokeAll(sql, who, grantPattern(step.database), await granted(sql, step, step.database));
  }
}

/**
 * What runs with a user's rights (a view, a routine ...) holds its name as text and would stop to work, so it is asked for
 * first. No server version renames it along.
 */
async function rename(sql: Sql, from: Who, to: Who): Promise<void> {
  const definer = literal(`${from.name}@${from.host}`);
  const rows = await sql.query(
    `SELECT 'view' AS kind, TABLE_SCHEMA AS place, TABLE_NAME AS name FROM information_schema.VIEWS WHERE BINARY DEFINER = ${definer}
     UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES WHERE BINARY DEFINER = ${definer}
     UNION ALL SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE BINARY DEFINER = ${definer}
     UNION ALL SELECT 'event', EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE BINARY DEFINER = ${definer}`,
  );
  if (rows.length > 0) {
    const shown = rows.slice(0, 5).map(({ kind, place, name }) => `${kind} ${place}.${name}`);
    const more = rows.length > shown.length ? ` and ${rows.length - shown.length} more` : "";
    throw new Error(
      `the user ${from.name}@${from.host} is the definer of ${shown.join(", ")}${more}, which would no longer work when it is ` +
        "renamed; give them another definer first, or make a new user instead",
    );
  }
  await sql.query(`RENAME USER ${account(from)} TO ${account(to)}`);
}

async function granted(sql: Sql, who: { name: string; host: string }, database: string): Promise<ReadonlySet<string>> {
  const [pattern, name, host] = [grantPattern(database), who.name, who.host].map(literal);
  // By the tables' keys, and BINARY, because their columns know no trailing spaces.
  const [row] = await sql.query(
    `SELECT ${columnList} FROM mysql.global_priv AS g
       LEFT JOIN mysql.db AS d ON d.Host = g.Host AND d.User = g.User AND d.Db = ${pattern}
                              AND BINARY d.Host = ${host} AND BINARY d.User = ${name} AND BINARY d.Db = ${pattern}
      WHERE g.Host = ${host} AND g.User = ${name} AND BINARY g.Host = ${host} AND BINARY g.User = ${name}`,
  );
  if (!row) throw noLongerThere(who);
  return grantedColumns(row);
}

async function revokeAll(sql: Sql, who: string, pattern: string, columns: ReadonlySet<string>): Promise<void> {
  if (columns.size === 0) return;
  const names = [...columns].map(privilegeName).join(", ");
  await sql.query(`REVOKE ${names} ON ${identifier(pattern)}.* FROM ${who}`);
}

/** Reads the account again and undoes everything that `repairsOf` finds. */
async function repair(sql: Sql, step: UserStep & { kind: "repair-user" }, passwords: Passwords): Promise<void> {
  const who = account(step);
  const found = await accountOf(sql, step);
  const { priv, rights, patterns } = found;
  if (rights) await setRights(sql, who, rights);
  else if ((priv.access ?? 0) !== 0) await revokeEverything(sql, who, "*.*");
  for (const { pattern, columns } of rights ? [] : patterns)
    if (databaseOf(pattern) === undefined) await revokeAll(sql, who, pattern, columns);
  for (const { database, table } of found.tables)
    await revokeEverything(sql, who, `${identifier(database)}.${identifier(table)}`);
  if (found.roles.length > 0) await sql.query(`SET DEFAULT ROLE NONE FOR ${who}`);
  for (const role of found.roles) await revokeRole(sql, step, role);
  for (const proxy of found.proxies) await sql.query(`REVOKE PROXY ON ${account(proxy)} FROM ${who}`);
  const login = otherLogin(priv) || priv.password_last_changed === 0;
  const identity = login ? ` ${identified(step, passwords)}` : "";
  await sql.query(`ALTER USER ${who}${identity} ${requirement(step)} ACCOUNT UNLOCK`);
}

/** Only who may hand a role on can take it away, and that may be nobody but the user who made it: then its row is deleted. */
async function revokeRole(sql: Sql, who: Who, role: string): Promise<void> {
  try {
    await sql.query(`REVOKE ${identifier(role)} FROM ${account(who)}`);
  } catch (error) {
    if (!(error instanceof SqlError && error.code === "ER_ACCESS_DENIED_NO_PASSWORD_ERROR")) throw error;
    const row = `BINARY User = ${literal(who.name)} AND BINARY Host = ${literal(who.host)} AND BINARY Role = ${literal(role)}`;
    await sql.query(`DELETE FROM mysql.roles_mapping WHERE ${row}`);
    await sql.query("FLUSH PRIVILEGES");
  }
}

/** The right to pass privileges on is not among ALL PRIVILEGES; where it was all there is, the rest finds nothing. */
async function revokeEverything(sql: Sql, who: string, on: string): Promise<void> {
  await sql.query(`REVOKE GRANT OPTION ON ${on} FROM ${who}`);
  try {
    await sql.query(`REVOKE ALL PRIVILEGES ON ${on} FROM ${who}`);
  } catch (error) {
    if (!(error instanceof SqlError && error.code === "ER_NONEXISTING_TABLE_GRANT")) throw error;
  }
}

function account({ name, host }: { name: string; host: string }): string {
  return `${literal(name)}@${literal(host)}`;
}

function identified({ name, host }: { name: string; host: string }, passwords: Passwords): string {
  const password = passwords[`${name}@${host}`];
  if (password === undefined) throw new Error(`no password is known for the user ${name}@${host}`);
  return `IDENTIFIED VIA mysql_native_password USING ${literal(verifier(password))}`;
}
