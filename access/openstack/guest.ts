/** A guest that is a virtual machine: commands over one SSH connection, the service by `coffer-service` in it. */
import type { Duplex } from "node:stream";
import type { ClientChannel } from "ssh2";
import { putFile, readFile } from "../files.ts";
import {
  type FileOptions,
  type Guest,
  type GuestAddress,
  GuestError,
  type RunOptions,
  type RunResult,
  type Service,
  type StreamOptions,
} from "../guest.ts";
import { must } from "../must.ts";
import { GuestService } from "../service.ts";
import { type LookUp, lookUpServer } from "./addresses.ts";
import { CloudError } from "./cloud.ts";
import { openCloud } from "./cloud-session.ts";
import { killAfter, remoteCommand } from "./ssh-command.ts";
import { connectGuest, type SshAddress, sshAddress } from "./ssh-connect.ts";
import { discard, LoginRefused, NeverSent, type SshLink } from "./ssh-link.ts";
import { bounded, collect, startFailure, wasKilled } from "./ssh-process.ts";
import { Slots } from "./ssh-slots.ts";
import { SshStream } from "./stream.ts";

const defaultTimeout = 60_000;
/** Milliseconds beyond the guest's own limit, after which the guest itself is taken not to answer. */
const grace = 15_000;
/** What `timeout` exits with when it ended the command, and when it had to kill it. */
const timeoutCodes: readonly (number | undefined)[] = [124, 137];

/**
 * Sessions at once: half of what sshd takes in most images, because it counts one that has just ended until it has read all that
 * was sent with its end, which may be the wish for the next.
 */
const mostSessions = 5;
/** Milliseconds that a command waits for its turn. */
const turnLimit = 120_000;
/** Milliseconds for asking the cloud what became of a guest whose connection was lost. */
const inquiryLimit = 15_000;
/** Milliseconds after which a login that was refused is tried again: sshd shuts out who asks too often. */
const refusalPause = 10_000;

interface Session {
  channel: ClientChannel;
  link: SshLink;
  /** By performance.now(): a moment before the command can have begun. */
  started: number;
}

/** The guest at an address, in the cloud that the address names. */
export function openstackGuest(address: GuestAddress): Guest {
  return new OpenstackGuest(address, lookUpIn(address));
}

/** Logs in to the cloud only when the guest's place is asked for. */
export function lookUpIn(address: GuestAddress): LookUp {
  const cloud = typeof address.cloud === "string" ? address.cloud : undefined;
  return async () => {
    try {
      return await lookUpServer(openCloud({ cloud }), address)();
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      throw new GuestError("failed", `${address.name}: ${error.message}`, { cause: error });
    }
  };
}

export class OpenstackGuest implements Guest {
  readonly name: string;
  readonly service: Service;
  readonly #address: SshAddress;
  readonly #lookUp: LookUp;
  readonly #slots = new Slots(mostSessions, turnLimit);
  readonly #streams = new Set<Duplex>();
  #link: Promise<SshLink> | undefined;
  #refused: { error: LoginRefused; until: number } | undefined;

  constructor(address: GuestAddress, lookUp: LookUp) {
    this.#address = sshAddress(address);
    this.#lookUp = lookUp;
    this.name = address.name;
    this.service = new GuestService(this);
  }

  async reach(): Promise<void> {
    await this.#connected();
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const timeout = options.timeout ?? defaultTimeout;
    const seconds = timeout / 1000;
    const what = `${argv[0]} in ${this.name}`;
    const { user, env, stdin = "" } = options;
    const { line, firstInput } = remoteCommand(argv, { user, env, seconds });
    const input = Buffer.concat([Buffer.from(firstInput), Buffer.from(stdin)]);
    const { channel, link, started } = await this.#start(line, what);
    const { code, stdout, stderr } = await bounded(
      collect(channel, input, what),
      `${what} (it should have ended after ${seconds} s)`,
      timeout + killAfter * 1000 + grace,
    ).catch((error: unknown) => {
      discard(channel);
      throw error;
    });
    if (performance.now() - started >= timeout && timeoutCodes.includes(code)) {
      throw new GuestError("timeout", `${what}: it did not finish within ${seconds} s and was ended`);
    }
    const loss = code === undefined || wasKilled(code) ? await this.#lost(what, link) : undefined;
    if (loss) throw loss;
    if (code === undefined) throw new GuestError("failed", `${what}: sshd did not say how it ended`);
    const failure = startFailure(code, stderr);
    if (failure) throw new GuestError("failed", `${what}: ${failure}`);
    return { code, stdout, stderr };
  }

