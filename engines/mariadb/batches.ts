/**
 * Many steps in one packet: each statement of its own takes the way into the guest and back, which costs more than the server's work. Only
 * steps that need no look at the server go together. A packet that fails is gone through again, one step after the other, which
 * all of them bear; so what failed is told of the step that failed.
 */
import type { SqlStep } from "../engine.ts";
import { whoKey } from "../shared/renames.ts";
import { createUser, executeUser, grantFirst, makeSure } from "./accounts.ts";
import { isAdministrator } from "./administrator.ts";
import { createDatabase, type DatabaseStep, executeDatabase } from "./databases.ts";
import { type Sql, SqlError } from "./sql.ts";
import type { UserStep } from "./users.ts";

type Passwords = Readonly<Record<string, string>>;
type Step = DatabaseStep | UserStep;

/** Steps in a row; those without statements need a look at the server and go one by one. */
export interface Part {
  steps: readonly Step[];
  statements: readonly string[];
}

/** Of the longest packet: some seconds on a slow disk, far from a statement's limit. */
const mostStatements = 25;

export function partsOf(steps: readonly SqlStep[], passwords: Passwords): readonly Part[] {
  const fresh = new Set<string>();
  const parts: { steps: Step[]; statements: string[] }[] = [];
  for (const step of steps as readonly Step[]) {
    const statement = statementOf(step, fresh, passwords);
    const last = parts.at(-1);
    if (statement === undefined) parts.push({ steps: [step], statements: [] });
    else if (last?.statements.length && last.statements.length < mostStatements) {
      last.steps.push(step);
      last.statements.push(statement);
    } else parts.push({ steps: [step], statements: [statement] });
  }
  return parts;
}

/** `fresh`: users that the steps so far have made, so that it is known what they may do. */
function statementOf(step: Step, fresh: Set<string>, passwords: Passwords): string | undefined {
  if (step.kind === "create-database") return createDatabase(step);
  if (step.kind === "create-user" && !isAdministrator(step)) {
    fresh.add(whoKey(step));
    return createUser(step, passwords);
  }
  if (step.kind === "grant" && fresh.has(whoKey(step))) return grantFirst(step);
  return undefined;
}

/** `begins` is told each step, those that go together one after the other before they do. */
export async function executeAll(
  sql: Sql,
  steps: readonly SqlStep[],
  passwords: Passwords,
  begins: (step: SqlStep) => void,
): Promise<void> {
  for (const { steps: together, statements } of partsOf(steps, passwords)) {
    for (const step of together) begins(step);
    if (together.length === 1) {
      for (const step of together) await executeStep(sql, step, passwords);
      continue;
    }
    try {
      await sql.together(statements);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      for (const step of together) await again(sql, step, passwords);
    }
  }
}

export function executeStep(sql: Sql, step: SqlStep, passwords: Passwords): Promise<void> {
  return isDatabaseStep(step) ? executeDatabase(sql, step) : executeUser(sql, step as UserStep, passwords);
}

/** A user that the failed packet has made is there already. */
function again(sql: Sql, step: Step, passwords: Passwords): Promise<void> {
  return step.kind === "create-user" ? makeSure(sql, step, passwords) : executeStep(sql, step, passwords);
}

function isDatabaseStep(step: SqlStep): step is DatabaseStep {
  return step.kind.endsWith("-database");
}
