/** The server in its guest: what it is, one step towards what it is to be, and whether it answers. */
import { dirname } from "node:path";
import type { Guest } from "../../access/guest.ts";
import { layout } from "../../access/guest.ts";
import type {
  ObservedServer,
  ParameterReading,
  ServerActivity,
  ServerReadings,
  ServerSpec,
  ServerStep,
  Session,
} from "../engine.ts";
import { ask, look, together } from "../shared/look.ts";
import { parseMarker } from "../shared/marker.ts";
import { prepareBlank } from "../shared/prepare.ts";
import { NotYet, WaitTimeout, waitFor } from "../shared/wait.ts";
import { configurationPath, renderConfiguration } from "./configuration.ts";
import { rotator } from "./logs.ts";
import { ownedReason } from "./owned.ts";
import { toDefault } from "./plan.ts";
import { logDirectory, settings } from "./settings.ts";
import { identifier, literal, openGuestSql, openSecureSql, type Row, type Sql, SqlError } from "./sql.ts";
import { type ParameterRow, tableOf, versionText } from "./table.ts";
import { reads } from "./values.ts";

/** Prints `name=base64` for each file that exists, and `data=` when the data directory has anything in it. */
const script = `
for pair in marker:${layout.marker} configuration:${configurationPath}; do
  file=\${pair#*:}
  if [ -e "$file" ]; then printf '%s=' "\${pair%%:*}"; base64 -w0 "$file"; echo; fi
done
if [ -n "$(ls -A ${layout.data} 2>/dev/null)" ]; then echo data=; fi
if [ -x ${rotator.program} ]; then echo rotator=; fi
if kill -0 "$(cat ${rotator.runs} 2>/dev/null)" 2>/dev/null; then echo rotating=; fi
`;

/** One command, and one query beside it. */
export async function observe(guest: Guest, desired: ServerSpec, session: Session): Promise<ObservedServer> {
  const [{ status, lines }, said] = await together(look(guest, script), ask(session, desired));
  const seen = new Map(
    lines.map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), Buffer.from(line.slice(at + 1), "base64").toString("utf8")];
    }),
  );
  const marker = seen.get("marker");
  const configuration = seen.get("configuration");
  const answered = status.running ? said : undefined;
  return {
    ...(marker === undefined ? {} : { marker: parseMarker(marker) }),
    prepared: seen.has("data"),
    running: status.running,
    enabled: status.enabled,
    healthy: answered !== undefined,
    ...(answered === undefined ? {} : { serverVersion: answered.version, role: answered.role }),
    configuration: configuration === undefined ? {} : { [configurationPath]: configuration },
    boundsLogs: seen.has(status.running ? "rotating" : "rotator"),
    parameters: answered?.parameters ?? {},
  };
}

export async function readServer(sql: Sql, desired: ServerSpec): Promise<ServerReadings> {
  const rows = await readings(sql, "1 = 1");
  const version = versionText(String(rows[0]?.VERSION ?? ""));
  return { version, role: "single", parameters: relevant(rows, desired) };
}

export async function readActivity(sql: Sql): Promise<ServerActivity> {
  const rows = await sql.query(
    "SELECT VARIABLE_NAME AS NAME, VARIABLE_VALUE AS VALUE FROM information_schema.GLOBAL_STATUS " +
      "WHERE VARIABLE_NAME IN ('THREADS_CONNECTED', 'UPTIME') " +
      "UNION ALL SELECT 'MAX_CONNECTIONS', @@GLOBAL.max_connections",
  );
  const by = new Map(rows.map(({ NAME, VALUE }) => [String(NAME), Number(VALUE)]));
  const number = (name: string): number => {
    const value = by.get(name);
    if (value === undefined || Number.isNaN(value)) throw new Error(`MariaDB said nothing of ${name}`);
    return value;
  };
  return {
    connections: Math.max(0, number("THREADS_CONNECTED") - 1),
    maxConnections: number("MAX_CONNECTIONS"),
    uptimeSeconds: number("UPTIME"),
  };
}

function readings(sql: Sql, condition: string): Promise<readonly Row[]> {
  return sql.query(
    "SELECT VERSION() AS VERSION, LOWER(VARIABLE_NAME) AS NAME, GLOBAL_VALUE, GLOBAL_VALUE_ORIGIN " +
      `FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE <> 'SESSION ONLY' AND ${condition}`,
  );
}

/** Of all variables: those the desired server sets, and those of the user's that something else has set. */
function relevant(rows: readonly Row[], desired: ServerSpec): Record<string, ParameterReading> {
  const table = tableOf(desired.version).parameters;
  const byVariable = new Map(rows.map((row) => [String(row.NAME), row]));
  const wanted = new Set(
    settings(desired)
      .filter((s) => s.readable)
      .map((s) => s.name),
  );
  const parameters: Record<string, ParameterReading> = {};
  for (const [name, row] of Object.entries(table)) {
    const reading = byVariable.get(row.variable ?? name);
    if (!reading) continue;
    const value = String(reading.GLOBAL_VALUE ?? "");
    if (
      wanted.has(name) ||
      (ownedReason(name) === undefined && isStray(row, value, String(reading.GLOBAL_VALUE_ORIGIN)))
    )
      parameters[name] = { value, dynamic: row.dynamic };
  }
  return parameters;
}

