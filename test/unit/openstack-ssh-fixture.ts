/** A real sshd on the loopback interface with keys of its own, and a wire in front of it that can be cut or go silent. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import ssh2 from "ssh2";
import { GuestError, type GuestProblem } from "../../access/guest.ts";
import { makeKeyPair } from "../../access/key-pair.ts";
import type { LookUp } from "../../access/openstack/addresses.ts";
import { OpenstackGuest } from "../../access/openstack/guest.ts";
import type { Reach } from "../../access/reach.ts";

const program = "/usr/sbin/sshd";

/** Why no sshd can be run here, false when it can. `./test/run all` brings what is missing on Debian, as root. */
export const noSshd: string | false = whyNoSshd() ?? false;

function whyNoSshd(): string | undefined {
  if (process.getuid?.() !== 0) return "its sshd needs root";
  const missing = [program, "/usr/bin/sudo"].filter((path) => !existsSync(path));
  return missing.length ? `no ${missing.join(", ")}: ./test/run all brings it on Debian` : undefined;
}

export interface Sshd {
  port: number;
  /** The public host key, as an address has it. */
  hostKey: string;
  /** The private key that it lets in, as root. */
  key: string;
  /** A file with that key. */
  keyFile: string;
  /** The file of its own private key, which it reads again when this is run. */
  hostKeyFile: string;
  restart: readonly string[];
  stop(): Promise<void>;
}

/** Starts one. `settings` are further lines for sshd_config. */
export async function startSshd(settings: readonly string[] = []): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "coffer-sshd-"));
  const host = makeKeyPair();
  const login = makeKeyPair();
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const port = await freePort();
  const hostKeyFile = file("host", host.privateKey);
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${hostKeyFile}`,
    `AuthorizedKeysFile ${file("authorized", login.publicKey)}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    // root's .bashrc on this machine is not part of the test, and may take a second.
    `SetEnv HOME=${folder}`,
    ...settings,
  ];
  mkdirSync("/run/sshd", { recursive: true });
  const child = spawn(program, ["-D", "-e", "-f", file("config", `${config.join("\n")}\n`)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await listening(child);
  return {
    port,
    hostKey: host.publicKey,
    key: login.privateKey,
    keyFile: file("key", login.privateKey),
    hostKeyFile,
    restart: ["kill", "-HUP", String(child.pid)],
    async stop() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Until it says so; its end before that is an error with what it said. */
async function listening(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  if (!child.stderr) throw new Error("sshd has no stderr");
  const lines = createInterface({ input: child.stderr });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`sshd ended with ${code}: ${said.join("\n")}`)));
    lines.on("line", (line) => {
      said.push(line);
      if (line.startsWith("Server listening")) resolve();
    });
  });
}

/** A server that lets everybody in and ends the connection at the first command, before it answers whether it runs. */
export async function startHangingUp(): Promise<Pick<Sshd, "port" | "hostKey" | "key" | "stop">> {
  const [host, login] = [makeKeyPair(), makeKeyPair()];
  const server = new ssh2.Server({ hostKeys: [host.privateKey] }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept) => accept().on("exec", () => client.end()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: host.publicKey,
    key: login.privateKey,
    async stop() {
      server.close();
      await once(server, "close");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A TCP wire to a port of this machine. */
export class Wire {
  readonly port: number;
  /** How many connections were made through it. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, to: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near) => {
      this.connections += 1;
      const far = connect(to, "127.0.0.1");
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => {});
        from.once("close", () => {
          this.#sockets.delete(from);
          into.destroy();
        });
        from.pipe(into);
      }
    });
  }

  /** Done when nobody uses it any more. */
  async unused(): Promise<void> {
    for (const socket of this.#sockets) if (!socket.closed) await once(socket, "close");
  }

  /** Ends all connections that go through it now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing through any more on the connections there are, and ends none. */
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}

export async function wireTo(port: number): Promise<Wire> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const wire = new Wire(server, port);
  wires.add(wire);
  return wire;
}

export const at = (port: number): LookUp => {
  return async () => [{ host: "127.0.0.1", port }];
};

/** A guest whose login user is root of this machine. */
export function guestOf(
  sshd: Pick<Sshd, "port" | "hostKey" | "key">,
  options: { lookUp?: LookUp; reach?: Reach; hostKey?: string; key?: string } = {},
): OpenstackGuest {
  const { lookUp = at(sshd.port), reach = { by: "fixed-address" }, hostKey = sshd.hostKey, key = sshd.key } = options;
  const address = { target: "openstack", name: "orders", uuid: randomUUID(), server: randomUUID() };
  const guest = new OpenstackGuest({ ...address, user: "root", key, hostKey, reach }, lookUp);
  guests.add(guest);
  return guest;
}

const guests = new Set<OpenstackGuest>();
const wires = new Set<Wire>();

/** Guests and wires, those of failed tests too: the process can end. */
export async function closeAll(): Promise<void> {
  await Promise.all([...guests, ...wires].map((one) => one.close()));
  guests.clear();
  wires.clear();
}

/** For `assert.rejects`. */
export const problem = (kind: GuestProblem, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GuestError, String(error));
  assert.equal(error.problem, kind, error.message);
  assert.match(error.message, words);
  return true;
};

/** Looks until the question is answered with yes, half a minute at most. */
export async function eventually(what: string, question: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    if (question()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within 30 s`);
}

/** The command lines of all processes of this machine. */
export function commandLines(): string[] {
  return execFileSync("ps", ["-eo", "args", "-ww"], { encoding: "utf8" }).split("\n");
}
