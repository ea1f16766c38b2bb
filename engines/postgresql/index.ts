/** PostgreSQL, as Debian packages it. */
import type { Guest } from "../../access/guest.ts";
import type { Connection, Engine, OpenServer, SqlStep } from "../engine.ts";
import { ownSession } from "../shared/look.ts";
import { catalogueOf, versions } from "./catalogue.ts";
import { renderConfiguration } from "./configuration.ts";
import { Connections, home, inWords } from "./connection.ts";
import { type DatabaseStep, executeDatabaseStep, observeDatabases, planDatabases } from "./databases.ts";
import { databaseOption, dumps, tlsEnvironment } from "./dumps.ts";
import { ownSettings, parameterRules } from "./listing.ts";
import { logs } from "./logs.ts";
import { checkDatabase, checkPassword, checkUser } from "./names.ts";
import { objectsIn } from "./objects.ts";
import { checkParameters } from "./parameters.ts";
import { executeServer, loadedSince, observe, readActivity, readServer, reload, waitHealthy } from "./server.ts";
import { planServer } from "./server-plan.ts";
import { port } from "./settings.ts";
import {
  type CreateStep,
  executeCreations,
  executeLevels,
  executeUserStep,
  type Levels,
  type LevelsStep,
  observeUsers,
} from "./users.ts";
import { planUsers, type UserStep } from "./users-plan.ts";
import { written } from "./values.ts";

export const postgresql: Engine = {
  name: "postgresql",
  title: "PostgreSQL",
  versions,
  capabilities: {
    topologies: ["single"],
    databases: true,
    users: true,
    userHosts: false,
    extensions: true,
    owners: true,
  },
  ownership: { service: "coffer", configuration: "coffer" },
  ports: [{ role: "sql", port }],
  group: "postgres",
  checkDatabase,
  checkUser,
  checkPassword,
  checkParameters,
  parameters: parameterRules,
  written: (version, name, { value }) => written(catalogueOf(version).get(name), value),
  ownSettings,
  renderConfiguration,
  planServer,
  planDatabases,
  planUsers,
  // It compares the name of the role itself.
  certificateName: ({ name }) => name,
  observe: (guest, desired, session = ownSession(() => open(guest))) => observe(guest, desired, session),
  executeServer,
  waitHealthy,
  open,
  dumps,
  logs,
  client,
  url,
};

/** Connects once, so that a server that does not answer shows here; other databases are opened when needed. */
async function open(guest: Guest): Promise<OpenServer> {
  const connections = new Connections(guest);
  await connections.on(home);
  let reached: ReadonlyMap<string, Levels> = new Map();
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw inWords(error, guest);
    });
  return {
    readings: (desired) => told(connections.on(home).then((client) => readServer(client, desired))),
    databases: (extensionsOf = []) => told(observeDatabases(connections, extensionsOf)),
    activity: () => told(connections.on(home).then(readActivity)),
    users: (databases, passwords) => told(observeUsers(connections, databases, passwords, reached)),
    objects: (database) => told(connections.on(database).then(objectsIn)),
    execute(step, passwords = {}) {
      reached = new Map();
      return told(execute(connections, step, passwords));
    },
    async executeAll(steps, passwords, begins) {
      reached = new Map();
      reached = await told(executeAll(connections, steps, passwords, begins));
    },
    reloadCertificate: () => told(connections.on(home).then(reload)),
    showsCertificate: ({ written }) => told(connections.on(home).then((client) => loadedSince(client, written))),
    close: () => connections.close(),
  };
}

/** Steps come from this engine's own planners, so their kind says what else they hold. */
async function execute(
  connections: Connections,
  step: SqlStep,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  switch (step.kind) {
    case "create-database":
    case "repair-database":
    case "drop-database":
    case "create-extension":
    case "drop-extension":
      return executeDatabaseStep(connections, step as DatabaseStep);
    case "create-user":
    case "rename-user":
    case "repair-user":
    case "set-password":
    case "set-owner":
    case "set-levels":
    case "drop-user":
      return executeUserStep(connections, step as UserStep, passwords);
    default:
      throw new Error(`PostgreSQL has no step "${step.kind}"`);
  }
}

/** New users in a row go together. The levels of different databases come last in a plan and have nothing to do with each other. */
async function executeAll(
  connections: Connections,
  steps: readonly SqlStep[],
  passwords: Readonly<Record<string, string>>,
  begins: (step: SqlStep) => void,
): Promise<ReadonlyMap<string, Levels>> {
  const isLevels = (step: SqlStep): step is SqlStep & LevelsStep => step.kind === "set-levels";
  const isCreation = (step: SqlStep): step is SqlStep & CreateStep => step.kind === "create-user";
  const end = steps.findLastIndex((step) => !isLevels(step)) + 1;
  for (const together of runsOf(steps.slice(0, end), isCreation)) {
    if (together.every(isCreation)) await executeCreations(connections, together, passwords, begins);
    else
      for (const step of together) {
        begins(step);
        await execute(connections, step, passwords);
      }
  }
  return executeLevels(connections, steps.slice(end).filter(isLevels), begins);
}

/** In their order; those in a row of which the same is true are together. */
function runsOf<T>(all: readonly T[], is: (one: T) => boolean): readonly (readonly T[])[] {
  const runs: T[][] = [];
  for (const one of all) {
    const last = runs.at(-1);
    if (last?.some((other) => is(other) === is(one))) last.push(one);
    else runs.push([one]);
  }
  return runs;
}

function client(connection: Connection): { argv: readonly string[]; env: Readonly<Record<string, string>> } {
  const { host, user, password, database } = connection;
  const argv = ["psql", `--host=${host}`, `--port=${connection.port}`, `--username=${user}`];
  if (database !== undefined) argv.push(databaseOption(database));
  return { argv, env: { PGPASSWORD: password, ...tlsEnvironment(connection) } };
}

function url({ host, port: at, user, database }: Omit<Connection, "password" | "authority" | "own">): string {
  const address = host.includes(":") ? `[${host}]` : host;
  const path = database === undefined ? "" : `/${encodeURIComponent(database)}`;
  return `postgresql://${encodeURIComponent(user)}@${address}:${at}${path}`;
}
