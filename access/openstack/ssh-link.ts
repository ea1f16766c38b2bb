/** One authenticated SSH connection: opened within a limit, to the one host whose key is pinned, with modern algorithms. */
import type { Duplex } from "node:stream";
import ssh2, {
  type Algorithms,
  type AnyAuthMethod,
  type ClientChannel,
  type ConnectConfig,
  type PseudoTtyOptions,
} from "ssh2";
import { AnotherHostKey, GuestError } from "../guest.ts";
import type { PublicKey } from "../public-key.ts";
import { fingerprint, type Secret, signaturesOf } from "./ssh-keys.ts";

export interface LinkRequest {
  /** Connected already: a TCP socket, or a channel of a bastion. It belongs to the link from now on. */
  socket: Duplex;
  /** What answers there, for messages: `orders at 10.0.0.5:22`. */
  what: string;
  user: string;
  secret: Secret;
  hostKey: PublicKey;
  /** What to do about a host that got another key on purpose, for messages. */
  whenChanged: string;
}

/** The host is there and speaks, but does not let this user in with this key. */
export class LoginRefused extends GuestError {}

/** The connection ended before the wish was sent over it: asking again on another one repeats nothing. */
export class NeverSent extends GuestError {}

/** Milliseconds for the key exchange and the login; a guest without hardware virtualisation takes seconds for them. */
const handshakeLimit = 40_000;
/** Milliseconds between two signs of life on a quiet connection, and how many may stay without an answer. */
const keepaliveInterval = 10_000;
const keepaliveCountMax = 3;
/** A connection that was silent for longer, in milliseconds, is asked whether it is still there before it is used. */
const trustedSilence = 2_000;
const probeLimit = 5_000;
/** Milliseconds for opening a channel in it. */
const channelLimit = 30_000;

const algorithms: Omit<Algorithms, "serverHostKey"> = {
  kex: ["curve25519-sha256", "curve25519-sha256@libssh.org"],
  cipher: ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"],
  hmac: ["hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com"],
  compress: ["none"],
};

/** Connects and logs in. Fails as `unreachable`, except for what no repetition mends: another host key, no common algorithm. */
export async function openLink(request: LinkRequest): Promise<SshLink> {
  const { socket, what, user, secret, hostKey, whenChanged } = request;
  const client = new ssh2.Client();
  let another: Buffer | undefined;
  let banner = "";
  const config: ConnectConfig & { sock: Duplex } = {
    sock: socket,
    username: user,
    // Only this one way: no question for other ways in front, which sshd would count as a failed login.
    authHandler: [login(user, secret)],
    algorithms: { ...algorithms, serverHostKey: signaturesOf(hostKey) },
    hostVerifier: (key: Buffer) => {
      if (key.equals(hostKey.blob)) return true;
      another = key;
      return false;
    },
    readyTimeout: handshakeLimit,
    keepaliveInterval,
    keepaliveCountMax,
  };
  client.on("banner", (message: string) => {
    banner = message.trim().slice(-500);
  });
  return await new Promise<SshLink>((resolve, reject) => {
    const fail = (error?: Error & { level?: string }) => {
      client.destroy();
      socket.destroy();
      if (another) reject(anotherKey(what, another, hostKey, whenChanged));
      else reject(connectFailure(what, user, banner, error));
    };
    client.once("ready", () => {
      client.off("close", fail);
      client.off("error", fail);
      resolve(new SshLink(client, socket, what));
    });
    // A client may say more than one error; each needs a listener, and the first is the one to tell.
    client.on("error", fail);
    client.once("close", fail);
    try {
      client.connect(config);
    } catch (error) {
      fail(error as Error);
    }
  });
}

function login(username: string, secret: Secret): AnyAuthMethod {
  return "agent" in secret
    ? { type: "agent", username, agent: secret.agent }
    : { type: "publickey", username, key: secret.key };
}

function anotherKey(what: string, received: Buffer, expected: PublicKey, whenChanged: string): AnotherHostKey {
  return new AnotherHostKey(
    `${what} has another SSH host key than it had when it was made: received ${fingerprint(received)}, expected ` +
      `${fingerprint(expected.blob)}. Another machine answers at this address, or someone is in between; nothing was ` +
      `sent to it. If its key was changed on purpose: ${whenChanged}.`,
  );
}

