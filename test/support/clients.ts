/** Ordinary clients, as an application would use them: through the published port, by name and password. */
import mysql from "mysql2/promise";
import pg from "pg";

export interface Login {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export type Row = Record<string, unknown>;
export type Query = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** Connects, lets `act` query, and closes. Numbers come back as the driver gives them. */
export async function withClient<T>(engine: string, login: Login, act: (query: Query) => Promise<T>): Promise<T> {
  return engine === "mariadb" ? withMysql(login, act) : withPostgres(login, act);
}

async function withMysql<T>(login: Login, act: (query: Query) => Promise<T>): Promise<T> {
  const client = await mysql.createConnection({ ...login, connectTimeout: 10_000 });
  try {
    return await act(async (sql, values = []) => (await client.query(sql, [...values]))[0] as Row[]);
  } finally {
    await client.end();
  }
}

async function withPostgres<T>(login: Login, act: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...login, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await act(async (sql, values = []) => (await client.query(sql, [...values])).rows as Row[]);
  } finally {
    await client.end();
  }
}
