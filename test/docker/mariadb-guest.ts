/** A MariaDB guest for tests. */
import type { Parameters } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { openGuestSql, type Row } from "../../engines/mariadb/sql.ts";
import { blankGuest, type EngineGuest, runningGuest } from "./engine-guest.ts";

export interface TestGuest extends EngineGuest {
  /** Runs SQL as the administrator, as somebody at the server would. */
  admin(statement: string): Promise<readonly Row[]>;
}

/** A guest on a blank volume, with no server in it yet. */
export const startGuest = async (version: string): Promise<TestGuest> => withAdmin(await blankGuest(mariadb, version));

/** A guest whose server runs. */
export const startServer = async (version: string): Promise<TestGuest> =>
  withAdmin(await runningGuest(mariadb, version));

const withAdmin = (made: EngineGuest): TestGuest => ({
  ...made,
  async admin(statement) {
    const sql = await openGuestSql(made.guest);
    try {
      return await sql.query(statement);
    } finally {
      await sql.close();
    }
  },
});

/** Plans, executes and waits; returns what was done. */
export async function apply({ guest, spec }: TestGuest, parameters: Parameters = spec.parameters) {
  const desired = { ...spec, parameters };
  const plan = mariadb.planServer(desired, await mariadb.observe(guest, desired));
  if (plan.refusals.length > 0) throw new Error(plan.refusals.join("; "));
  for (const step of plan.steps) await mariadb.executeServer(guest, step, desired);
  await mariadb.waitHealthy(guest, 60_000);
  return plan.steps;
}
