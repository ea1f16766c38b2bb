/** Facts about processes of this host, from /proc. A process id alone proves nothing: it may have been used again. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** What identifies a process for good: its id, when it started, and on which boot of which host. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks after boot, as /proc/PID/stat has it. */
  start: string;
  host: string;
  boot: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    start: (await startOf(process.pid)) ?? "",
    host: hostname(),
    boot: await bootId(),
  };
}

/** `unknown` for a process of another host: nothing can be proven from here. */
export async function stateOf(identity: ProcessIdentity): Promise<"alive" | "dead" | "unknown"> {
  if (identity.host !== hostname()) return "unknown";
  if (identity.boot !== (await bootId())) return "dead";
  return (await startOf(identity.pid)) === identity.start ? "alive" : "dead";
}

/** True when a process of that id runs a program of that name now. */
export async function runsProgram(pid: number, program: string): Promise<boolean> {
  try {
    const executable = await readlink(`/proc/${pid}/exe`);
    return executable.replace(/ \(deleted\)$/, "").endsWith(`/${program}`);
  } catch {
    return false;
  }
}

/** Processes of this user that carry the variable with this value in their environment, without this one. */
export async function withEnvironment(name: string, value: string): Promise<number[]> {
  const wanted = `${name}=${value}`;
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const environment = await readFile(`/proc/${entry}/environ`, "utf8");
      if (environment.split("\0").includes(wanted) && (await startOf(Number(entry)))) found.push(Number(entry));
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
  return found;
}

/** Whether a process was started by another, or by one that was. One whose ancestors have ended descends from none. */
export async function descendsFrom(pid: number, ancestor: number): Promise<boolean> {
  for (let at = pid; at > 1; ) {
    if (at === ancestor) return true;
    const parent = (await fieldsOf(at))?.[1];
    if (parent === undefined) return false;
    at = Number(parent);
  }
  return false;
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

/** Undefined when there is no such process, or only its remains (a zombie). */
async function startOf(pid: number): Promise<string | undefined> {
  const fields = await fieldsOf(pid);
  return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/** From /proc/PID/stat, after the name: the state, the parent ... Undefined when there is no such process. */
async function fieldsOf(pid: number): Promise<readonly string[] | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The command's name stands in brackets and may hold anything; the fields after it are safe to split.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
