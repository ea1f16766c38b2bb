/** Extensions of a database: read the truth, plan (pure), and carry out the steps. */
import pg from "pg";
import type { Database, ObservedDatabase } from "../engine.ts";

const { escapeIdentifier } = pg;

export type ExtensionStep = {
  kind: "create-extension" | "drop-extension";
  database: string;
  name: string;
  summary: string;
};

type Observed = NonNullable<ObservedDatabase["extensions"]>;

/** `managed`: those that Coffer made so far. What others made is left alone; nothing goes along with what is dropped. */
export function planExtensions(
  { name: database, extensions = [] }: Database,
  observed: Observed,
  managed: readonly string[],
): { steps: readonly ExtensionStep[]; refusals: readonly string[] } {
  const there = new Map(observed.map((extension) => [extension.name, extension]));
  const gone = managed.filter((name) => !extensions.includes(name) && there.has(name));
  const step = (kind: ExtensionStep["kind"], name: string, verb: string): ExtensionStep => {
    return { kind, database, name, summary: `${verb} the extension "${name}" in the database "${database}"` };
  };
  return {
    steps: [
      ...gone.map((name) => step("drop-extension", name, "drop")),
      ...extensions.filter((name) => !there.has(name)).map((name) => step("create-extension", name, "create")),
    ],
    refusals: gone
      .filter((name) => there.get(name)?.needed)
      .map(
        (name) =>
          `the extension "${name}" of the database "${database}" is no longer listed, but tables, indexes or functions need it; ` +
          "list it again, or change those first",
      ),
  };
}

/** What stands outside of an extension and refers to one of its parts. Parts of parts (arrays, operator families) are its own. */
const extensionsQuery = `
  SELECT e.extname AS name,
         EXISTS (SELECT
                   FROM pg_depend part
                   JOIN pg_depend d ON d.refclassid = part.classid AND d.refobjid = part.objid
                  WHERE part.refclassid = 'pg_extension'::regclass AND part.refobjid = e.oid AND part.deptype = 'e'
                    AND d.deptype = 'n'
                    AND d.classid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_attrdef'::regclass,
                                      'pg_constraint'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass)
                    AND NOT EXISTS (SELECT FROM pg_depend own
                                     WHERE own.classid = d.classid AND own.objid = d.objid AND own.deptype IN ('e', 'i')
                                       AND (own.refobjid = e.oid AND own.refclassid = 'pg_extension'::regclass
                                            OR d.classid = 'pg_type'::regclass)))
         AS needed
    FROM pg_extension e WHERE e.extname <> 'plpgsql' ORDER BY e.extname COLLATE "C"`;

export async function readExtensions(client: pg.Client): Promise<Observed> {
  return (await client.query<{ name: string; needed: boolean }>(extensionsQuery)).rows;
}

/** Without CASCADE: what needs a dropped one, and was not seen, makes the server refuse. */
export async function executeExtensionStep(client: pg.Client, step: ExtensionStep): Promise<void> {
  const name = escapeIdentifier(step.name);
  if (step.kind === "create-extension") await client.query(`CREATE EXTENSION IF NOT EXISTS ${name} SCHEMA public`);
  else await client.query(`DROP EXTENSION IF EXISTS ${name} RESTRICT`);
}
