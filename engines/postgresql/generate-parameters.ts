/**
 * Asks a real server what its parameters are. Run on a fresh server of that version it rewrites parameters/<version>.json:
 *
 *     node engines/postgresql/generate-parameters.ts postgresql:///postgres?host=/run/postgresql
 */
import { writeFile } from "node:fs/promises";
import pg from "pg";
import type { Variable } from "./catalogue.ts";

interface Setting {
  name: string;
  vartype: Variable["type"];
  context: Variable["context"];
  unit: string | null;
  min_val: string | null;
  max_val: string | null;
  enumvals: string[] | null;
  boot_val: string | null;
}

/** The text of the file for the server behind `client`: sorted, one parameter a line. */
export async function parametersText(client: Pick<pg.Client, "query">): Promise<string> {
  const { rows } = await client.query<Setting>(
    `SELECT name, vartype, context, unit, min_val, max_val, enumvals, boot_val
       FROM pg_catalog.pg_settings WHERE name !~ '[.]' ORDER BY name COLLATE "C"`,
  );
  const lines = rows.map((row) => {
    // What the server says of itself changes with every minor release: it is no limit and no default.
    const said = row.context !== "internal";
    const variable: Variable = {
      type: row.vartype,
      context: row.context,
      ...(row.unit === null ? {} : { unit: row.unit }),
      ...(said && row.min_val !== null ? { min: Number(row.min_val) } : {}),
      ...(said && row.max_val !== null ? { max: Number(row.max_val) } : {}),
      ...(row.enumvals === null ? {} : { values: row.enumvals }),
      ...(said && row.boot_val !== null ? { default: row.boot_val } : {}),
    };
    return `  ${JSON.stringify(row.name)}: ${JSON.stringify(variable)}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

if (import.meta.main) {
  const client = new pg.Client(process.argv[2]);
  await client.connect();
  const { rows } = await client.query<{ major: string }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  const target = new URL(`parameters/${rows[0]?.major}.json`, import.meta.url);
  await writeFile(target, await parametersText(client));
  await client.end();
}
