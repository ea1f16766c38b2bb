/** SQL as the server's administrator: over the unix socket, by OS identity, on a byte stream that a guest opens. */
import type { Duplex } from "node:stream";
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  escapeId,
  escape as escapeValue,
  type RowDataPacket,
} from "mysql2/promise";
import { type Guest, GuestError } from "../../access/guest.ts";
import { remedyOf } from "./remedies.ts";

export const socketPath = "/run/mysqld/mysqld.sock";

/** Milliseconds for one statement, and for the handshake, before which a process is started in a guest that may be busy. */
const statementTimeout = 60_000;
const connectTimeout = 30_000;

export type Row = Readonly<Record<string, unknown>>;

/** What the server, or the way to it, answered. The message has no statement, so no verifier either. */
export class SqlError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "SqlError";
    this.code = code;
  }
}

export interface Sql {
  query(statement: string): Promise<readonly Row[]>;
  /** Statements that give no rows, in one packet. The first that fails ends it; which one that was is not told. */
  together(statements: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** An identifier, quoted. A dot is part of the name. */
export function identifier(name: string): string {
  return escapeId(name, true);
}

/** A string literal, quoted for the SQL mode that `openSql` sets. */
export function literal(value: string): string {
  return escapeValue(value);
}

/** The name of a database as GRANT takes it, where `_` and `%` are wildcards unless escaped. */
export function grantPattern(database: string): string {
  return database.replace(/[\\_%]/g, (c) => `\\${c}`);
}

/** Opens a session on the guest's server. Throws SqlError when it does not answer. */
export async function openGuestSql(guest: Guest): Promise<Sql> {
  return openSql(await guest.stream(["socat", "-", `UNIX-CONNECT:${socketPath}`], { user: "root" }), guest.name);
}

/** The same with TLS: the server tells a session of the certificate that it got, and no other one. */
export async function openSecureSql(guest: Guest): Promise<Sql> {
  const stream = await guest.stream(["socat", "-", `UNIX-CONNECT:${socketPath}`], { user: "root" });
  // Who is at the other end of a guest's own socket needs no proof.
  return openSql(stream, guest.name, { ssl: { rejectUnauthorized: false } });
}

/** A session over a byte stream to the server's unix socket. `where` is for messages. */
export async function openSql(stream: Duplex, where: string, more: Pick<ConnectionOptions, "ssl"> = {}): Promise<Sql> {
  let connection: Connection;
  // The driver passes on a stream's error as a copy without its kind.
  let broken: Error | undefined;
  stream.on("error", (error: Error) => {
    broken = error;
  });
  const failure = (error: unknown) => (isGuestGone(broken) ? broken : sqlError(error, where));
  try {
    connection = await createConnection({
      user: "root",
      stream,
      connectTimeout,
      charset: "utf8mb4_general_ci",
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      jsonStrings: true,
      // For `together`. What is quoted is quoted as well for one statement as for several.
      multipleStatements: true,
      ...more,
    });
  } catch (error) {
    stream.destroy();
    throw failure(error);
  }
  // Without a listener a connection that breaks between two statements would end the process.
  connection.on("error", () => undefined);
  const sql: Sql = {
    async query(statement) {
      try {
        const [rows] = await connection.query<RowDataPacket[]>({ sql: statement, timeout: statementTimeout });
        return Array.isArray(rows) ? rows : [];
      } catch (error) {
        throw failure(error);
      }
    },
    async together(statements) {
      await sql.query(statements.join(";\n"));
    },
    async close() {
      await connection.end().catch(() => undefined);
      stream.destroy();
    },
  };
  // Quoting above relies on backslash escapes, and the session must not depend on the user's global sql_mode.
  // No GRANT makes a user, least of all one without a password. What the session says of users is for no log.
  await sql.query(
    "SET SESSION sql_log_off = ON, SESSION slow_query_log = OFF, " +
      "SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_CREATE_USER', " +
      "SESSION lock_wait_timeout = 30, SESSION max_statement_time = 0, SESSION sql_quote_show_create = 1",
  );
  return sql;
}

/** The guest itself cannot be used; a server in it that does not answer is an ordinary failure of the stream. */
function isGuestGone(error: Error | undefined): error is GuestError {
  return error instanceof GuestError && error.problem !== "failed";
}

/** The driver's error without the statement, which it carries in `sql`, and with what to do about it. */
export function sqlError(error: unknown, where: string): SqlError {
  if (!(error instanceof Error)) return new SqlError("UNKNOWN", String(error));
  const code = "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
  const late = lateness[code];
  if (late) return new SqlError(code, `MariaDB in ${where} ${late}`);
  const remedy = remedyOf("errno" in error && typeof error.errno === "number" ? error.errno : undefined);
  return new SqlError(code, `${withoutVerifiers(error.message)}${remedy === undefined ? "" : `; ${remedy}`}`);
}

/** By the driver's codes for its limits, whose own words say neither what was waited for nor how long. */
const lateness: Readonly<Record<string, string>> = {
  ETIMEDOUT: `did not greet its administrator within ${connectTimeout / 1000} s`,
  PROTOCOL_SEQUENCE_TIMEOUT: `did not answer a statement within ${statementTimeout / 1000} s`,
};

/** A syntax error quotes the statement; a verifier in it is left out. */
function withoutVerifiers(message: string): string {
  return message.replace(/\*[0-9A-F]{8,40}/g, "*...");
}
