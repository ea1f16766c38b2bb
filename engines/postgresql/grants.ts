/** Grants of one database: read them from its catalogue, and make them what they are to be. */
import pg from "pg";
import {
  type Holdings,
  type Level,
  laterKinds,
  levelOf,
  type ObjectKind,
  objectKinds,
  privilegesOf,
} from "./levels.ts";
import { adminRole, usersRole } from "./names.ts";

const { escapeIdentifier } = pg;

/**
 * Who can come to own tables here: the administrator and the users with CREATE on the database or on a schema. What
 * they create later is given to the others by default privileges.
 */
const creatorsQuery = `
  SELECT r.oid, r.rolname AS name
    FROM pg_roles r
   WHERE r.rolname = '${adminRole}'
      OR (EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                   WHERE m.member = r.oid AND g.rolname = '${usersRole}')
          AND (EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a
                        WHERE d.datname = current_database() AND a.grantee = r.oid AND a.privilege_type = 'CREATE')
            OR EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a
                        WHERE n.nspname !~ '^pg_' AND a.grantee = r.oid AND a.privilege_type = 'CREATE')))`;

/** All objects that levels speak of, with their owners and access lists. */
const objectsQuery = `
  SELECT 'database' AS kind, oid, datdba AS owner, datacl AS acl FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'schema', oid, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, c.oid, relowner, relacl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname !~ '^pg_' AND nspname <> 'information_schema'`;

/** A privilege that may be passed on carries a star, so that it makes up no level. */
const privilegeName = `(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END) COLLATE "C"`;

/**
 * For the users $1: one row for each user, kind and set of privileges found, however many objects there are. Objects
 * on which a user has nothing count as the empty set; those that it owns are left out.
 */
const setsQuery = `
  WITH objects AS (${objectsQuery}),
       users AS (SELECT oid, rolname AS name FROM pg_roles WHERE rolname = ANY ($1)),
       granted AS (
         SELECT o.kind, o.oid, u.name, string_agg(DISTINCT ${privilegeName}, ',' ORDER BY ${privilegeName}) AS privileges
           FROM objects o, aclexplode(o.acl) a, users u
          WHERE a.grantee = u.oid AND o.owner <> u.oid
          GROUP BY o.kind, o.oid, u.name),
       sets AS (SELECT kind, name, privileges, count(*) AS objects FROM granted GROUP BY kind, name, privileges),
       totals AS (
         SELECT o.kind, u.name, count(*) FILTER (WHERE o.owner <> u.oid) AS objects
           FROM objects o, users u GROUP BY o.kind, u.name)
  SELECT kind, name, privileges FROM sets
  UNION ALL
  SELECT t.kind, t.name, '' FROM totals t
   WHERE t.objects > (SELECT coalesce(sum(s.objects), 0) FROM sets s WHERE s.kind = t.kind AND s.name = t.name)`;

/** For the users $1: what each creator's later objects come with; a row for every pair, kind and creator. */
const laterQuery = `
  WITH creators AS (${creatorsQuery}),
       users AS (SELECT oid, rolname AS name FROM pg_roles WHERE rolname = ANY ($1)),
       kinds AS (SELECT * FROM (VALUES ('schema', 'n'), ('table', 'r'), ('sequence', 'S')) AS k (kind, type))
  SELECT k.kind, u.name,
         coalesce((SELECT string_agg(${privilegeName}, ',' ORDER BY ${privilegeName})
                     FROM pg_default_acl d, aclexplode(d.defaclacl) a
                    WHERE d.defaclrole = c.oid AND d.defaclnamespace = 0 AND d.defaclobjtype::text = k.type
                      AND a.grantee = u.oid), '') AS privileges
    FROM users u JOIN creators c ON c.oid <> u.oid CROSS JOIN kinds k`;

/** For the users $1: default privileges that no level has, because of who or what they are for. */
const strayDefaultsQuery = `
  SELECT DISTINCT u.name, c.rolname AS creator, n.nspname AS schema, d.defaclobjtype::text AS type
    FROM pg_default_acl d
    JOIN pg_roles c ON c.oid = d.defaclrole
    LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
   CROSS JOIN aclexplode(d.defaclacl) a
    JOIN (SELECT oid, rolname AS name FROM pg_roles WHERE rolname = ANY ($1)) u ON u.oid = a.grantee
   WHERE u.oid <> d.defaclrole
     AND (d.defaclnamespace <> 0 OR d.defaclobjtype NOT IN ('n', 'r', 'S')
          OR d.defaclrole NOT IN (SELECT oid FROM (${creatorsQuery}) creators))`;

