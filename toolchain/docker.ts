/** A Docker engine: one that answers is used, else Debian's docker.io is installed and started. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mountCgroups } from "./cgroups.ts";
import { ensureDebianPackages } from "./debian.ts";
import { ToolchainError } from "./errors.ts";
import { findProgram, lastLines, run, systemPath } from "./process.ts";
import { type Attempt, ensurePart, type Found, type Part, type Step, type ToolchainOptions } from "./steps.ts";

const systemSocket = "/var/run/docker.sock";

/** Seconds that a started engine has until it answers. */
const startLimit = 60;

export const dockerPart: Part = {
  name: "docker",
  title: "Docker engine",
  async find(_cache, env) {
    return findEngine(env);
  },
  sources: [refuseForeignAddress, start],
};

/** An engine that answers: `path` is its address in the form of DOCKER_HOST. Installs and starts one if there is none. */
export async function ensureDocker(options: ToolchainOptions = {}): Promise<Step> {
  return ensurePart(dockerPart, options);
}

/** The addresses where an engine may listen, in the order in which they are tried. */
export function engineAddresses(env: NodeJS.ProcessEnv): string[] {
  if (env.DOCKER_HOST) return [env.DOCKER_HOST];
  const rootless = env.XDG_RUNTIME_DIR ? [`unix://${env.XDG_RUNTIME_DIR}/docker.sock`] : [];
  return [...rootless, `unix://${systemSocket}`];
}

/** The first engine that answers. */
export async function findEngine(env: NodeJS.ProcessEnv): Promise<Found | undefined> {
  for (const address of engineAddresses(env)) {
    const version = await engineVersion(address, env).catch(() => undefined);
    if (version !== undefined) return { from: "installed", version, path: address };
  }
  return undefined;
}

/** The engine's version as it says it itself. Rejects when nobody answers within 5 s. */
export async function engineVersion(address: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (!/^(unix|tcp|http):\/\//.test(address) || env.DOCKER_TLS_VERIFY) return versionByClient(address, env);
  const url = new URL(address.replace(/^tcp:/, "http:"));
  const target =
    url.protocol === "unix:" ? { socketPath: url.pathname } : { host: url.hostname, port: url.port || 2375 };
  return new Promise((done, failed) => {
    const call = request({ ...target, path: "/version", timeout: 5000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", failed).on("end", () => {
        const version = response.statusCode === 200 ? versionIn(body) : undefined;
        if (version === undefined) failed(new Error(`${address} answered with status ${response.statusCode}`));
        else done(version);
      });
    });
    call.on("timeout", () => call.destroy(new Error(`${address} did not answer within 5 s`)));
    call.on("error", failed).end();
  });
}

function versionIn(body: string): string | undefined {
  const value: unknown = JSON.parse(body);
  if (typeof value !== "object" || value === null || !("Version" in value)) return undefined;
  return typeof value.Version === "string" ? value.Version : undefined;
}

/** SSH and TLS addresses are the Docker client's business; without a client they count as not answering. */
async function versionByClient(address: string, env: NodeJS.ProcessEnv): Promise<string> {
  const client = findProgram("docker", env);
  if (client === undefined) throw new Error(`no docker client to ask ${address}`);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(client, ["version", "--format", "{{.Server.Version}}"], {
    env: { ...env, DOCKER_HOST: address },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 15_000,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.on("error", reject);
  child.on("close", (code) => (code === 0 ? resolve(output.trim()) : reject(new Error(`${address} did not answer`))));
  return promise;
}

/** An engine that the user named must not be replaced by one of ours. */
async function refuseForeignAddress({ env }: Attempt): Promise<undefined> {
  if (!env.DOCKER_HOST) return undefined;
  throw new ToolchainError(`No Docker engine answers at DOCKER_HOST=${env.DOCKER_HOST}.`, {
    remedy: "start that engine, or unset DOCKER_HOST to use one on this machine.",
  });
}

async function start(attempt: Attempt): Promise<Found | undefined> {
  if (findProgram("dockerd", { PATH: systemPath(attempt.env) }) === undefined) {
    await ensureDebianPackages(["docker.io", "iptables", "ca-certificates"], attempt);
  }
  if (process.getuid?.() !== 0) {
    throw new ToolchainError("No Docker engine answers, and Coffer does not run as root, so it cannot start one.", {
      remedy: "run as root: systemctl start docker - and add yourself to the group docker; or use a rootless engine.",
    });
  }
  if (existsSync("/run/systemd/system")) return startBySystemd(attempt);
  const log = join(attempt.cache.logs, "dockerd.log");
  await mountCgroups(attempt);
  const running = runningDaemon();
  if (running === undefined) startDaemon(["dockerd"], log, attempt.env);
  attempt.progress(running === undefined ? "starts dockerd" : `waits for dockerd (process ${running})`);
  return waitForEngine(attempt, log, () => runningDaemon() !== undefined);
}

async function startBySystemd(attempt: Attempt): Promise<Found | undefined> {
  attempt.progress("starts docker.service");
  const remedy = "look into: journalctl -u docker --no-pager -n 50";
  const unit = { log: attempt.log, limit: 90_000, purpose: "Starting docker.service", remedy, signal: attempt.signal };
  await run(["systemctl", "enable", "--now", "docker.service"], unit);
  return waitForEngine(attempt, attempt.log, () => true);
}

/** Starts a daemon that outlives us, with its words in a log of its own. */
export function startDaemon(argv: readonly [string, ...string[]], log: string, env: NodeJS.ProcessEnv): void {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, "a");
  const child = spawn(argv[0], argv.slice(1), {
    cwd: "/",
    env: { ...env, PATH: systemPath(env) },
    stdio: ["ignore", output, output],
    detached: true,
  });
  // A start that fails shows in the wait that follows.
  child.on("error", () => undefined);
  child.unref();
  closeSync(output);
}

/** Waits until the engine answers; ends early when its daemon has died. */
export async function waitForEngine(attempt: Attempt, log: string, alive: () => boolean): Promise<Found | undefined> {
  const until = Date.now() + startLimit * 1000;
  let died = false;
  for (let round = 0; Date.now() < until; round++) {
    attempt.signal?.throwIfAborted();
    const found = await findEngine(attempt.env);
    if (found !== undefined) return found;
    if (round > 10 && !alive()) {
      died = true;
      break;
    }
    await sleep(250);
  }
  const what = died ? "ended before it answered" : `does not answer within ${startLimit} s`;
  throw new ToolchainError(`The Docker engine was started and ${what}.`, {
    ran: "dockerd",
    log,
    tail: lastLines(log, 12),
    remedy:
      "mend what the last words name (often iptables, cgroups or overlayfs of the kernel), then run the command again.",
  });
}

/** The process id of the system's dockerd, by its pid file. */
function runningDaemon(): number | undefined {
  try {
    const pid = Number(readFileSync("/var/run/docker.pid", "utf8").trim());
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd" ? pid : undefined;
  } catch {
    return undefined;
  }
}
