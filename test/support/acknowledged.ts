/** Clients that write until their connection dies and know which of their rows were acknowledged. */
import mysql from "mysql2/promise";
import pg from "pg";
import { type Login, mysqlOptions, postgresOptions, type Query, withClient } from "./clients.ts";

export interface Writers {
  /** Resolves when every writer has had that many rows acknowledged; rejects when one of them failed before. */
  eachHas(count: number): Promise<void>;
  /** Ends all connections from this side, and gives the number of acknowledged rows of each writer: its rows 1 to N. */
  end(): readonly number[];
}

interface Connection {
  query(sql: string): Promise<unknown>;
  destroy(): void;
}

/** Each writer has a connection of its own and commits each row by itself. */
export async function startWriting(engine: string, login: Login, writers = 4): Promise<Writers> {
  await withClient(engine, login, async (query) => {
    await query("DROP TABLE IF EXISTS acknowledged");
    await query("CREATE TABLE acknowledged (writer int, number int, PRIMARY KEY (writer, number))");
  });
  const connections = await Promise.all(Array.from({ length: writers }, () => connect(engine, login)));
  const counts = connections.map(() => 0);
  let ended = false;
  let told: () => void = () => {};
  let failure: unknown;
  connections.forEach(async (connection, writer) => {
    try {
      while (!ended) {
        const number = (counts[writer] ?? 0) + 1;
        await connection.query(`INSERT INTO acknowledged VALUES (${writer}, ${number})`);
        counts[writer] = number;
        told();
      }
    } catch (error) {
      failure ??= error;
      told();
    }
  });
  return {
    eachHas: (count) =>
      new Promise((reached, failed) => {
        told = () => {
          if (counts.every((has) => has >= count)) reached();
          else if (failure) failed(failure);
        };
        told();
      }),
    end() {
      ended = true;
      for (const connection of connections) connection.destroy();
      return [...counts];
    },
  };
}

/** The rows that are missing of those that were acknowledged: the writer and how many. */
export async function lostRows(query: Query, acknowledged: readonly number[]): Promise<string[]> {
  const rows = await query("SELECT writer, number FROM acknowledged");
  const there = new Set(rows.map(({ writer, number }) => `${writer} ${number}`));
  return acknowledged.flatMap((count, writer) =>
    Array.from({ length: count }, (_, index) => `${writer} ${index + 1}`).filter((row) => !there.has(row)),
  );
}

async function connect(engine: string, login: Login): Promise<Connection> {
  if (engine === "mariadb") {
    const client = await mysql.createConnection(mysqlOptions(login));
    return { query: (sql) => client.query(sql), destroy: () => client.destroy() };
  }
  const client = new pg.Client(postgresOptions(login));
  // A lost connection is told here too, beside the query that was under way.
  client.on("error", () => {});
  await client.connect();
  return {
    query: (sql) => client.query(sql),
    destroy: () => (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy(),
  };
}
