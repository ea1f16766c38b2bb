/** Databases of a running server: read the truth, plan (pure), and carry out the steps. */
import pg from "pg";
import type { Database, ObservedDatabase, Plan, SqlStep } from "../engine.ts";
import { type Connections, home } from "./connection.ts";
import { type ExtensionStep, executeExtensionStep, planExtensions, readExtensions } from "./extensions.ts";
import { collationOf, defaultCollation, defaultEncoding, encodingOf } from "./names.ts";

const { escapeIdentifier, escapeLiteral } = pg;

export type DatabaseStep =
  | { kind: "create-database"; name: string; charset: string; collation: string; summary: string }
  | { kind: "repair-database"; name: string; summary: string }
  | { kind: "drop-database"; name: string; summary: string }
  | ExtensionStep;

export function planDatabases(
  desired: readonly Database[],
  observed: readonly ObservedDatabase[],
  previous: readonly string[],
  drop: readonly string[],
  extensions: Readonly<Record<string, readonly string[]>> = {},
): Plan<SqlStep> {
  const steps: DatabaseStep[] = [];
  const refusals: string[] = [];
  const found = new Map(observed.map((database) => [database.name, database]));
  for (const database of desired) {
    const there = found.get(database.name);
    if (!there) steps.push(creation(database));
    else {
      refusals.push(...changed(database, there));
      if (there.repairs && there.repairs.length > 0)
        steps.push({
          kind: "repair-database",
          name: database.name,
          summary: `repair the database "${database.name}": ${there.repairs.join(", ")}`,
        });
    }
    const managed = Object.hasOwn(extensions, database.name) ? extensions[database.name] : undefined;
    const plan = planExtensions(database, there?.extensions ?? [], managed ?? []);
    steps.push(...plan.steps);
    refusals.push(...plan.refusals);
  }
  const wanted = new Set(desired.map((database) => database.name));
  for (const name of previous.filter((n) => !wanted.has(n) && found.has(n))) {
    if (drop.includes(name))
      steps.push({ kind: "drop-database", name, summary: `drop the database "${name}" with all its data` });
    else
      refusals.push(
        `the database "${name}" is no longer listed, but dropping it would destroy its data; ` +
          `list it again, or add \`drop: [${JSON.stringify(name)}]\` to the instance to destroy it`,
      );
  }
  return refusals.length > 0 ? { steps: [], refusals } : { steps, refusals };
}

function creation(database: Database): DatabaseStep {
  const charset = (database.charset === undefined ? undefined : encodingOf(database.charset)) ?? defaultEncoding;
  const collation = database.collation ?? (charset === defaultEncoding ? defaultCollation : "C");
  const summary = `create the database "${database.name}" (${charset}, ${collation})`;
  return { kind: "create-database", name: database.name, charset, collation, summary };
}

/** Encoding and collation are for life; what the spec leaves open is as it is. */
function changed(database: Database, there: ObservedDatabase): readonly string[] {
  const differences = [
    ["charset", database.charset === undefined ? undefined : encodingOf(database.charset), there.charset],
    ["collation", database.collation, there.collation],
  ] as const;
  return differences
    .filter(([, wanted, is]) => wanted !== undefined && wanted !== is)
    .map(
      ([what, wanted, is]) =>
        `the ${what} of the database "${database.name}" cannot change from ${is} to ${wanted}; ` +
        `set it back to ${is}, or make a new database and copy the data`,
    );
}

/** A database that everybody may connect to, or nobody. The columns' names of the locale differ by version. */
const databasesQuery = `
  SELECT d.datname AS name, pg_encoding_to_char(d.encoding) AS charset, d.datcollate AS locale,
         d.datlocprovider = 'i' AS icu, pg_get_userbyid(d.datdba) AS owner,
         coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS "icuLocale",
         EXISTS (SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.grantee = 0) AS open,
         d.datallowconn AS connectable, d.datconnlimit AS connections, d.datistemplate AS template
    FROM pg_database d
   WHERE d.datname NOT IN ('postgres', 'template0', 'template1')
   ORDER BY d.datname COLLATE "C"`;

interface DatabaseRow {
  name: string;
  charset: string;
  locale: string;
  icu: boolean;
  owner: string;
  icuLocale: string | null;
  open: boolean;
  connectable: boolean;
  connections: number;
  template: boolean;
}

export async function observeDatabases(
  connections: Connections,
  extensionsOf: readonly string[],
): Promise<readonly ObservedDatabase[]> {
  const { rows } = await (await connections.on(home)).query<DatabaseRow>(databasesQuery);
  const asked = rows.filter((row) => row.connectable && extensionsOf.includes(row.name)).map(({ name }) => name);
  const extensions = new Map(await connections.each(asked, readExtensions));
  return rows.map((row) => {
    const repairs: string[] = [];
    if (row.open) repairs.push("every user may connect to it");
    if (!row.connectable) repairs.push("it takes no connections");
    if (row.template) repairs.push("it is a template that others may copy");
    if (row.connections !== -1) repairs.push("its connections are limited");
    return {
      name: row.name,
      charset: row.charset,
      collation: row.icu ? `${row.icuLocale}-x-icu` : row.locale,
      owner: row.owner,
      ...(extensions.has(row.name) ? { extensions: extensions.get(row.name) } : {}),
      ...(repairs.length === 0 ? {} : { repairs }),
    };
  });
}

export async function executeDatabaseStep(connections: Connections, step: DatabaseStep): Promise<void> {
  switch (step.kind) {
    case "create-database":
      await (await connections.on(home)).query(createStatement(step));
      return close(connections, step.name);
    case "repair-database":
      return close(connections, step.name);
    case "create-extension":
    case "drop-extension":
      return executeExtensionStep(await connections.on(step.database), step);
    case "drop-database": {
      await connections.close(step.name);
      await (await connections.on(home)).query(`DROP DATABASE ${escapeIdentifier(step.name)} WITH (FORCE)`);
    }
  }
}

/** From template0, which nobody can have put anything into. Nobody can connect until it is closed to the public. */
function createStatement(step: Extract<DatabaseStep, { kind: "create-database" }>): string {
  const collation = collationOf(step.collation);
  if (!collation) throw new Error(`no collation "${step.collation}"`);
  const locale =
    collation.provider === "libc"
      ? `LOCALE_PROVIDER libc LOCALE ${escapeLiteral(collation.locale)}`
      : `LOCALE_PROVIDER icu ICU_LOCALE ${escapeLiteral(collation.locale)} LOCALE ${escapeLiteral(defaultCollation)}`;
  return (
    `CREATE DATABASE ${escapeIdentifier(step.name)} TEMPLATE template0 ` +
    `ENCODING ${escapeLiteral(step.charset)} ${locale} ALLOW_CONNECTIONS false`
  );
}

/** Only users with a grant may connect. */
async function close(connections: Connections, name: string): Promise<void> {
  const client = await connections.on(home);
  const database = escapeIdentifier(name);
  // One text is one transaction.
  await client.query(
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC; ` +
      `ALTER DATABASE ${database} ALLOW_CONNECTIONS true IS_TEMPLATE false CONNECTION LIMIT -1`,
  );
}
