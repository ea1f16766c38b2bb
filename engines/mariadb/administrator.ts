/**
 * What the administrator of a spec (`root: true`) may do. There are no partial revokes, but of the rows of `mysql.db` that fit a
 * database only the most precise one counts: everything in `%`, and less in the server's own databases.
 */
import { rootUser } from "../engine.ts";
import type { Who } from "../shared/renames.ts";
import { isSystemDatabase } from "./names.ts";
import { privilegeName, readColumns } from "./privileges.ts";
import { identifier, literal, type Sql } from "./sql.ts";

export function isAdministrator({ name, host }: Who): boolean {
  return name === rootUser.name && host === rootUser.host;
}

/** As `information_schema.USER_PRIVILEGES` names them. Each that is not here is left out for the reason in docs/decisions/0013. */
const global = new Set([
  "PROCESS",
  "SHOW DATABASES",
  "CREATE USER",
  "CONNECTION ADMIN",
  "BINLOG MONITOR",
  "SLAVE MONITOR",
]);
const grantOption = "GRANT OPTION";

/** Where everything is granted, with the right to pass it on; less in the server's own databases, by columns of `mysql.db`. */
const everywhere = "%";
const narrowed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["mysql", new Set(readColumns)],
  ["sys", new Set([...readColumns, "Execute"])],
]);

export interface AdministratorRights {
  global: ReadonlySet<string>;
  /** Rows of `mysql.db`: the columns that are `Y`; `whole`: all that the server's version has. */
  patterns: readonly { pattern: string; columns: ReadonlySet<string>; whole: boolean }[];
}

export const noRights: AdministratorRights = { global: new Set(), patterns: [] };

/** What differs, in words. */
export function rightsRepairs(has: AdministratorRights): string[] {
  const { grant, revoke } = globalDifference(has);
  return [
    ...(revoke.length > 0 ? [`it has ${revoke.join(", ")}`] : []),
    ...(grant.length > 0 ? [`it lacks ${grant.join(", ")}`] : []),
    ...patternDifferences(has).map(({ pattern }) => `other privileges on \`${pattern}\` than it is to have`),
  ];
}

/** Gives and takes what differs. `who`: the account, quoted. */
export async function setRights(sql: Sql, who: string, has: AdministratorRights): Promise<void> {
  const differences = [{ on: "*.*", option: "", ...globalDifference(has) }, ...patternDifferences(has)];
  // What is too much goes first.
  for (const { on, revoke } of differences)
    if (revoke.length > 0) await sql.query(`REVOKE ${revoke.join(", ")} ON ${on} FROM ${who}`);
  for (const { on, grant, option } of differences)
    if (grant.length > 0) await sql.query(`GRANT ${grant.join(", ")} ON ${on} TO ${who}${option}`);
}

export async function readRights(sql: Sql): Promise<AdministratorRights> {
  const [user, host] = [literal(rootUser.name), literal(rootUser.host)];
  const global = await sql.query(
    "SELECT PRIVILEGE_TYPE AS name, IS_GRANTABLE AS grantable FROM information_schema.USER_PRIVILEGES " +
      `WHERE GRANTEE = ${literal(`${user}@${host}`)}`,
  );
  const names = global.map(({ name }) => String(name)).filter((name) => name !== "USAGE");
  const databases = await sql.query(`SELECT * FROM mysql.db WHERE BINARY User = ${user} AND BINARY Host = ${host}`);
  return {
    global: new Set([...names, ...(global.some(({ grantable }) => grantable === "YES") ? [grantOption] : [])]),
    patterns: databases.map((row) => {
      const columns = Object.entries(row).filter(([name]) => name.endsWith("_priv"));
      const granted = columns.filter(([, value]) => value === "Y").map(([name]) => name.replace(/_priv$/, ""));
      return { pattern: String(row.Db), columns: new Set(granted), whole: granted.length === columns.length };
    }),
  };
}

/** Roles that give what the administrator is not to have: anything global, in the server's own databases, or in a pattern. */
export async function strongRoles(sql: Sql): Promise<ReadonlySet<string>> {
  const everywhere = await sql.query(
    "SELECT User AS name FROM mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') = 1 AND JSON_VALUE(Priv, '$.access') <> 0",
  );
  const inDatabases = await sql.query("SELECT User AS name, Db AS pattern FROM mysql.db WHERE Host = ''");
  const own = inDatabases.filter(
    ({ pattern }) => isSystemDatabase(String(pattern)) || /(^|[^\\])[%_]/.test(String(pattern)),
  );
  return new Set([...everywhere, ...own].map(({ name }) => String(name)));
}

function globalDifference({ global: has }: AdministratorRights): { grant: string[]; revoke: string[] } {
  return {
    grant: [...global].filter((name) => !has.has(name)),
    revoke: [...has].filter((name) => !global.has(name)),
  };
}

function patternDifferences({ patterns: has }: AdministratorRights) {
  const there = new Map(has.map((row) => [row.pattern, row]));
  const others = [...new Set([...narrowed.keys(), ...there.keys()])].filter((pattern) => pattern !== everywhere);
  const differences = others.map((pattern) => {
    const [wanted, is] = [narrowed.get(pattern) ?? new Set<string>(), there.get(pattern)?.columns ?? new Set<string>()];
    const grant = [...wanted].filter((column) => !is.has(column)).map(privilegeName);
    const revoke = [...is].filter((column) => !wanted.has(column)).map(privilegeName);
    return { pattern, on: `${identifier(pattern)}.*`, grant, revoke, option: "" };
  });
  const whole = {
    ...{ pattern: everywhere, on: `${identifier(everywhere)}.*`, revoke: [] as string[] },
    ...{ grant: there.get(everywhere)?.whole ? [] : ["ALL PRIVILEGES"], option: " WITH GRANT OPTION" },
  };
  return [...differences, whole].filter(({ grant, revoke }) => grant.length + revoke.length > 0);
}
