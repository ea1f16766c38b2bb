/** Processes of the cloud, as they are seen in /proc. Looks only. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface Process {
  /** As this process sees it. */
  pid: number;
  /** As the processes of its own PID namespace see it. */
  innerPid: number;
  /** The first 15 characters of its program's name; some services change theirs. */
  name: string;
  /** Ticks since the machine's start. */
  started: number;
  /** Its resident memory, in KiB. */
  memory: number;
}

/** Of one process; undefined when it is gone or a zombie. */
export function readProcess(pid: number): Process | undefined {
  try {
    return parseProcess(pid, readFileSync(`/proc/${pid}/stat`, "utf8"), readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The name in `stat` may hold blanks and brackets: what follows the last bracket counts. */
export function parseProcess(pid: number, stat: string, status: string): Process | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const innerPid = /^NSpid:.*?(\d+)$/m.exec(status)?.[1];
  return {
    pid,
    innerPid: Number(innerPid ?? pid),
    name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
    started: Number(fields[19]),
    memory: Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0),
  };
}

/** All processes of the PID namespace whose process 1 is `init`. */
export function processesOf(init: number): Process[] {
  const space = spaceOf(init);
  if (space === undefined) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && spaceOf(Number(name)) === space)
    .map((name) => readProcess(Number(name)))
    .filter((process) => process !== undefined);
}

function spaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** What launch/start.sh wrote: `PID START`, in the numbers of the namespace. */
export function readPidFile(run: string, name: string): { pid: number; started: number } | undefined {
  try {
    const [pid, started] = readFileSync(join(run, `${name}.pid`), "utf8")
      .trim()
      .split(" ")
      .map(Number);
    return pid && started ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

/** The services of these names that run. */
export function runningServices(run: string, init: number, names: readonly string[]): Map<string, Process> {
  const all = processesOf(init);
  const found = new Map<string, Process>();
  for (const name of names) {
    const file = readPidFile(run, name);
    const process = all.find(({ innerPid, started }) => innerPid === file?.pid && started === file.started);
    if (process !== undefined) found.set(name, process);
  }
  return found;
}

/** When a process began. Ticks are hundredths of a second on every machine that Linux runs on today. */
export function startTime(process: Process): Date {
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return new Date(boot * 1000 + process.started * 10);
}
