/** Databases: what there is, which steps are missing, and each step. */
import type { Database, ObservedDatabase, Plan, SqlStep } from "../engine.ts";
import { isSystemDatabase } from "./names.ts";
import { identifier, literal, type Sql } from "./sql.ts";

export type DatabaseStep = SqlStep &
  (
    | { kind: "create-database"; name: string; charset?: string; collation?: string }
    | { kind: "alter-database"; name: string; charset?: string; collation?: string }
    | { kind: "drop-database"; name: string }
  );

/** Names are compared with their case, as the server does. */
export function planDatabases(
  desired: readonly Database[],
  observed: readonly ObservedDatabase[],
  previous: readonly string[],
  drop: readonly string[],
): Plan<DatabaseStep> {
  const steps: DatabaseStep[] = [];
  const refusals: string[] = [];
  const there = new Map(observed.map((database) => [database.name, database]));
  for (const database of desired) {
    const seen = there.get(database.name);
    const words = [database.charset, database.collation].filter((w) => w !== undefined).join(", ");
    if (!seen)
      steps.push({ kind: "create-database", ...fields(database), summary: `create database ${database.name}` });
    else if (differs(database, seen))
      steps.push({
        kind: "alter-database",
        ...fields(database),
        summary: `change database ${database.name} to ${words} (from ${seen.charset}, ${seen.collation}) for new tables`,
      });
  }
  const kept = new Set(desired.map((database) => database.name));
  for (const name of new Set(previous)) {
    if (kept.has(name) || !there.has(name)) continue;
    if (drop.includes(name))
      steps.push({ kind: "drop-database", name, summary: `drop database ${name} with all its data` });
    else
      refusals.push(
        `the database ${JSON.stringify(name)} is no longer listed, and its data is not dropped without being told so; ` +
          `list it again, or add this to the instance: drop: [${JSON.stringify(name)}]`,
      );
  }
  return { steps, refusals };
}

function fields({ name, charset, collation }: Database): Database {
  return { name, ...(charset === undefined ? {} : { charset }), ...(collation === undefined ? {} : { collation }) };
}

function differs(desired: Database, seen: ObservedDatabase): boolean {
  const charset = desired.charset !== undefined && desired.charset !== seen.charset;
  return charset || (desired.collation !== undefined && desired.collation !== seen.collation);
}

/** Tables, views, sequences, routines and events of one database. */
export async function objectsIn(sql: Sql, database: string): Promise<number> {
  const counts = [
    ["TABLES", "TABLE_SCHEMA"],
    ["ROUTINES", "ROUTINE_SCHEMA"],
    ["EVENTS", "EVENT_SCHEMA"],
  ].map(
    ([table, column]) => `(SELECT COUNT(*) FROM information_schema.${table} WHERE ${column} = ${literal(database)})`,
  );
  const [row] = await sql.query(`SELECT ${counts.join(" + ")} AS n`);
  return Number(row?.n);
}

export async function databases(sql: Sql): Promise<readonly ObservedDatabase[]> {
  const rows = await sql.query(
    "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA",
  );
  return rows
    .map((row) => ({
      name: String(row.SCHEMA_NAME),
      charset: String(row.DEFAULT_CHARACTER_SET_NAME),
      collation: String(row.DEFAULT_COLLATION_NAME),
    }))
    .filter((database) => !isSystemDatabase(database.name));
}

export function createDatabase(step: DatabaseStep & { kind: "create-database" }): string {
  return `CREATE DATABASE IF NOT EXISTS ${identifier(step.name)}${options(step)}`;
}

export async function executeDatabase(sql: Sql, step: DatabaseStep): Promise<void> {
  const name = identifier(step.name);
  switch (step.kind) {
    case "create-database":
      await sql.query(createDatabase(step));
      return;
    case "alter-database":
      await sql.query(`ALTER DATABASE ${name}${options(step)}`);
      return;
    case "drop-database":
      await sql.query(`DROP DATABASE IF EXISTS ${name}`);
      return;
  }
}

/** Both are names of the version's table, checked before; they are quoted all the same. */
function options({ charset, collation }: { charset?: string; collation?: string }): string {
  const set = charset === undefined ? "" : ` CHARACTER SET ${identifier(charset)}`;
  return collation === undefined ? set : `${set} COLLATE ${identifier(collation)}`;
}
