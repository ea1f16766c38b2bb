/** Dumps as SQL, by mariadb-dump and the mariadb client. See docs/decisions/0010-a-dump-is-a-strangers-text.md. */
import { type Connection, type Dumps, loadingUser } from "../engine.ts";
import { socketPath } from "./sql.ts";

/** Bytes of one statement, so of one row: the protocol's limit. The server's own max_allowed_packet decides. */
const packet = "--max-allowed-packet=1G";
const charset = "--default-character-set=utf8mb4";

/** The server has to be the one that its certificate names. */
export function tlsOptions({ authority, own }: Pick<Connection, "authority" | "own">): readonly string[] {
  const mine = own === undefined ? [] : [`--ssl-cert=${own.certificate}`, `--ssl-key=${own.key}`];
  return [`--ssl-ca=${authority}`, "--ssl-verify-server-cert", ...mine];
}

export const dumps: Dumps = {
  dump: (database) => ({
    argv: [
      ...[
        "mariadb-dump",
        "--no-defaults",
        "--protocol=socket",
        `--socket=${socketPath}`,
        "--user=root",
        charset,
        packet,
      ],
      // Bytes that are no text stay what they are.
      ...["--single-transaction", "--quick", "--hex-blob", "--routines", "--triggers", "--events"],
      // Without USE and CREATE DATABASE: it is loaded into the database that the loader names.
      ...["--", database],
    ],
    user: "root",
    env: {},
  }),
  load: ({ host, port, user, password, database, ...files }) => ({
    argv: [
      ...[
        "mariadb",
        "--no-defaults",
        "--protocol=tcp",
        `--host=${host}`,
        `--port=${port}`,
        `--user=${user}`,
        charset,
        packet,
        ...tlsOptions(files),
      ],
      // Each of the two keeps `system`, `source`, `tee` and `pager` from being commands; together they leave no gap.
      ...["--sandbox", "--binary-mode", "--batch", `--database=${database}`],
    ],
    user: loadingUser,
    env: { MYSQL_PWD: password },
  }),
  begins: (head) =>
    /^(\/\*M?!999999\\- enable the sandbox mode \*\/ ?\r?\n)?-- (MariaDB|MySQL) dump /.test(head.toString("latin1")),
  ends: (tail) => /\n-- Dump completed[^\n]*\s*$/.test(tail.toString("latin1")),
  atomic: false,
  // In front of its error the client repeats the statement, which holds rows.
  reason: (words) => /(?:^|\n)(ERROR [\s\S]*)$/.exec(words)?.[1]?.trim() ?? words,
};
