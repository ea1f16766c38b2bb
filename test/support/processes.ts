/** Finding and killing processes that a test started, by id; never by name alone. */
import { readdirSync, readFileSync } from "node:fs";

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** All processes below `pid` that live, itself included, as they are now; parents first. */
export function treeOf(pid: number): Process[] {
  const all = listProcesses();
  const tree = all.filter((process) => process.pid === pid);
  for (const found of tree) tree.push(...all.filter((process) => process.parent === found.pid));
  return tree;
}

/** Returns those that were there to be killed. */
export function kill9(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return process.kill(pid, "SIGKILL");
    } catch (error) {
      // It ended by itself in the meantime.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      return false;
    }
  });
}

function listProcesses(): Process[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
        const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ");
        // The name may hold blanks and parentheses: the fields begin after the last one.
        const [state = "", parent] = stat.slice(stat.lastIndexOf(") ") + 2).split(" ");
        return "ZX".includes(state) ? [] : [{ pid: Number(entry), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });
}
