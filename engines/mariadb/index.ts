/** MariaDB, from Debian's packages. */
import type { Guest } from "../../access/guest.ts";
import type { Connection, Engine, OpenServer } from "../engine.ts";
import { ownSession } from "../shared/look.ts";
import { users } from "./accounts.ts";
import { executeAll, executeStep } from "./batches.ts";
import { renderConfiguration } from "./configuration.ts";
import { databases, objectsIn, planDatabases } from "./databases.ts";
import { dumps, tlsOptions } from "./dumps.ts";
import { ownSettings, parameterRules } from "./listing.ts";
import { logs } from "./logs.ts";
import { checkDatabase, checkPassword, checkUser } from "./names.ts";
import { checkParameters } from "./parameters.ts";
import { planServer } from "./plan.ts";
import { executeServer, observe, readActivity, readServer, showsCertificate, waitHealthy } from "./server.ts";
import { sqlPort } from "./settings.ts";
import { openGuestSql } from "./sql.ts";
import { tableOf, versions } from "./table.ts";
import { certificateName, planUsers } from "./users.ts";
import { written } from "./values.ts";

export const mariadb: Engine = {
  name: "mariadb",
  title: "MariaDB",
  versions,
  capabilities: {
    topologies: ["single"],
    databases: true,
    users: true,
    userHosts: true,
    extensions: false,
    owners: false,
  },
  ownership: { service: "coffer", configuration: "coffer" },
  ports: [{ role: "sql", port: sqlPort }],
  group: "mysql",

  checkDatabase,
  checkUser,
  checkPassword,
  checkParameters,
  parameters: parameterRules,
  written: (version, name, { value }) => written(tableOf(version).parameters[name], value),
  ownSettings,
  renderConfiguration,
  planServer,
  planDatabases,
  planUsers,

  observe: (guest, desired, session = ownSession(() => open(guest))) => observe(guest, desired, session),
  executeServer,
  waitHealthy,
  open,
  dumps,
  logs,

  certificateName,

  client({ host, port, user, password, database, ...files }) {
    return {
      argv: [
        ...["mariadb", `--host=${host}`, `--port=${port}`, "--protocol=tcp", `--user=${user}`],
        "--default-character-set=utf8mb4",
        ...tlsOptions(files),
        ...(database === undefined ? [] : [`--database=${database}`]),
      ],
      env: { MYSQL_PWD: password },
    };
  },
  url,
};

async function open(guest: Guest): Promise<OpenServer> {
  const sql = await openGuestSql(guest);
  return {
    readings: (desired) => readServer(sql, desired),
    activity: () => readActivity(sql),
    databases: () => databases(sql),
    // Grants are global here: they are read whole, whichever databases are named.
    users: (_databases, passwords) => users(sql, passwords),
    objects: (database) => objectsIn(sql, database),
    execute: (step, passwords = {}) => executeStep(sql, step, passwords),
    executeAll: (steps, passwords, begins) => executeAll(sql, steps, passwords, begins),
    async reloadCertificate() {
      await sql.query("FLUSH SSL");
    },
    showsCertificate: ({ notAfter }) => showsCertificate(guest, notAfter),
    close: () => sql.close(),
  };
}

function url({ host, port, user, database }: Omit<Connection, "password" | "authority" | "own">): string {
  const address = host.includes(":") ? `[${host}]` : host;
  const path = database === undefined ? "" : `/${encodeURIComponent(database)}`;
  return `mysql://${encodeURIComponent(user)}@${address}:${port}${path}`;
}
