/** From the address of a guest to an SSH connection: each place is tried in turn, directly or through a bastion. */
import { connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type GuestAddress, GuestError } from "../guest.ts";
import { type PublicKey, publicKeyTypes, readPublicKey } from "../public-key.ts";
import type { Bastion, Reach } from "../reach.ts";
import type { LookUp, Place } from "./addresses.ts";
import { bastionSecret, checkPrivateKey } from "./ssh-keys.ts";
import { LoginRefused, openLink, type SshLink } from "./ssh-link.ts";

/** The part of a guest's address that SSH needs, checked. */
export interface SshAddress {
  name: string;
  user: string;
  key: string;
  hostKey: PublicKey;
  reach: Reach;
}

/** Milliseconds for a TCP connection. */
const tcpLimit = 10_000;

/** Throws a GuestError that names the field which is absent or wrong. */
export function sshAddress(address: GuestAddress): SshAddress {
  const { name } = address;
  const text = (field: string): string => {
    const value = address[field];
    if (typeof value === "string" && value !== "") return value;
    throw new GuestError("failed", `the address of ${name} has no "${field}"`);
  };
  text("server");
  const key = text("key");
  checkPrivateKey(key, `the login key of ${name}`);
  const reach = address.reach as Reach | undefined;
  if (!reach?.by) throw new GuestError("failed", `the address of ${name} does not say how to reach it ("reach")`);
  return { name, user: text("user"), key, hostKey: pinned(text("hostKey"), name), reach };
}

function pinned(text: string, whose: string): PublicKey {
  const key = readPublicKey(text);
  if (key) return key;
  const received = JSON.stringify(text.slice(0, 60));
  throw new GuestError(
    "failed",
    `the SSH host key of ${whose} is no public key: received ${received}, expected "TYPE BASE64" with a type of ` +
      publicKeyTypes.join(", "),
  );
}

/** The first place that answers. With none, the error is that of the first place. */
export async function connectGuest(address: SshAddress, lookUp: LookUp): Promise<SshLink> {
  const places = await lookUp();
  let first: unknown;
  for (const place of places) {
    try {
      return await connectPlace(address, place);
    } catch (error) {
      if (!(error instanceof GuestError) || error.problem !== "unreachable" || error instanceof LoginRefused)
        throw error;
      first ??= error;
    }
  }
  throw first ?? new GuestError("unreachable", `${address.name} has no address (now)`);
}

async function connectPlace({ name, user, key, hostKey, reach }: SshAddress, place: Place): Promise<SshLink> {
  const where = `${name} at ${shown(place)}`;
  const whenChanged = `give it a new system disk and learn its key again with: coffer rebuild ${name}`;
  if (reach.by === "bastion") {
    const socket = await throughBastion(reach.bastion, place, where);
    const what = `${where} (through the bastion ${reach.bastion.host})`;
    return openLink({ socket, what, user, secret: { key }, hostKey, whenChanged });
  }
  return openLink({ socket: await openSocket(place, where), what: where, user, secret: { key }, hostKey, whenChanged });
}

function shown({ host, port }: Place): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

async function openSocket({ host, port }: Place, what: string): Promise<Socket> {
  const socket = connectSocket({ host, port, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    reject(new GuestError("unreachable", `${what} does not answer: no TCP connection within ${tcpLimit / 1000} s`));
  }, tcpLimit);
  const failed = (error: Error) => {
    const words = error.message || (error as NodeJS.ErrnoException).code;
    reject(new GuestError("unreachable", `${what} cannot be reached: ${words}`, { cause: error }));
  };
  socket.once("error", failed);
  socket.once("connect", resolve);
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off("error", failed);
    socket.on("error", () => {});
  }
}

interface SharedBastion {
  link: Promise<SshLink>;
  /** Tunnels, and those who wait for one. */
  users: number;
}

/** Connections to bastions, shared by all guests of this process while any of them needs one. */
const bastions = new Map<string, SharedBastion>();

async function throughBastion(bastion: Bastion, place: Place, what: string): Promise<Duplex> {
  const key = JSON.stringify([bastion.host, bastion.port, bastion.user, bastion.hostKey, bastion.key ?? null]);
  const shared = bastions.get(key) ?? shareBastion(key, bastion);
  shared.users += 1;
  const release = () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    forget(key, shared);
    shared.link.then(
      (link) => link.close(),
      () => undefined,
    );
  };
  try {
    const tunnel = await (await shared.link).forward(place.host, place.port);
    tunnel.once("close", release);
    return tunnel;
  } catch (error) {
    release();
    if (!(error instanceof GuestError)) throw error;
    throw new GuestError(error.problem, `${what}: ${error.message}`, { cause: error });
  }
}

function shareBastion(key: string, bastion: Bastion): SharedBastion {
  const shared = { link: connectBastion(bastion), users: 0 };
  bastions.set(key, shared);
  const gone = () => forget(key, shared);
  shared.link.then((link) => link.ended).then(gone, gone);
  return shared;
}

function forget(key: string, shared: SharedBastion): void {
  if (bastions.get(key) === shared) bastions.delete(key);
}

async function connectBastion(bastion: Bastion): Promise<SshLink> {
  const what = `the bastion ${shown(bastion)}`;
  const hostKey = pinned(bastion.hostKey, what);
  const secret = bastionSecret(bastion);
  const socket = await openSocket(bastion, what);
  try {
    const whenChanged = "write the new one in the spec, where the bastion is";
    return await openLink({ socket, what, user: bastion.user, secret, hostKey, whenChanged });
  } catch (error) {
    // Unlike a guest that boots, a bastion that says no goes on saying so.
    if (error instanceof LoginRefused) throw new GuestError("failed", error.message, { cause: error });
    throw error;
  }
}