function connectFailure(what: string, user: string, banner: string, error?: Error & { level?: string }): GuestError {
  const words = error?.message ?? "the connection was closed before the login was done";
  if (error?.level === "client-authentication") {
    const said = banner ? `; it says: ${banner}` : "";
    return new LoginRefused("unreachable", `${what} does not let "${user}" in with the given key${said}`, {
      cause: error,
    });
  }
  if (error?.level === "agent") {
    return new GuestError("failed", `${what}: the SSH agent cannot be used: ${words}`, { cause: error });
  }
  if (/no matching/i.test(words)) {
    return new GuestError("failed", `${what}: no common algorithm for a safe connection: ${words}`, { cause: error });
  }
  return new GuestError("unreachable", `${what} cannot be reached by SSH: ${words}`, { cause: error });
}

export class SshLink {
  readonly what: string;
  /** Settled when the connection ended, with the reason in words; never rejected. */
  readonly ended: Promise<string>;
  readonly #client: ssh2.Client;
  readonly #socket: Duplex;
  #open = true;
  #channels = 0;
  #heard = performance.now();

  constructor(client: ssh2.Client, socket: Duplex, what: string) {
    this.#client = client;
    this.#socket = socket;
    this.what = what;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    let reason = "it was closed by the other side";
    client.on("error", (error: Error) => {
      reason = error.message;
    });
    client.once("close", () => {
      this.#open = false;
      resolve(reason);
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether the connection still works. Asks the other side when it was silent; one that is in use is watched anyway. */
  async answers(): Promise<boolean> {
    if (!this.#open) return false;
    if (this.#channels > 0 || performance.now() - this.#heard < trustedSilence) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), probeLimit);
    try {
      // A request that every server answers, and that changes nothing: there is no such forwarding to end.
      this.#client.unforwardIn("coffer.invalid", 1, () => resolve(this.#open));
    } catch {
      resolve(false);
    }
    const alive = await promise;
    clearTimeout(timer);
    if (alive) this.#heard = performance.now();
    else this.close();
    return alive;
  }

  /** Starts a command of the login user's shell. */
  async exec(command: string, options: { pty?: PseudoTtyOptions } = {}): Promise<ClientChannel> {
    return await this.#channel("a session", (done) => this.#client.exec(command, options, done));
  }

  /** A TCP connection made by the other side. */
  async forward(host: string, port: number): Promise<ClientChannel> {
    const what = `a connection to ${host}:${port}`;
    return await this.#channel(what, (done) => this.#client.forwardOut("127.0.0.1", 0, host, port, done));
  }

  close(): void {
    this.#open = false;
    this.#client.end();
    // The goodbye of a machine that is gone would be waited for without end.
    this.#socket.destroy();
  }

  async #channel(
    wanted: string,
    open: (done: (error: Error | undefined, channel: ClientChannel) => void) => unknown,
  ): Promise<ClientChannel> {
    this.#channels += 1;
    const release = () => {
      this.#channels -= 1;
      this.#heard = performance.now();
    };
    const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new GuestError("unreachable", `${this.what} did not open ${wanted} within ${channelLimit / 1000} s`));
    }, channelLimit);
    try {
      open((error, channel) => {
        if (error) {
          release();
          reject(this.#refusal(error, wanted));
          return;
        }
        channel.once("close", release);
        if (late) discard(channel);
        else resolve(channel);
      });
    } catch (error) {
      release();
      reject(this.#refusal(error as Error, wanted));
    }
    return await promise.finally(() => clearTimeout(timer));
  }

  /** Reasons are those of RFC 4254: 2 is "connect failed". Without one the connection itself ended. */
  #refusal(error: Error & { reason?: number }, wanted: string): GuestError {
    const words = `${this.what} did not open ${wanted}: ${error.message}`;
    // ssh2 says the first of a channel that was never opened (once it is open: "Unable to exec"), the second of none at all.
    if (["No response from server", "Not connected"].includes(error.message)) {
      this.close();
      return new NeverSent("unreachable", words, { cause: error });
    }
    const problem = error.reason === undefined || error.reason === 2 ? "unreachable" : "failed";
    return new GuestError(problem, words, { cause: error });
  }
}

/** Closes a channel that nobody reads; it must be read to its end before it goes. */
export function discard(channel: ClientChannel): void {
  channel.on("error", () => {});
  channel.resume();
  channel.stderr.resume();
  channel.destroy();
}