const columnsQuery = `
  SELECT DISTINCT u.rolname AS name
    FROM pg_attribute t
    JOIN pg_class c ON c.oid = t.attrelid
   CROSS JOIN aclexplode(t.attacl) a
    JOIN pg_roles u ON u.oid = a.grantee
   WHERE t.attacl IS NOT NULL AND u.rolname = ANY ($1) AND u.oid <> c.relowner`;

const ownersQuery = `
  SELECT DISTINCT u.rolname AS name
    FROM pg_shdepend s JOIN pg_roles u ON u.oid = s.refobjid
   WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o' AND u.rolname = ANY ($1)
     AND s.classid <> 'pg_default_acl'::regclass
     AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`;

interface SetRow {
  kind: ObjectKind;
  name: string;
  privileges: string;
}

interface Holders {
  sets: readonly SetRow[];
  later: readonly SetRow[];
  stray: readonly StrayDefault[];
  columns: readonly { name: string }[];
  owners: readonly { name: string }[];
}

/** All of them at once, for each query is a way to the guest and back. */
const holdersQuery = `SELECT ${Object.entries({
  sets: setsQuery,
  later: laterQuery,
  stray: strayDefaultsQuery,
  columns: columnsQuery,
  owners: ownersQuery,
})
  .map(([name, query]) => `(SELECT coalesce(json_agg(found), '[]') FROM (${query}) found) AS ${name}`)
  .join(", ")}`;

/** The level of each user in the database that `client` is on; one that may do nothing there has `none`. */
export async function readLevels(
  client: pg.Client,
  users: readonly string[],
): Promise<ReadonlyMap<string, Level | "partial">> {
  const [holders] = await rows<Holders>(client, holdersQuery, users);
  if (!holders) throw new Error("the server gave no row for a query that always has one");
  const { sets, later, stray, columns, owners } = holders;

  const found = (from: readonly SetRow[], user: string, kind: ObjectKind): ReadonlySet<string> =>
    new Set(from.filter((row) => row.name === user && row.kind === kind).map((row) => row.privileges));
  const holdings = (user: string): Holdings => ({
    sets: {
      database: found(sets, user, "database"),
      schema: found(sets, user, "schema"),
      table: found(sets, user, "table"),
      sequence: found(sets, user, "sequence"),
    },
    later: {
      schema: found(later, user, "schema"),
      table: found(later, user, "table"),
      sequence: found(later, user, "sequence"),
    },
    surplus: [...stray, ...columns].some((row) => row.name === user),
    owns: owners.some((row) => row.name === user),
  });
  return new Map(users.map((user) => [user, levelOf(holdings(user))]));
}

async function rows<T extends object>(
  client: pg.Client,
  query: string,
  users: readonly string[],
): Promise<readonly T[]> {
  return (await client.query<T>(query, [users])).rows;
}

/** Users that own something in the database that `client` is on and are to have a level without that. */
export async function ownersBelowAll(
  client: pg.Client,
  levels: ReadonlyMap<string, Level>,
): Promise<readonly string[]> {
  const owners = await rows<{ name: string }>(client, ownersQuery, [...levels.keys()]);
  return owners.map(({ name }) => name).filter((name) => levels.get(name) !== "all");
}

/**
 * Gives each user exactly its level in the database that `client` is on, with what is created later. All users with
 * a level there must be named, because what one creates belongs to the others' levels too. Runs in a transaction of
 * the caller. A user below `all` owns nothing: what the `owners` among them have goes to the administrator.
 */
