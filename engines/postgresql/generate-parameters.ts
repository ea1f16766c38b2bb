/** Asks a real server what its parameters are: the text of `parameters/VERSION.json`. */
import type { Guest } from "../../access/guest.ts";
import type { Variable } from "./catalogue.ts";
import { connect, disconnect } from "./connection.ts";

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

/** Sorted, one parameter a line. */
export async function parametersText(guest: Guest): Promise<string> {
  const client = await connect(guest, "postgres");
  const { rows } = await client
    .query<Setting>(
      `SELECT name, vartype, context, unit, min_val, max_val, enumvals, boot_val
       FROM pg_catalog.pg_settings WHERE name !~ '[.]' ORDER BY name COLLATE "C"`,
    )
    .finally(() => disconnect(client));
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

/** Extensions that whoever may create in a database may install. PL/pgSQL is in every database. */
export async function moreTexts(guest: Guest): Promise<{ extensions: string }> {
  const client = await connect(guest, "postgres");
  const { rows } = await client
    .query<{ name: string }>(
      `SELECT DISTINCT name COLLATE "C" AS name FROM pg_catalog.pg_available_extension_versions
        WHERE trusted AND name <> 'plpgsql' ORDER BY 1`,
    )
    .finally(() => disconnect(client));
  return { extensions: `${JSON.stringify(rows.map(({ name }) => name))}\n` };
}

/** Starts a server with its built-in settings, and ends when that ends. */
export const scratchServer = `
install -d -o postgres -g postgres /run/postgresql /tmp/data
cd /tmp/data
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
as_postgres initdb --pgdata=/tmp/data --auth=peer >/dev/null
as_postgres postgres -D /tmp/data -c listen_addresses= -c unix_socket_directories=/run/postgresql
`;
