/** `dump` and `load`: one database of an instance as a stream of bytes, by the engine's own tools in the guest. */
import type { Duplex, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { type Guest, GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import { type Connection, type Dumps, type Engine, loadingUser, tlsFiles, userKey } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { nearest } from "../spec/nearest.ts";
import { issue, withFiles } from "./client-certificates.ts";
import { type Bytes, peek, StillWatch, Tail } from "./dump-bytes.ts";
import { messageOf, OperationError } from "./errors.ts";
import { guestFailure } from "./guest-programs.ts";
import { recordedInstance } from "./instances.ts";
import type { InstanceRecord, UserRecord } from "./records.ts";
import type { OperationRequest } from "./session.ts";
import { userNamed } from "./user-names.ts";
import { placeIn } from "./users.ts";

interface Transfer extends OperationRequest {
  name: string;
  /** Default: the instance's only database. */
  database?: string;
  /** Told after each piece: how much so far. */
  onBytes?(bytes: number): void;
}

export interface DumpRequest extends Transfer {
  output: Writable;
}

export interface LoadRequest extends Transfer {
  input: Bytes;
  /** The last bytes of the input, where it is a file: an end that is missing is then seen before anything is loaded. */
  tail?: Buffer;
  /** Whose rights it has, and who owns what it makes. Default: the first user with `all` on the database. */
  user?: string;
  host?: string;
  /** Objects of the dump take the place of those of the same name; without it the database has to be empty. */
  replace: boolean;
}

export interface Transferred {
  instance: string;
  database: string;
  bytes: number;
}

/** Milliseconds in which no byte moves, after which it is given up. A loading server builds indexes meanwhile. */
const dumpStillMs = 600_000;
const loadStillMs = 3_600_000;

export async function dump(request: DumpRequest): Promise<Transferred> {
  const { record, guests } = await recordedInstance(request, request.name);
  const database = databaseOf(record, request.database);
  const what = `the dump of "${database}" of "${record.name}"`;
  return within(request, guests[record.name], `${what} failed`, (guest) =>
    dumpFrom(guest, engineOf(record.engine), { ...request, database, what }),
  );
}

/** Where the database is: `what` is for messages. Fails unless the whole dump was taken by the output. */
export async function dumpFrom(
  guest: Guest,
  engine: Pick<Engine, "dumps">,
  request: Pick<DumpRequest, "output" | "signal" | "onBytes" | "name"> & { database: string; what: string },
): Promise<Transferred> {
  const { database, output, what, onBytes } = request;
  const { dumps } = engine;
  const { argv, user, env } = dumps.dump(database);
  const watch = new StillWatch(dumpStillMs, `${what} stood still for ${dumpStillMs / 60_000} min`);
  const tail = new Tail();
  let bytes = 0;
  const stream = await guest.stream(argv, { user, env });
  try {
    stream.end();
    const counted = async function* (source: Bytes) {
      for await (const chunk of source) {
        watch.moved();
        tail.see(chunk);
        bytes += chunk.length;
        onBytes?.(bytes);
        yield chunk;
      }
    };
    await pipeline(stream, counted, output, { signal: either(request.signal, watch.signal), end: false });
  } catch (error) {
    throw stopped(error, watch) ?? error;
  } finally {
    watch.end();
    stream.destroy();
  }
  if (bytes === 0 || !dumps.ends(tail.bytes)) {
    throw new OperationError("failed", `${what} ended without the mark of a whole one, after ${bytes} bytes`, {
      remedy: "throw the file away, and look at `coffer logs` for what happened",
    });
  }
  return { instance: request.name, database, bytes };
}

export async function load(request: LoadRequest): Promise<Transferred> {
  const { record, guests, passwords, issuer } = await recordedInstance(request, request.name);
  const engine = engineOf(record.engine);
  const database = databaseOf(record, request.database);
  const { dumps } = engine;
  const { head, whole } = await peek(request.input);
  if (!dumps.begins(head)) {
    throw new OperationError("input", `this is no dump of ${engine.title} as coffer makes it`, {
      remedy: `make one with: coffer dump NAME > FILE; other statements run with: coffer connect ${record.name} < FILE`,
    });
  }
  if (request.tail && !dumps.ends(request.tail)) throw truncated("input", "nothing was loaded");
  const loader = loaderOf(record, database, request);
  const password = passwords[record.name]?.[userKey(engine, loader)];
  if (password === undefined) {
    throw new OperationError("failed", `the password of "${loader.name}" is not in the state`, {
      remedy: "run `coffer up`: it completes what is missing",
    });
  }
  const what = `loading into "${database}" of "${record.name}"`;
  if (record.tls === undefined) {
    throw new OperationError("failed", `"${record.name}" has no certificate yet, which loading goes by`, {
      remedy: "run `coffer up`: it makes one",
    });
  }
  const pair = record.tls === "mtls" ? await issue(issuer, record, loader) : undefined;
  return within(request, guests[record.name], `${what} failed`, (guest) => {
    const into = { ...request, input: whole, database, what, login: { user: loader.name, password } };
    if (!pair) return loadInto(guest, engine, into);
    return withFiles(guest, pair, loadingUser, (own) => loadInto(guest, engine, { ...into, ...own }));
  });
}

/** As the user of `login`, whose rights bound what the dump can do. */
export async function loadInto(
  guest: Guest,
  engine: Engine,
  request: Pick<LoadRequest, "input" | "replace" | "signal" | "onBytes" | "name"> & {
    database: string;
    what: string;
    login: { user: string; password: string };
  } & Pick<Connection, "own">,
): Promise<Transferred> {
  const { database, what, replace, login, own } = request;
  const { dumps } = engine;
  if (!replace) await mustBeEmpty(guest, engine, database);
  const port = engine.ports.find(({ role }) => role === "sql")?.port ?? 0;
  const { argv, user, env } = dumps.load(
    { host: "127.0.0.1", port, ...login, database, authority: tlsFiles.authority, ...(own ? { own } : {}) },
    replace,
  );
  const watch = new StillWatch(loadStillMs, `${what} stood still for ${loadStillMs / 60_000} min`);
  const stream = await guest.stream(argv, { user, env });
  try {
    const bytes = await send(stream, dumps, watch, request);
    return { instance: request.name, database, bytes };
  } catch (error) {
    throw stopped(error, watch) ?? inWords(error, dumps, what);
  } finally {
    watch.end();
    stream.destroy();
  }
}

/** Sends all of the input and waits until the program has taken it. What the program prints is not kept. */
async function send(
  stream: Duplex,
  dumps: Dumps,
  watch: StillWatch,
  { input, signal, onBytes }: Pick<LoadRequest, "input" | "signal" | "onBytes">,
): Promise<number> {
  const tail = new Tail();
  let bytes = 0;
  const counted = async function* () {
    for await (const chunk of input) {
      watch.moved();
      tail.see(chunk);
      bytes += chunk.length;
      onBytes?.(bytes);
      yield chunk;
    }
    if (!dumps.ends(tail.bytes)) throw truncated("failed", notAtomic);
  };
  const bounds = { signal: either(signal, watch.signal) };
  stream.on("data", () => watch.moved());
  const outcomes = await Promise.allSettled([pipeline(counted, stream, bounds), finished(stream, bounds)]);
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  // When a program fails both sides of the stream do, and one of them knows why.
  const telling = errors.find((error) => error instanceof OperationError || error instanceof GuestError);
  if (errors.length) throw telling ?? errors[0];
  return bytes;
}

const notAtomic = "what came before its end is in the database";

function truncated(reason: "input" | "failed", fate: string): OperationError {
  return new OperationError(reason, `the dump has no end: it was cut off, or the dump failed; ${fate}`, {
    remedy: "make the dump again, and see that it ends with exit code 0",
  });
}

function inWords(error: unknown, dumps: Dumps, what: string): unknown {
  if (!(error instanceof GuestError) || error.problem !== "failed") return error;
  const fate = dumps.atomic ? "nothing was changed" : notAtomic;
  return new OperationError("failed", `${what} failed; ${fate}: ${dumps.reason(error.message)}`, {
    remedy: "mend what it names, or load as another user with --user; --replace loads over what is there",
    cause: error,
  });
}

async function mustBeEmpty(guest: Guest, engine: Engine, database: string): Promise<void> {
  const server = await engine.open(guest);
  try {
    const objects = await server.objects(database);
    if (objects === 0) return;
    throw new OperationError(
      "input",
      `database "${database}" is not empty: it has ${objects} tables and other objects`,
      {
        remedy: "--replace: what the dump has takes the place of what has the same name there",
      },
    );
  } finally {
    await server.close();
  }
}

/** Pure. */
export function databaseOf(record: Pick<InstanceRecord, "name" | "databases">, asked?: string): string {
  const { name, databases } = record;
  const [only, second] = databases;
  if (asked !== undefined) {
    if (databases.includes(asked)) return asked;
    const near = nearest(asked, databases);
    throw new OperationError(
      "input",
      `instance "${name}" has no database "${asked}"${near ? `; did you mean "${near}"?` : ""}`,
      { remedy: databases.length ? `there are: ${databases.join(", ")}` : "its spec lists no databases" },
    );
  }
  if (only !== undefined && second === undefined) return only;
  throw new OperationError(
    "input",
    only === undefined ? `instance "${name}" has no databases` : `instance "${name}" has several databases`,
    { remedy: only === undefined ? "add one to its spec" : `say which one with --database: ${databases.join(", ")}` },
  );
}

/** Who loads: the user that was asked for, or the first that may do everything in the database. Pure. */
export function loaderOf(
  record: Pick<InstanceRecord, "name" | "engine" | "users">,
  database: string,
  asked: { user?: string; host?: string },
): Pick<UserRecord, "name" | "host"> {
  if (asked.user !== undefined) {
    const { user, host } = asked;
    return userNamed(record.users, { user, ...(host === undefined ? {} : { host }) }, placeIn(record));
  }
  const able = record.users.filter(({ grants }) =>
    grants.some((grant) => grant.database === database && grant.privileges === "all"),
  );
  // The client is in the guest itself, so a user of certain addresses may not come in.
  const user = able.find(({ host }) => host === "%" || host === "127.0.0.1") ?? able[0];
  if (user) return user;
  throw new OperationError("input", `no user of "${record.name}" has privileges "all" on "${database}"`, {
    remedy: "a dump is loaded with the rights of such a user: add one to the spec, then run up",
  });
}

async function within(
  { name }: Transfer,
  address: Parameters<typeof openGuest>[0] | undefined,
  what: string,
  act: (guest: Guest) => Promise<Transferred>,
): Promise<Transferred> {
  if (!address)
    throw new OperationError("failed", `the address of "${name}" is not recorded`, { remedy: "run `coffer up`" });
  try {
    return await act(await openGuest(address));
  } catch (error) {
    if (!(error instanceof Error) || error instanceof OperationError || error instanceof GuestError)
      throw guestFailure(error, name, what);
    if (error.name === "AbortError") throw error;
    throw new OperationError("failed", `${what}: ${messageOf(error)}`, { remedy: "see `coffer show` for its state" });
  } finally {
    await closeAll();
  }
}

function either(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one ? AbortSignal.any([one, other]) : other;
}

/** An abort says only that there was one; the watch says why. */
function stopped(error: unknown, watch: StillWatch): OperationError | undefined {
  if (!watch.signal.aborted) return undefined;
  const remedy = "see `coffer logs` and `coffer show` for what the server waits for";
  return new OperationError("failed", messageOf(watch.signal.reason), { remedy, cause: error });
}
