/**
 * A new guest's SSH host key, from its console log: read through Nova's authenticated API, so that the very first
 * connection is to the machine that was made and to no other.
 */
import { setTimeout as pause } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { GuestError } from "../guest.ts";
import { readPublicKey } from "../public-key.ts";
import { getServer, type ServerView, stateOf } from "./addresses.ts";
import { type Cloud, CloudError } from "./cloud.ts";
import { Silence } from "./cloud-wait.ts";

export interface HostKeyOptions {
  /** Milliseconds; default 600_000: a guest without hardware virtualisation boots for minutes. */
  timeout?: number;
  signal?: AbortSignal;
  /** The instance's name, for messages; default: the server's id. */
  name?: string;
}

const defaultTimeout = 600_000;
const pollInterval = 2_000;
/** Nova may refuse the console of a server that was made active a moment ago; milliseconds. */
const consolePatience = 30_000;
/** Lines of the console in an error. */
const shownLines = 20;

const lineEnd = /\r\n|\r|\n/;

/**
 * `ssh-ed25519 AAAA...`. Waits until the console shows it, also while Nova is away for a moment; fails at once when the server is
 * in ERROR or was stopped.
 */
export async function readHostKey(cloud: Cloud, serverId: string, options: HostKeyOptions = {}): Promise<string> {
  const { timeout = defaultTimeout, signal, name = serverId } = options;
  const what = `the SSH host key of ${name}`;
  const deadline = performance.now() + timeout;
  const silence = new Silence(deadline - pollInterval);
  let activeSince: number | undefined;
  let log = "";
  for (;;) {
    signal?.throwIfAborted();
    const asked = await silence.ask(() => getServer(cloud, serverId, name));
    if (asked) {
      const server = asked.answer;
      if (server.status === "ERROR") throw new GuestError("failed", `${what}: the server failed: ${stateOf(server)}`);
      if (server.status === "SHUTOFF") {
        throw new GuestError("stopped", `${what}: the server was stopped before it said its key${lastLines(log)}`);
      }
      if (server.status === "ACTIVE") activeSince ??= performance.now();
      const patient = activeSince === undefined || performance.now() - activeSince < consolePatience;
      const seen = await readConsole(cloud, serverId, name, patient, signal);
      if (seen !== undefined) log = seen;
      const key = hostKeyIn(log);
      if (key) return key;
      if (performance.now() > deadline) throw tooLate(name, timeout, server, log);
    }
    await pause(pollInterval, undefined, { signal });
  }
}

/** The last whole key on a console, ed25519 before others; each boot prints it again, and an earlier one may be outdated. */
export function hostKeyIn(log: string): string | undefined {
  const lines = stripVTControlCharacters(log).split(lineEnd);
  const found: string[] = [];
  let inBlock = false;
  for (const line of lines) {
    if (line.includes("-----BEGIN SSH HOST KEY KEYS-----")) inBlock = true;
    else if (line.includes("-----END SSH HOST KEY KEYS-----")) inBlock = false;
    const written = /coffer-host-key: (.*)$/.exec(line)?.[1] ?? (inBlock ? keyInBlock(line) : undefined);
    const key = written === undefined ? undefined : readPublicKey(written);
    if (key) found.push(key.text);
  }
  return found.findLast((key) => key.startsWith("ssh-ed25519 ")) ?? found.at(-1);
}

/** systemd and the kernel put a prefix in front of what a unit prints. */
function keyInBlock(line: string): string | undefined {
  return /(?:^|[\s:])((?:ssh-|ecdsa-)\S+ [A-Za-z0-9+/]+=*)/.exec(line)?.[1];
}

async function readConsole(
  cloud: Cloud,
  serverId: string,
  name: string,
  patient: boolean,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const answer = await cloud.call<{ output?: string }>("compute", `/servers/${encodeURIComponent(serverId)}/action`, {
      method: "POST",
      body: { "os-getConsoleOutput": {} },
      ...(signal ? { signal } : {}),
    });
    return answer.output ?? "";
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof CloudError)) throw error;
    const passing = error.problem === "unreachable" || error.problem === "timeout" || error.problem === "conflict";
    if (passing || (error.problem === "absent" && patient)) return undefined;
    throw new GuestError(
      "failed",
      `the SSH host key of ${name}: the cloud does not let its console be read (${error.message}). Coffer pins the key that the console ` +
        `shows, so that it never talks to another machine; ask the cloud's people to allow the console log ` +
        `(os_compute_api:os-console-output), or ${withoutConsole(name)}`,
      { cause: error },
    );
  }
}

function tooLate(name: string, timeout: number, server: ServerView, log: string): GuestError {
  const words = `waited ${timeout / 1000} s for the SSH host key of ${name} on the console of the server ${server.id}`;
  const remedy = log.trim() === "" ? `; where consoles stay empty, ${withoutConsole(name)}` : "";
  return new GuestError("timeout", `${words} (${stateOf(server)})${lastLines(log)}${remedy}`);
}

/** What a server is told at its birth it keeps, so that one that was made already has to be made anew. */
function withoutConsole(name: string): string {
  return (
    "write hostKey: user-data under target.openstack in the spec, which needs no console. A server keeps the way that " +
    `it was made with: take this one away with \`coffer force-delete ${name}\`, write it into the spec again, and: coffer up`
  );
}

function lastLines(log: string): string {
  // A console must not steer the terminal that shows an error.
  const lines = stripVTControlCharacters(log)
    .split(lineEnd)
    .map((line) => line.replace(/\p{Cc}/gu, "").slice(0, 200))
    .filter((line) => line.trim() !== "");
  if (lines.length === 0) return "; the console is empty";
  return `; the console's last lines:\n${lines.slice(-shownLines).join("\n")}`;
}