export async function applyLevels(
  client: pg.Client,
  levels: ReadonlyMap<string, Level>,
  owners: readonly string[],
): Promise<void> {
  const users = [...levels.keys()];
  for (const name of owners) await takeObjects(client, name);
  const current = await readLevels(client, users);
  const targets = await grantTargets(client);
  const changed = [...levels].filter(([user, level]) => current.get(user) !== level);
  await all(
    client,
    changed.flatMap(([user, level]) => objectKinds.flatMap((kind) => privileges(user, level, kind, targets[kind]))),
  );

  // Before the defaults are made, because who may create has just changed.
  await all(client, (await rows<StrayDefault>(client, strayDefaultsQuery, users)).map(revokeStray));
  const creators = (await client.query<{ name: string }>(creatorsQuery)).rows;
  const pairs = creators.flatMap(({ name }) => [...levels].map(([user, level]) => ({ creator: name, user, level })));
  await all(
    client,
    pairs
      .filter(({ creator, user }) => user !== creator)
      .flatMap((pair) => defaults(pair.creator, pair.user, pair.level)),
  );
}

/** Statements without values and results, one after the other on one way. */
async function all(client: pg.Client, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await client.query(statements.join(";\n"));
}

/** What the user owns in this database goes to the administrator; REASSIGN would take databases that are its own along. */
async function takeObjects(client: pg.Client, user: string): Promise<void> {
  const { rows: own } = await client.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE pg_get_userbyid(datdba) = $1",
    [user],
  );
  await client.query(`REASSIGN OWNED BY ${escapeIdentifier(user)} TO ${escapeIdentifier(adminRole)}`);
  for (const { name } of own)
    await client.query(`ALTER DATABASE ${escapeIdentifier(name)} OWNER TO ${escapeIdentifier(user)}`);
}

/** What GRANT ... ON takes, for each kind. */
async function grantTargets(client: pg.Client): Promise<Readonly<Record<ObjectKind, readonly string[]>>> {
  const { rows: names } = await client.query<{ database: string; schemas: string[] | null }>(`
    SELECT current_database()::text AS database,
           (SELECT array_agg(nspname::text) FROM pg_namespace
             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') AS schemas`);
  const schemas = (names[0]?.schemas ?? []).map(escapeIdentifier);
  return {
    database: [`DATABASE ${escapeIdentifier(names[0]?.database ?? "")}`],
    schema: schemas.map((schema) => `SCHEMA ${schema}`),
    table: schemas.map((schema) => `ALL TABLES IN SCHEMA ${schema}`),
    sequence: schemas.map((schema) => `ALL SEQUENCES IN SCHEMA ${schema}`),
  };
}

/** The level's privileges without the right to pass them on, and nothing else. */
function privileges(user: string, level: Level, kind: ObjectKind, targets: readonly string[]): string[] {
  const name = escapeIdentifier(user);
  const wanted = privilegesOf(level, kind);
  return targets.flatMap((target) => [
    // Revoked first and in the same transaction: nobody sees the gap, and column grants and grant options go too.
    `REVOKE ALL ON ${target} FROM ${name} CASCADE`,
    ...(wanted.length > 0 ? [`GRANT ${wanted.join(", ")} ON ${target} TO ${name}`] : []),
  ]);
}

const plurals = { schema: "SCHEMAS", table: "TABLES", sequence: "SEQUENCES" } as const;

function defaults(creator: string, user: string, level: Level): string[] {
  const forCreator = `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(creator)}`;
  return laterKinds.flatMap((kind) => {
    const wanted = privilegesOf(level, kind);
    return [
      `${forCreator} REVOKE ALL ON ${plurals[kind]} FROM ${escapeIdentifier(user)} CASCADE`,
      ...(wanted.length > 0
        ? [`${forCreator} GRANT ${wanted.join(", ")} ON ${plurals[kind]} TO ${escapeIdentifier(user)}`]
        : []),
    ];
  });
}

interface StrayDefault {
  name: string;
  creator: string;
  schema: string | null;
  type: string;
}

const typeNames: Readonly<Record<string, string>> = {
  n: "SCHEMAS",
  r: "TABLES",
  S: "SEQUENCES",
  f: "FUNCTIONS",
  T: "TYPES",
};

function revokeStray(stray: StrayDefault): string {
  const place = stray.schema === null ? "" : ` IN SCHEMA ${escapeIdentifier(stray.schema)}`;
  const type = typeNames[stray.type];
  if (!type) throw new Error(`default privileges of an unknown type "${stray.type}"`);
  return (
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(stray.creator)}${place} ` +
    `REVOKE ALL ON ${type} FROM ${escapeIdentifier(stray.name)} CASCADE`
  );
}