  async must(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return await must(this, argv, options);
  }

  async putFile(path: string, content: string, options?: FileOptions): Promise<void> {
    await putFile(this, path, content, options);
  }

  async readFile(path: string): Promise<string | undefined> {
    return await readFile(this, path);
  }

  async stream(argv: readonly string[], options: StreamOptions = {}): Promise<Duplex> {
    const what = `${argv[0]} in ${this.name}`;
    const { line, firstInput } = remoteCommand(argv, options);
    const { channel, link } = await this.#start(line, what);
    if (firstInput) channel.write(firstInput);
    const stream = new SshStream(channel, what, () => this.#lost(what, link));
    this.#streams.add(stream);
    stream.once("close", () => this.#streams.delete(stream));
    return stream;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
    const link = this.#link;
    this.#link = undefined;
    (await link?.catch(() => undefined))?.close();
  }

  /** A session with the command, in its turn. Tried again once, if the connection had died before the command was sent. */
  async #start(line: string, what: string): Promise<Session> {
    const release = await this.#slots.take(what);
    try {
      const session = await this.#session(line, what).catch((error: unknown) => {
        if (error instanceof NeverSent) return this.#session(line, what);
        throw error;
      });
      session.channel.once("close", release);
      return session;
    } catch (error) {
      release();
      throw error;
    }
  }

  async #session(line: string, what: string): Promise<Session> {
    const link = await this.#connected();
    const started = performance.now();
    const channel = await link.exec(line).catch(async (error: unknown) => {
      // The command was sent, and the answer did not come: the connection ended before it, perhaps with the guest.
      const unanswered =
        error instanceof GuestError && error.problem === "unreachable" && !(error instanceof NeverSent);
      throw (unanswered ? await this.#lost(what, link) : undefined) ?? error;
    });
    return { channel, link, started };
  }

  /** The connection, made anew when it ended since its last use. */
  async #connected(): Promise<SshLink> {
    const known = this.#link;
    if (known && (await (await known).answers())) return await known;
    if (this.#link === known) this.#link = undefined;
    this.#link ??= this.#connect();
    return await this.#link;
  }

  #connect(): Promise<SshLink> {
    const refused = this.#refused;
    if (refused && performance.now() < refused.until) return Promise.reject(refused.error);
    const link = connectGuest(this.#address, this.#lookUp);
    link.catch((error: unknown) => {
      if (this.#link === link) this.#link = undefined;
      if (error instanceof LoginRefused) this.#refused = { error, until: performance.now() + refusalPause };
    });
    return link;
  }

  /**
   * After a connection ended or a process was killed: what became of the guest. Undefined when it goes on. Never repeats
   * the command, which may have run.
   */
  async #lost(what: string, link: SshLink): Promise<GuestError | undefined> {
    const inquiry = bounded(this.#lookUp(), `what became of ${this.name}`, inquiryLimit);
    const answer = await inquiry.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (answer instanceof GuestError && (answer.problem === "stopped" || answer.problem === "absent")) {
      return new GuestError(answer.problem, `${what}: ${answer.message}`, { cause: answer });
    }
    if (link.isOpen) return undefined;
    const reason = await link.ended;
    return new GuestError("unreachable", `${what}: the SSH connection was lost (${reason}); the command may have run`);
  }
}
