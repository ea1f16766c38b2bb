/** `database-list` and `user-show-access`: what a server really has, managed by Coffer or not. */
import { type Guest, GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import { type ObservedDatabase, type ObservedUser, type OpenServer, userKey } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { OperationError } from "./errors.ts";
import { recordedInstance } from "./instances.ts";
import { lookMs, within } from "./machine-look.ts";
import type { InstanceRecord } from "./records.ts";
import type { OperationRequest } from "./session.ts";
import { type AskedUser, userNamed } from "./user-names.ts";
import { placeIn } from "./users.ts";

export interface DatabaseRow {
  instance: string;
  name: string;
  charset: string | null;
  collation: string | null;
  /** Null where databases have none. */
  owner: string | null;
  /** In the list that was applied last. */
  managed: boolean;
}

export async function listDatabases(request: OperationRequest & { instance: string }): Promise<readonly DatabaseRow[]> {
  return withServer(request, async (server, { name: instance, databases }) =>
    (await server.databases()).map(({ name, charset, collation, owner }: ObservedDatabase) => ({
      instance,
      name,
      charset: charset ?? null,
      collation: collation ?? null,
      owner: owner ?? null,
      managed: databases.includes(name),
    })),
  );
}

export interface AccessRow {
  instance: string;
  user: string;
  host: string;
  database: string;
  /** `partial`: something is granted that makes up no level exactly. */
  privileges: ObservedUser["grants"][number]["privileges"];
  managed: boolean;
}

export interface UserAccessRequest extends OperationRequest, AskedUser {
  instance: string;
}

/** What a user may do in each database, as the server has it. */
export async function showAccess(request: UserAccessRequest): Promise<readonly AccessRow[]> {
  return withServer(request, async (server, record) => {
    const { name: instance, engine, users: managed } = record;
    const databases = (await server.databases()).map(({ name }) => name);
    const there = await server.users(databases, {});
    const { name, host, grants } = userNamed(there, request, placeIn(record));
    const keyOf = (user: { name: string; host: string }) => userKey(engineOf(engine), user);
    const isManaged = managed.some((user) => keyOf(user) === keyOf({ name, host }));
    return grants.map((grant) => ({ instance, user: name, host, ...grant, managed: isManaged }));
  });
}

/** Milliseconds for the questions to a server that answers. */
const askMs = 30_000;

/** Asks the server of an instance, for a bounded time. */
export async function withServer<T>(
  request: OperationRequest & { instance: string },
  ask: (server: OpenServer, record: InstanceRecord, guest: Guest) => Promise<T>,
): Promise<T> {
  const { record, guests } = await recordedInstance(request, request.instance);
  const { name } = record;
  const address = guests[name];
  if (!address) {
    throw new OperationError("failed", `the state does not say how to reach "${name}"`, {
      remedy: "run `coffer up`: it completes what is missing",
    });
  }
  try {
    const guest = await openGuest(address);
    await within(lookMs, `the guest of "${name}"`, () => guest.reach());
    return await within(askMs, `the database server of "${name}"`, async () => {
      const server = await engineOf(record.engine).open(guest);
      try {
        return await ask(server, record, guest);
      } finally {
        await server.close();
      }
    });
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    const stopped = error.problem === "stopped";
    throw new OperationError("failed", `the server of "${name}" cannot be asked: ${error.message}`, {
      remedy: stopped ? `start it: coffer start ${name}` : `see what its machine says: coffer show ${name}`,
      cause: error,
    });
  } finally {
    await closeAll();
  }
}
