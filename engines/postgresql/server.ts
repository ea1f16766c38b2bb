/** A server in its guest: read what it is, and carry out the steps of server-plan.ts. */
import type pg from "pg";
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
import { NotYet, waitFor } from "../shared/wait.ts";
import { catalogueOf } from "./catalogue.ts";
import { renderConfiguration } from "./configuration.ts";
import { connect, disconnect, home, inWords } from "./connection.ts";
import { adminRole } from "./names.ts";
import { hbaReading } from "./server-plan.ts";
import { configurationPath, hbaPath, selfNamed, settingsOf } from "./settings.ts";
import { fits } from "./values.ts";

const owner = "postgres:postgres";
/** Settings that ALTER SYSTEM made; they would win over the configuration file, so none is kept. */
const autoConfigurationPath = `${layout.data}/postgresql.auto.conf`;

function program(version: string, name: string): string {
  return `/usr/lib/postgresql/${version}/bin/${name}`;
}

/**
 * Prints the volume's state: `prepared` when the data directory is complete, and each file that exists with the time
 * of its last change and its text in base64.
 */
const lookScript = `
data=$1; shift
if [ -s "$data/PG_VERSION" ] && [ -s "$data/global/pg_control" ]; then echo prepared; fi
for file; do
  if [ -f "$file" ]; then printf '%s %s %s\\n' "$(stat -c %.Y "$file")" "$file" "$(base64 -w 0 "$file")"; fi
done
`;

interface Look {
  prepared: boolean;
  /** By path: the text, and when it was last changed in seconds since 1970. */
  files: ReadonlyMap<string, { text: string; changed: number }>;
}

function lookOf(lines: readonly string[]): Look {
  const files = new Map<string, { text: string; changed: number }>();
  for (const line of lines) {
    const [changed, path, text] = line.split(" ");
    if (path) files.set(path, { text: Buffer.from(text ?? "", "base64").toString(), changed: Number(changed) });
  }
  return { prepared: lines[0] === "prepared", files };
}

/** One command, and one query beside it. */
export async function observe(guest: Guest, desired: ServerSpec, session: Session): Promise<ObservedServer> {
  const paths = renderConfiguration(desired).map((file) => file.path);
  const looked = look(guest, lookScript, [layout.data, layout.marker, ...paths]);
  const [{ status, lines }, said] = await together(looked, ask(session, desired));
  const seen = lookOf(lines);
  const marker = seen.files.get(layout.marker);
  const answered = status.running ? said : undefined;
  return {
    ...(marker ? { marker: parseMarker(marker.text) } : {}),
    prepared: seen.prepared,
    running: status.running,
    enabled: status.enabled,
    healthy: answered !== undefined,
    ...(answered ? { serverVersion: answered.version, role: answered.role } : {}),
    configuration: Object.fromEntries(
      paths.flatMap((path) => {
        const file = seen.files.get(path);
        return file ? [[path, file.text]] : [];
      }),
    ),
    parameters: answered ? withHba(answered, seen.files.get(hbaPath)?.changed ?? 0) : {},
  };
}

/** The access rules are no parameter of the server: whether it has read them is told by the clock. */
function withHba({ parameters, loaded = 0 }: ServerReadings, changed: number): ObservedServer["parameters"] {
  return { ...parameters, [hbaReading]: { value: changed > loaded ? "stale" : "loaded", dynamic: true } };
}

/** `reset_val` is what a new session starts with, whatever this one has set for itself. */
const readingsQuery = `
  SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
         extract(epoch FROM pg_conf_load_time())::float8 AS loaded,
         (SELECT json_agg(json_build_object('name', name, 'value', reset_val, 'unit', unit, 'context', context))
            FROM pg_settings
           WHERE name = ANY ($1) OR source = 'configuration file') AS settings`;

interface Readings {
  version: string;
  standby: boolean;
  loaded: number;
  settings: { name: string; value: string | null; unit: string | null; context: string }[];
}

