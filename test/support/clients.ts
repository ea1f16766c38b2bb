/** Ordinary clients, as an application would use them: through the published port, by name and password. */
import { connect } from "node:net";
import mysql from "mysql2/promise";
import pg from "pg";

export interface Login {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** The certificate of the stack's authority; without it the client asks for no TLS. */
  ca?: string;
  /** A certificate of the user's own, with its private key. */
  own?: { cert: string; key: string };
}

export type Row = Record<string, unknown>;
export type Query = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Connects, lets `act` query, and closes. Numbers come back as the driver gives them. */
export async function withClient<T>(engine: string, login: Login, act: (query: Query) => Promise<T>): Promise<T> {
  return engine === "mariadb" ? withMysql(login, act) : withPostgres(login, act);
}

export function mysqlOptions({ ca, own, ...login }: Login): mysql.ConnectionOptions {
  return {
    ...login,
    connectTimeout: 10_000,
    ...(ca === undefined ? {} : { ssl: { ca, verifyIdentity: true, ...own } }),
  };
}

export function postgresOptions({ ca, own, ...login }: Login): pg.ClientConfig {
  return { ...login, connectionTimeoutMillis: 10_000, ssl: ca === undefined ? false : { ca, ...own } };
}

async function withMysql<T>(login: Login, act: (query: Query) => Promise<T>): Promise<T> {
  const client = await mysql.createConnection(mysqlOptions(login));
  try {
    return await act(async (sql, values = []) => (await client.query(sql, [...values]))[0] as Row[]);
  } finally {
    await client.end();
  }
}

async function withPostgres<T>(login: Login, act: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client(postgresOptions(login));
  await client.connect();
  try {
    return await act(async (sql, values = []) => (await client.query(sql, [...values])).rows as Row[]);
  } finally {
    await client.end();
  }
}

/** A connection that stays open over several steps of a test, and must be closed by it. */
export async function openClient(engine: string, login: Login): Promise<{ query: Query; close(): Promise<void> }> {
  let done: () => void = () => {};
  const until = new Promise<void>((resolve) => {
    done = resolve;
  });
  return new Promise((opened, failed) => {
    const ended = withClient(engine, login, async (query) => {
      const close = (): Promise<void> => {
        done();
        return ended;
      };
      opened({ query, close });
      await until;
    });
    ended.catch(failed);
  });
}

/** Milliseconds; a filter that drops packets gives no answer at all. */
const silenceMs = 5_000;

/** Whether a TCP connection comes about; `from` is one of this machine's addresses. */
export async function canConnect(host: string, port: number, from?: string): Promise<boolean> {
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  try {
    return await new Promise((answer, failed) => {
      socket.on("connect", () => answer(true));
      socket.setTimeout(silenceMs, () => answer(false));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED" || error.code === "ETIMEDOUT" || error.code === "EHOSTUNREACH") answer(false);
        else failed(error);
      });
    });
  } finally {
    socket.destroy();
  }
}
