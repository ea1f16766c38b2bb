/** The engines in an instance's life on Docker. */

/** What differs between the engines: a parameter that changes live, one that needs a restart, and how to ask. */
interface EngineCase {
  live: { name: string; value: string | number; ask: string; answer: string };
  restart: { name: string; value: string | number; ask: string; answer: string };
  /** Drops the user `app` by hand, run in the guest by the administrator. */
  dropApp: readonly string[];
  denied: RegExp;
}

export const engines: Readonly<Record<string, EngineCase>> = {
  mariadb: {
    live: { name: "long_query_time", value: 7, ask: "SELECT @@global.long_query_time AS v", answer: "7" },
    restart: { name: "performance_schema", value: "ON", ask: "SELECT @@global.performance_schema AS v", answer: "1" },
    dropApp: ["mariadb", "-e", "DROP USER 'app'@'%'"],
    denied: /denied/i,
  },
  postgresql: {
    live: { name: "log_min_duration_statement", value: "7s", ask: "SHOW log_min_duration_statement", answer: "7s" },
    restart: { name: "max_connections", value: 73, ask: "SHOW max_connections", answer: "73" },
    dropApp: [
      "sh",
      "-c",
      `sql() { setpriv --reuid postgres --regid postgres --clear-groups psql -v ON_ERROR_STOP=1 -h /run/postgresql -d "$1" -c "$2"; }
      sql shop 'REASSIGN OWNED BY app TO postgres; DROP OWNED BY app'
      sql stats 'DROP OWNED BY app'
      sql postgres 'DROP OWNED BY app; DROP ROLE app'`,
    ],
    denied: /permission denied/i,
  },
};