export async function readActivity(client: pg.Client): Promise<ServerActivity> {
  const { rows } = await client.query<{ connections: number; max: number; uptime: number }>(
    "SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) " +
      "AS connections, current_setting('max_connections')::int AS max, " +
      "extract(epoch FROM now() - pg_postmaster_start_time())::float8 AS uptime",
  );
  const [row] = rows;
  if (!row) throw new Error("PostgreSQL said nothing of its connections");
  return { connections: row.connections, maxConnections: row.max, uptimeSeconds: Math.floor(row.uptime) };
}

export async function readServer(client: pg.Client, desired: ServerSpec): Promise<ServerReadings> {
  const { rows } = await client.query<Readings>(readingsQuery, [[...settingsOf(desired).keys()]]);
  const [row] = rows;
  if (!row) throw new Error("PostgreSQL said nothing of its settings");
  const parameters: Record<string, ParameterReading> = {};
  for (const { name, value, unit, context } of row.settings)
    if (!selfNamed.has(name))
      parameters[name] = {
        value: value ?? "",
        ...(unit === null ? {} : { unit }),
        dynamic: context !== "postmaster",
      };
  return { version: row.version, role: row.standby ? "replica" : "single", parameters, loaded: row.loaded };
}

export async function executeServer(guest: Guest, step: ServerStep, desired: ServerSpec): Promise<void> {
  switch (step.kind) {
    case "prepare":
      return prepare(guest, step, desired);
    case "configure":
      return configure(guest, step.files, desired);
    case "start":
      // A server that runs is only marked as meant to run; its settings are the running steps' work.
      if (!(await guest.service.status()).running) await dropAutoConfiguration(guest);
      return guest.service.start();
    case "apply-live":
      return withClient(guest, (client) => applyLive(client, desired));
    case "restart":
      await dropAutoConfiguration(guest);
      return guest.service.restart();
  }
}

async function prepare(guest: Guest, step: ServerStep & { kind: "prepare" }, desired: ServerSpec): Promise<void> {
  if (step.from.from !== "blank")
    throw new Error(
      `${guest.name}: PostgreSQL cannot be prepared from a ${step.from.from} yet; only from a blank volume`,
    );
  await prepareBlank(guest, {
    argv: [
      ...["runuser", "-u", adminRole, "--", program(desired.version, "initdb"), "--pgdata", "{}"],
      ...["--username=postgres", "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8"],
      ...["--auth-local=peer", "--auth-host=reject", "--no-instructions"],
    ],
    owner,
    marker: { uuid: desired.uuid, engine: "postgresql", version: desired.version },
  });
}

/** The new files are read by the server's own program first: a mistake must show before a restart, not after. */
async function configure(guest: Guest, paths: readonly string[], desired: ServerSpec): Promise<void> {
  await guest.must(["mkdir", "-p", layout.conf]);
  const files = renderConfiguration(desired);
  const main = files.find((file) => file.path === configurationPath && paths.includes(file.path));
  if (main) {
    const trial = `${main.path}.trial`;
    await guest.putFile(trial, main.content, main);
    const argv = [program(desired.version, "postgres"), "-D", layout.data, "-c", `config_file=${trial}`, "-C", "port"];
    const { code, stderr } = await guest.run(argv, { user: adminRole });
    await guest.must(["rm", "-f", trial]);
    if (code !== 0) throw new Error(`${guest.name}: PostgreSQL refuses the new configuration: ${lastLines(stderr, 5)}`);
  }
  for (const file of files) if (paths.includes(file.path)) await guest.putFile(file.path, file.content, file);
}

function lastLines(text: string, count: number): string {
  return text.trim().split("\n").slice(-count).join("\n");
}

