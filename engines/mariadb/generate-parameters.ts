/** Asks a real server for its parameters and character sets: the text of `parameters/VERSION.json`. */
import type { Guest } from "../../access/guest.ts";
import { ownedReason } from "./owned.ts";
import { identifier, literal, openGuestSql, type Row, type Sql, SqlError, socketPath } from "./sql.ts";
import { type ParameterRow, type ParameterType, type VersionTable, versionText } from "./table.ts";

/** Options whose system variable has another name. */
const variables: Readonly<Record<string, string>> = {
  transaction_isolation: "tx_isolation",
  transaction_read_only: "tx_read_only",
  default_time_zone: "time_zone",
};

/** Enums whose list the server does not print, because it is long; the texts are checked by rules of their own. */
function typeOf(row: Row): ParameterType {
  const type = String(row.VARIABLE_TYPE);
  if (/^(BIG)?INT/.test(type)) return "integer";
  if (type === "DOUBLE") return "number";
  if (type === "BOOLEAN") return "boolean";
  if (type === "VARCHAR" || row.ENUM_VALUE_LIST === null) return "string";
  return type.toLowerCase() as ParameterType;
}

function bound(value: unknown): number | undefined {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) || (number > -1e15 && number < 1e15) ? number : undefined;
}

/** The names `mariadbd --help --verbose` lists: what a configuration file may say. */
function optionNames(help: string): string[] {
  const start = help.indexOf("\n-----", help.indexOf("\nVariables (--variable-name=value)"));
  const list = help.slice(start, help.indexOf("\n\n", start));
  return [...list.matchAll(/^([a-zA-Z][\w-]*)/gm)].map((m) => String(m[1]).replaceAll("-", "_").toLowerCase());
}

async function parameterRow(sql: Sql, option: string, row: Row): Promise<ParameterRow> {
  const variable = String(row.VARIABLE_NAME).toLowerCase();
  const type = typeOf(row);
  const owned = ownedReason(option) !== undefined;
  const reset = row.READ_ONLY === "NO" && !owned ? await defaultOf(sql, variable) : undefined;
  // Some can be set by SQL in name only: whether they can depends on how the server was started.
  const dynamic = row.READ_ONLY === "NO" && (owned || reset !== undefined);
  const block = Number(row.NUMERIC_BLOCK_SIZE);
  const listed = type === "enum" || type === "set" || type === "flagset";
  const known: Record<keyof ParameterRow, unknown> = {
    type,
    dynamic,
    variable: variable === option ? undefined : variable,
    min: bound(row.NUMERIC_MIN_VALUE),
    max: bound(row.NUMERIC_MAX_VALUE),
    block: type === "integer" && block > 1 ? block : undefined,
    values: listed ? await keptValues(sql, variable, type, dynamic && !owned, row) : undefined,
    default: reset,
  };
  return Object.fromEntries(
    Object.entries(known).filter(([, value]) => value !== undefined),
  ) as unknown as ParameterRow;
}

/** The values in the server's list; of an enum those that it keeps when they are set: a deprecated one takes all and keeps one. */
async function keptValues(
  sql: Sql,
  variable: string,
  type: ParameterType,
  settable: boolean,
  row: Row,
): Promise<readonly string[]> {
  const listed = String(row.ENUM_VALUE_LIST).split(",");
  if (type !== "enum" || !settable) return listed;
  const kept: string[] = [];
  for (const value of listed) {
    const set = await sql.query(`SET GLOBAL ${identifier(variable)} = ${literal(value)}`).catch((error: unknown) => {
      if (!(error instanceof SqlError)) throw error;
    });
    if (set && (await globalValue(sql, variable)).toLowerCase() === value.toLowerCase()) kept.push(value);
  }
  await defaultOf(sql, variable);
  return kept;
}

/** What the default makes of it; undefined when the server refuses to change it without a restart. */
async function defaultOf(sql: Sql, variable: string): Promise<string | undefined> {
  try {
    await sql.query(`SET GLOBAL ${identifier(variable)} = DEFAULT`);
  } catch (error) {
    if (error instanceof SqlError && error.code === "ER_OPTION_PREVENTS_STATEMENT") return undefined;
    throw error;
  }
  return globalValue(sql, variable);
}

async function globalValue(sql: Sql, variable: string): Promise<string> {
  const query = `SELECT GLOBAL_VALUE FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = ${literal(variable)}`;
  const [row] = await sql.query(query);
  return String(row?.GLOBAL_VALUE ?? "");
}

async function parameters(sql: Sql, help: string): Promise<VersionTable["parameters"]> {
  const rows = await sql.query(
    "SELECT * FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE <> 'SESSION ONLY'",
  );
  const byVariable = new Map(rows.map((row) => [String(row.VARIABLE_NAME).toLowerCase(), row]));
  const table: Record<string, ParameterRow> = {};
  for (const option of optionNames(help).sort()) {
    const row = byVariable.get(variables[option] ?? option);
    if (row) table[option] = await parameterRow(sql, option, row);
  }
  return table;
}

async function charsets(sql: Sql): Promise<VersionTable["charsets"]> {
  const rows = await sql.query(
    "SELECT CHARACTER_SET_NAME c, FULL_COLLATION_NAME n, FULL_COLLATION_NAME = DEFAULT_COLLATE_NAME d " +
      "FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY " +
      "JOIN information_schema.CHARACTER_SETS USING (CHARACTER_SET_NAME) ORDER BY c, d DESC, n",
  );
  const table: Record<string, string[]> = {};
  for (const row of rows) {
    const list = table[String(row.c)] ?? [];
    table[String(row.c)] = [...list, String(row.n)];
  }
  return table;
}

/** One line per parameter and per character set, so that a later server's differences can be read. */
function rendered(table: VersionTable): string {
  const lines = (object: Readonly<Record<string, unknown>>) =>
    Object.entries(object).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{
  "server": ${JSON.stringify(table.server)},
  "parameters": {\n${lines(table.parameters).join(",\n")}\n  },
  "charsets": {\n${lines(table.charsets).join(",\n")}\n  }
}\n`;
}

/** What the file of the server in this guest has to be. The server is a scratch one: its settings are changed on the way. */
export async function parametersText(guest: Guest): Promise<string> {
  const { stdout: help } = await guest.must(["mariadbd", "--no-defaults", "--help", "--verbose"]);
  const sql = await openGuestSql(guest);
  try {
    const [server] = await sql.query("SELECT VERSION() v");
    return rendered({
      server: versionText(String(server?.v)),
      parameters: await parameters(sql, help),
      charsets: await charsets(sql),
    });
  } finally {
    await sql.close();
  }
}

/** Starts a server with its built-in settings, and ends when that ends. */
export const scratchServer = `
install -d -o mysql -g mysql /run/mysqld /tmp/data
mariadb-install-db --no-defaults --datadir=/tmp/data --user=mysql >/dev/null
exec mariadbd --no-defaults --datadir=/tmp/data --socket=${socketPath} --skip-networking --user=mysql
`;
