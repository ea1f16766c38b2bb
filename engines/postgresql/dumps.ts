/** Dumps as archives, by pg_dump and pg_restore. See docs/decisions/0010-a-dump-is-a-strangers-text.md. */
import { type Connection, type Dumps, loadingUser } from "../engine.ts";
import { adminRole } from "./names.ts";
import { port, socketDirectory } from "./settings.ts";

/** A name with `=` in it, or one like a URL, would be taken for a connection string; so it gets one. */
export function databaseOption(database: string): string {
  return `--dbname=dbname='${database.replace(/['\\]/g, "\\$&")}'`;
}

/** The server has to be the one that its certificate names. */
export function tlsEnvironment({ authority, own }: Pick<Connection, "authority" | "own">): Record<string, string> {
  const mine: Record<string, string> = own === undefined ? {} : { PGSSLCERT: own.certificate, PGSSLKEY: own.key };
  return { PGSSLMODE: "verify-full", PGSSLROOTCERT: authority, ...mine };
}

export const dumps: Dumps = {
  dump: (database) => ({
    argv: [
      ...["pg_dump", `--host=${socketDirectory}`, `--port=${port}`, `--username=${adminRole}`, "--no-password"],
      ...["--format=custom", "--lock-wait-timeout=60s", databaseOption(database)],
    ],
    user: adminRole,
    env: {},
  }),
  load: ({ host, port: at, user, password, database, ...files }, replace) => ({
    argv: [
      ...["pg_restore", `--host=${host}`, `--port=${at}`, `--username=${user}`, "--no-password"],
      // Everything belongs to the user who loads, and grants are the spec's.
      ...["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"],
      ...(replace ? ["--clean", "--if-exists"] : []),
      databaseOption(database),
    ],
    user: loadingUser,
    env: { PGPASSWORD: password, ...tlsEnvironment(files) },
  }),
  begins: (head) => head.subarray(0, 5).toString("latin1") === "PGDMP",
  // The archive's table of contents stands at its beginning, so its reader misses what is not there.
  ends: () => true,
  atomic: true,
  reason: withoutRows,
};

/** pg_restore quotes the statement, and the line of a table, that failed. */
function withoutRows(words: string): string {
  const errors = words.split("\n").filter((line) => /\b(error|ERROR|FATAL):/.test(line));
  return errors.join("\n") || words;
}
