/**
 * The namespaces that the cloud lives in: network, mounts, processes, host name, IPC. Killing their process 1 ends the whole cloud, and
 * with it every interface, rule, mount and namespace that Neutron and libvirt made.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ToolchainError } from "../toolchain/errors.ts";
import { lastLines, run } from "../toolchain/process.ts";
import type { Layout } from "./layout.ts";
import { hostCommands, removalCommands, unlinkCommands } from "./links.ts";
import { readProcess } from "./processes.ts";

export interface World {
  /** Process 1 of the namespaces, as this process sees it. */
  init: number;
  /** The `unshare` that holds them; when it is killed, so is process 1. */
  holder: number;
}

/** Environment of everything in the cloud: nothing of the user's. */
export const baseEnvironment = (at: Layout): Record<string, string> => ({
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C.UTF-8",
  HOME: "/root",
  TMPDIR: join(at.state, "tmp"),
});

/** The namespaces that exist; undefined where the cloud is down. */
export function findWorld(at: Layout): World | undefined {
  const [pid, started] = readHolder(at);
  if (!pid || readProcess(pid)?.started !== started) return undefined;
  const init = childrenOf(pid)[0];
  return init === undefined ? undefined : { init, holder: pid };
}

const holderFile = (at: Layout): string => join(at.state, "world.pid");

function readHolder(at: Layout): [number, number] {
  try {
    const [pid = 0, started = 0] = readFileSync(holderFile(at), "utf8").trim().split(" ").map(Number);
    return [pid, started];
  } catch {
    return [0, 0];
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

/** `command` as it is started in the namespaces. */
export function inside(world: World, command: readonly string[]): [string, ...string[]] {
  const spaces = ["--mount", "--uts", "--ipc", "--net", "--pid"];
  return ["nsenter", "--target", String(world.init), ...spaces, "--wd=/", "--", ...command];
}

/** Makes the namespaces anew; `run` is emptied, since nothing of what it speaks of lives. */
export async function makeWorld(at: Layout, signal?: AbortSignal): Promise<World> {
  for (const argv of unlinkCommands(deviceExists))
    await run(argv, options(at, "Removing the interfaces of a cloud that has ended", signal));
  rmSync(at.run, { recursive: true, force: true });
  mkdirSync(at.run, { recursive: true, mode: 0o711 });
  mkdirSync("/etc/ceph", { recursive: true });
  const log = join(at.log, "world.log");
  const spaces = ["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"];
  const script = [
    'printf "%s %s\\n" $$ "$(sed "s/^.*) //" /proc/$$/stat | cut -d" " -f20)" >"$1.new" && mv "$1.new" "$1"',
    'log=$2; shift 2; exec >>"$log" 2>&1; exec unshare "$@"',
  ].join("; ");
  const words = [holderFile(at), log, ...spaces, "sh", join(at.launch, "world.sh"), at.state, at.launch];
  const child = spawn("sh", ["-uc", script, "sh", ...words], {
    cwd: "/",
    env: baseEnvironment(at),
    stdio: "ignore",
    detached: true,
  });
  let ended = false;
  child.on("exit", () => {
    ended = true;
  });
  child.on("error", () => {
    ended = true;
  });
  child.unref();
  const until = Date.now() + 30_000;
  while (!existsSync(join(at.run, "world.ready"))) {
    signal?.throwIfAborted();
    if (ended || Date.now() > until) {
      if (!ended && child.pid !== undefined) process.kill(child.pid, "SIGKILL");
      throw new ToolchainError(
        `The development cloud's namespaces ${ended ? "could not be made" : "were not ready within 30 s"}.`,
        {
          log,
          tail: lastLines(log, 8),
          remedy:
            "it needs root on a machine (or in a container) that may make namespaces, mounts and network devices, and the kernel module br_netfilter.",
        },
      );
    }
    await sleep(30);
  }
  const world = findWorld(at);
  if (world === undefined) throw new Error("the cloud's namespaces ended while they were made");
  return world;
}

const deviceExists = (device: string): boolean => existsSync(`/sys/class/net/${device}`);

/** The two interfaces and the rules that connect this machine with the cloud. May run again. */
export async function connectWorld(at: Layout, world: World, signal?: AbortSignal): Promise<void> {
  for (const argv of hostCommands(world.init, deviceExists)) {
    await run(argv, options(at, "Connecting the development cloud with this machine", signal));
  }
}

/** Kills what is left in the namespaces and takes the rules away. May run again, and where there is nothing. */
export async function endWorld(at: Layout): Promise<void> {
  const world = findWorld(at);
  if (world !== undefined) {
    process.kill(world.init, "SIGKILL");
    const until = Date.now() + 20_000;
    while (readProcess(world.holder) !== undefined || readProcess(world.init) !== undefined) {
      if (Date.now() > until) {
        throw new ToolchainError(`Process ${world.init} of the development cloud does not end, 20 s after SIGKILL.`, {
          remedy: "it hangs in the kernel (often a disk that does not answer): restart the machine.",
        });
      }
      await sleep(30);
    }
  }
  rmSync(holderFile(at), { force: true });
  rmSync(at.run, { recursive: true, force: true });
  for (const argv of removalCommands(deviceExists)) {
    await run(argv, options(at, "Removing the development cloud's network rules"));
  }
}

function options(at: Layout, purpose: string, signal?: AbortSignal) {
  return {
    env: baseEnvironment(at),
    log: join(at.log, "world.log"),
    limit: 30_000,
    purpose,
    remedy: "mend what the last words name, then run the command again.",
    ...(signal ? { signal } : {}),
  };
}