/** True for a value that was set, by a former configuration or by hand, and that setting the default would change. */
function isStray(row: ParameterRow, value: string, origin: string): boolean {
  if (!row.dynamic) return origin === "CONFIG";
  return (origin === "CONFIG" || origin === "SQL") && !reads(row, row.default ?? "", value);
}

/** The server tells no more of its certificate than when it ends, to the second: `Nov 24 03:22:31 2027 GMT`. */
export async function showsCertificate(guest: Guest, notAfter: Date): Promise<boolean> {
  const sql = await openSecureSql(guest);
  try {
    const [row] = await sql.query("SHOW STATUS LIKE 'Ssl_server_not_after'");
    return Math.floor(Date.parse(String(row?.Value ?? "")) / 1000) === Math.floor(notAfter.getTime() / 1000);
  } finally {
    await sql.close();
  }
}

/** Carries out one step. Each can be cut off at any moment and done again. */
export async function executeServer(guest: Guest, step: ServerStep, desired: ServerSpec): Promise<void> {
  switch (step.kind) {
    case "prepare":
      if (step.from.from !== "blank")
        throw new Error(`${guest.name}: MariaDB cannot make a data directory from a ${step.from.from} yet`);
      return prepareBlank(guest, {
        argv: [
          ...["mariadb-install-db", "--no-defaults", "--datadir={}", "--user=mysql", "--skip-name-resolve"],
          ...["--auth-root-authentication-method=socket", "--auth-root-socket-user=root", "--skip-test-db"],
        ],
        owner: "mysql:mysql",
        marker: { uuid: desired.uuid, engine: "mariadb", version: desired.version },
        directories: [logDirectory],
      });
    case "configure":
      for (const file of renderConfiguration(desired)) {
        if (!step.files.includes(file.path)) continue;
        await guest.must(["mkdir", "-p", dirname(file.path)]);
        await guest.putFile(file.path, file.content, { mode: file.mode, owner: file.owner });
      }
      return;
    case "start":
      return guest.service.start();
    case "apply-live":
      return applyLive(guest, step.parameters, desired);
    case "restart":
      return guest.service.restart();
  }
}

/** Sets and reads back. Some values bound each other, so what did not take is tried once more after the others. */
async function applyLive(
  guest: Guest,
  parameters: Readonly<Record<string, string>>,
  desired: ServerSpec,
): Promise<void> {
  const table = tableOf(desired.version).parameters;
  const sql = await openGuestSql(guest);
  try {
    let left = Object.keys(parameters);
    for (let round = 0; round < 2 && left.length > 0; round++) {
      for (const name of left) await set(sql, name, table[name], parameters[name] ?? "");
      left = await unmet(sql, left, parameters, table);
    }
    const [name] = left;
    if (name !== undefined)
      throw new Error(
        `${guest.name}: ${name} was set to ${parameters[name]} but the server made ${await readingOf(sql, name, table[name])} ` +
          "of it; write that value, or one that the server keeps",
      );
  } finally {
    await sql.close();
  }
}

async function set(sql: Sql, name: string, row: ParameterRow | undefined, value: string): Promise<void> {
  const bare = value === toDefault || row?.type === "integer" || row?.type === "number";
  try {
    await sql.query(`SET GLOBAL ${identifier(row?.variable ?? name)} = ${bare ? value : literal(value)}`);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new Error(`the server refused ${name} = ${value}: ${error.message}`, { cause: error });
  }
}

async function unmet(
  sql: Sql,
  names: readonly string[],
  parameters: Readonly<Record<string, string>>,
  table: Readonly<Record<string, ParameterRow>>,
): Promise<string[]> {
  const unmet: string[] = [];
  for (const name of names) {
    const row = table[name];
    const wanted = parameters[name] === toDefault ? row?.default : parameters[name];
    if (row && wanted !== undefined && !reads(row, wanted, await readingOf(sql, name, row))) unmet.push(name);
  }
  return unmet;
}

async function readingOf(sql: Sql, name: string, row: ParameterRow | undefined): Promise<string> {
  const [reading] = await readings(sql, `VARIABLE_NAME = ${literal(row?.variable ?? name)}`);
  return String(reading?.GLOBAL_VALUE ?? "");
}

/**
 * Waits until the server answers. Ends early when its process is gone or was started anew: it then failed, and
 * waiting would only hide that. The error has the server's last lines.
 */
export async function waitHealthy(guest: Guest, timeout: number): Promise<void> {
  let pid: number | undefined;
  try {
    await waitFor(`MariaDB on ${guest.name} to answer`, { timeout }, async () => {
      const status = await guest.service.status();
      if (!status.running || (pid !== undefined && status.pid !== pid))
        throw new Error(`MariaDB on ${guest.name} stopped instead of answering`);
      pid = status.pid;
      return answers(guest);
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const expected = error instanceof WaitTimeout || error.message.endsWith("stopped instead of answering");
    if (!expected) throw error;
    const log = await guest.service.logs(20).catch(() => "");
    throw new Error(`${error.message}; its last words:\n${log.trimEnd()}`, { cause: error });
  }
}

async function answers(guest: Guest): Promise<true | NotYet> {
  try {
    const sql = await openGuestSql(guest);
    await sql.close();
    return true;
  } catch (error) {
    if (error instanceof SqlError) return new NotYet(error.message);
    throw error;
  }
}