/** Undoes what ALTER SYSTEM left; for the start that follows. */
async function dropAutoConfiguration(guest: Guest): Promise<void> {
  if (await guest.readFile(autoConfigurationPath))
    await guest.putFile(autoConfigurationPath, "", { mode: 0o600, owner });
}

async function withClient<T>(guest: Guest, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(guest, home);
  try {
    return await work(client);
  } catch (error) {
    throw inWords(error, guest);
  } finally {
    await disconnect(client);
  }
}

const reloadTimeout = 10_000;

/** Reloads, then waits until what can change without a restart is in effect. */
async function applyLive(client: pg.Client, desired: ServerSpec): Promise<void> {
  await client.query("ALTER SYSTEM RESET ALL");
  await reload(client);
  await checkLive(client, desired);
}

/** The server reads its files again: configuration, access rules, certificate. */
export async function reload(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ before: Date }>("SELECT clock_timestamp() AS before");
  await client.query("SELECT pg_reload_conf()");
  await waitFor("the server to load its configuration", { timeout: reloadTimeout, shortest: 20 }, async () => {
    const loaded = await client.query<{ done: boolean }>("SELECT pg_conf_load_time() >= $1 AS done", [rows[0]?.before]);
    return loaded.rows[0]?.done ? true : new NotYet();
  });
}

/** True when the server has read its files since that moment, in seconds since 1970. */
export async function loadedSince(client: pg.Client, moment: number): Promise<boolean> {
  const { rows } = await client.query<{ loaded: number }>(
    "SELECT extract(epoch FROM pg_conf_load_time())::float8 AS loaded",
  );
  return (rows[0]?.loaded ?? 0) >= moment;
}

/** Says which parameters did not take their value, and where the server has the other one from. */
async function checkLive(client: pg.Client, desired: ServerSpec): Promise<void> {
  const settings = settingsOf(desired);
  const wrong = await client.query<{ words: string }>(
    `SELECT format('line %s of %s: %s', line_number, file_name, error) AS words
       FROM (SELECT line_number, $1 AS file_name, error FROM pg_hba_file_rules
             UNION ALL SELECT sourceline, sourcefile, error FROM pg_file_settings
              WHERE error IS DISTINCT FROM 'setting could not be applied'
                AND error NOT LIKE '%cannot be changed without restarting the server') problems
      WHERE error IS NOT NULL`,
    [hbaPath],
  );
  if (wrong.rows.length > 0)
    throw new Error(`the server did not take its configuration: ${wrong.rows.map((row) => row.words).join("; ")}`);
  const { rows } = await client.query<{ name: string; value: string | null; source: string }>(
    "SELECT name, reset_val AS value, source FROM pg_settings WHERE name = ANY ($1) AND context <> 'postmaster'",
    [[...settings.keys()]],
  );
  const catalogue = catalogueOf(desired.version);
  for (const { name, value, source } of rows) {
    const variable = catalogue.get(name);
    const setting = settings.get(name);
    if (!variable || !setting || fits(name, variable, setting.value, { value: value ?? "", dynamic: true })) continue;
    throw new Error(
      `the parameter ${name} is still ${value}, set by the ${source}; ` +
        `RESET it there (ALTER ROLE postgres or ALTER DATABASE postgres), and apply again`,
    );
  }
}

/** Waits until the server answers a query; gives up at once when the service does not run any more. */
export async function waitHealthy(guest: Guest, timeout: number): Promise<void> {
  const logs = (): Promise<string> => guest.service.logs(20).catch(() => "(its log cannot be read)");
  try {
    await waitFor(`${guest.name}: PostgreSQL to answer`, { timeout }, async () => {
      const failure = await withClient(guest, (client) => client.query("SELECT 1")).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (failure === undefined) return true;
      const status = await guest.service.status();
      if (!status.running) throw new Error(`${guest.name}: PostgreSQL is not running any more`);
      return new NotYet(failure);
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}. Its last log lines:\n${await logs()}`, { cause: error });
  }
}
