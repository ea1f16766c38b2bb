/**
 * What the administrator of a spec (`root: true`) may do. There are no partial revokes, but of the rows of `mysql.db` that fit a
 * database only the most precise one counts: everything in `%`, and less in the server's own databases.
 */
import { rootUser } from "../engine.ts";
import type { Who } from "../shared/renames.ts";
import { privilegeColumns, privilegeName, readColumns } from "./privileges.ts";
import { identifier, type Sql } from "./sql.ts";

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

/** By pattern, the columns of `mysql.db` that are `Y`. */
const patterns: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["%", new Set(privilegeColumns)],
  ["mysql", new Set(readColumns)],
  ["sys", new Set([...readColumns, "Execute"])],
]);

export interface AdministratorRights {
  global: ReadonlySet<string>;
  patterns: readonly { pattern: string; columns: ReadonlySet<string> }[];
}

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
  const everywhere = globalDifference(has);
  const differences = [{ on: "*.*", ...everywhere }, ...patternDifferences(has)];
  // What is too much goes first.
  for (const { on, revoke } of differences)
    if (revoke.length > 0) await sql.query(`REVOKE ${revoke.join(", ")} ON ${on} FROM ${who}`);
  for (const { on, grant } of differences)
    if (grant.length > 0) await sql.query(`GRANT ${grant.join(", ")} ON ${on} TO ${who}`);
}

export async function globalPrivileges(sql: Sql, grantee: string): Promise<ReadonlySet<string>> {
  const rows = await sql.query(
    `SELECT PRIVILEGE_TYPE AS name, IS_GRANTABLE AS grantable FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ${grantee}`,
  );
  const names = rows.map(({ name }) => String(name)).filter((name) => name !== "USAGE");
  return new Set([...names, ...(rows.some(({ grantable }) => grantable === "YES") ? [grantOption] : [])]);
}

function globalDifference({ global: has }: AdministratorRights): { grant: string[]; revoke: string[] } {
  return {
    grant: [...global].filter((name) => !has.has(name)),
    revoke: [...has].filter((name) => !global.has(name)),
  };
}

function patternDifferences({ patterns: has }: AdministratorRights) {
  const there = new Map(has.map(({ pattern, columns }) => [pattern, columns]));
  return [...new Set([...patterns.keys(), ...there.keys()])].flatMap((pattern) => {
    const [wanted, is] = [patterns.get(pattern) ?? new Set<string>(), there.get(pattern) ?? new Set<string>()];
    const grant = [...wanted].filter((column) => !is.has(column)).map(privilegeName);
    const revoke = [...is].filter((column) => !wanted.has(column)).map(privilegeName);
    return grant.length + revoke.length > 0 ? [{ pattern, on: `${identifier(pattern)}.*`, grant, revoke }] : [];
  });
}
