/**
 * Processes of a run are ended by kill -9 in named phases of it. A phase is known by what the run reports on stderr, as somebody
 * without a terminal reads it, never by the clock; the victim is looked up in /proc, among what the run itself started. A kill that
 * came too late is said to be that, and proves nothing.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { kill9, type Process, treeOf } from "./processes.ts";

/** From one reported line to another. */
export interface Phase {
  name: string;
  /** Default: from the run's start. */
  from?: RegExp;
  /** Default: to the run's end. */
  until?: RegExp;
  /** A process of the run that is there by then, where the lines alone do not say so. */
  runs?: RegExp;
}

/** Where a run is, by what it has reported so far. The last line counts only when it is whole. */
export function whereIs({ from, until }: Phase, stderr: string): "before" | "in" | "after" {
  const lines = stderr.slice(0, stderr.lastIndexOf("\n") + 1);
  if (until?.test(lines)) return "after";
  return from === undefined || from.test(lines) ? "in" : "before";
}

const coffer = /\/cli\/main\.ts /;
const engine = /^pulumi (?:up|preview) /;
const plugin = /\/docker-plugin\/main\.ts |\/pulumi-resource-openstack /;

/** What a first run reports before it changes anything: nothing of the toolchain when all of it is there. */
export const beforeChanges = {
  toolchain: { name: "toolchain", until: /^[✓✗·] (?:stack|state and reality)/m, runs: coffer },
  stack: { name: "while the stack is made", until: /^[✓✗·] stack/m, runs: /^pulumi stack init / },
  // Before the engine runs, a plugin that Coffer started for it is started anew, and nothing is reported of that.
  preview: { name: "preview", from: /^[✓·] state and reality/m, until: /^[✓✗] previewing the changes/m, runs: engine },
} as const satisfies Record<string, Phase>;

export type ApplyPhase = "machine" | "data" | "start" | "users" | "end";

/** What it reports of one instance while it applies, in this order. `before`: the part that its server is made of last. */
export function phasesOf(instance: string, before: "volume" | "port" = "volume"): Record<ApplyPhase, Phase> {
  const done = (part: string) => new RegExp(`^ +✓ (?:created|updated) ${instance}: ${part} `, "m");
  const says = (word: string) => new RegExp(`^ +· ${instance}: database-server: ${word} `, "m");
  return {
    machine: { name: "while the server is created", from: done(before), until: done("server") },
    data: { name: "while the data directory is made", from: says("make"), until: says("write") },
    start: { name: "while the database server starts", from: says("start"), until: done("database-server") },
    users: { name: "between databases and users", from: done("databases"), until: done("users") },
    end: { name: "after the last resource", from: done("users") },
  };
}

/** What a cloud's instance reports beside those, between its server and its data. */
export function mountOf(instance: string): Phase {
  const done = (part: string) => new RegExp(`^ +✓ created ${instance}: ${part} `, "m");
  return { name: "while the volume is mounted", from: done("host-key"), until: done("mount") };
}

export interface Victim {
  name: string;
  /** Of everything that the command started, itself included. */
  among(tree: readonly Process[]): readonly Process[];
  /** What the command reports when that was killed; none where it is killed itself. */
  says?: RegExp;
}

const running = (command: RegExp) => (tree: readonly Process[]) => tree.filter((one) => command.test(one.command));

/** What the engine says of a plugin, or of the language host, that is gone. */
const gone =
  / failed: .*(?:error reading from server|connection error|connection re(?:set|fused)|did not begin responding to RPC|exited prematurely|could not read plugin)/;

/** Who is killed: everything at once, as a machine that loses power, or one part, as the kernel's OOM killer does. */
export const victims = {
  everything: { name: "everything", among: (tree) => tree },
  coffer: { name: "coffer", among: running(coffer) },
  pulumi: { name: "pulumi", among: running(/^pulumi /), says: /the Pulumi process was killed/ },
  provider: { name: "provider", among: running(/\/provider\/main\.ts /), says: gone },
  program: { name: "program", among: running(/\/language-host\/(?:main|ahead)\.ts /), says: gone },
  plugin: { name: "plugin", among: running(plugin), says: gone },
} as const satisfies Record<string, Victim>;

export interface Kill {
  phase: Phase;
  victim: Victim;
}

export interface Killed extends Kill {
  processes: readonly Process[];
  /** What the run had reported by then. */
  reported: string;
}

export interface Run {
  /** Those that found their victim in their phase: fewer than were asked for when one came too late. */
  killed: readonly Killed[];
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Looks into /proc this often while nothing new is reported. */
const lookMs = 20;

/**
 * Starts `coffer ARGUMENTS` and kills one victim after the other, each as soon as its phase is reported and it is there, until the
 * run has ended. More than one makes sense only where the run goes on by itself after the first, which it says before the next is due.
 */
export async function runAndKill(
  { dir, env }: { dir: string; env: NodeJS.ProcessEnv },
  args: readonly string[],
  kills: readonly Kill[],
): Promise<Run> {
  const stdio = ["ignore", "ignore", "pipe"] as const;
  const run = spawn(join(dir, "coffer"), args, { cwd: dir, env, detached: true, stdio: [...stdio] });
  const over = once(run, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  let stderr = "";
  run.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const killed: Killed[] = [];
  for (let kill = kills[0]; kill && run.exitCode === null && run.signalCode === null; kill = kills[killed.length]) {
    const where = whereIs(kill.phase, stderr);
    if (where === "after") break;
    const reported = stderr;
    const due = where === "in" && killed.every((earlier) => isSaid(earlier, stderr));
    const processes = due && run.pid !== undefined ? killNow(run.pid, kill) : [];
    if (processes.length) killed.push({ ...kill, processes, reported });
    else await Promise.race([over, pause(lookMs)]);
  }
  const [code, signal] = await over;
  return { killed, stderr, code, signal };
}

/** Who was there to be killed; nobody while the phase's own process is not there yet. */
function killNow(root: number, { phase: { runs }, victim }: Kill): readonly Process[] {
  const tree = treeOf(root);
  if (runs && !tree.some(({ command }) => runs.test(command))) return [];
  const found = victim.among(tree);
  const hit = kill9(found.map(({ pid }) => pid));
  return found.filter(({ pid }) => hit.includes(pid));
}

/** Whether the run has reported since what it reports when that victim is gone. */
const isSaid = ({ victim, reported }: Killed, stderr: string): boolean =>
  victim.says?.test(stderr.slice(reported.length)) ?? false;

/**
 * Undefined when the run ended, or began anew, because of each kill; else which one came too late. Throws when the run ended
 * otherwise than a run without that victim does.
 */
export function tooLate(kills: readonly Kill[], { killed, stderr, code, signal }: Run): string | undefined {
  for (const [index, { phase, victim }] of kills.entries()) {
    const what = `${victim.name}, ${phase.name}`;
    const hit = killed[index];
    if (!hit) return `${what}: the phase was over before the victim was there`;
    if (!victim.says) {
      if (signal !== "SIGKILL") throw new Error(`${what}: the command ended with ${code ?? signal}\n${stderr}`);
    } else if (!isSaid(hit, stderr)) {
      if (code !== 0) throw new Error(`${what}: the command does not say ${victim.says}\n${stderr}`);
      return `${what}: the run did all it had to without the victim`;
    }
  }
  return undefined;
}

/** How often a series of kills is tried, each time on another stack. */
const tries = 3;

/** Acts until no kill came too late, with a word about each that did. Fails when all did. */
export async function untilInTime(act: () => Promise<string | undefined>, tell: (text: string) => void): Promise<void> {
  const late: string[] = [];
  while (late.length < tries) {
    const why = await act();
    if (why === undefined) return;
    late.push(why);
    tell(`too late, and tried again: ${why}`);
  }
  throw new Error(`each try came too late:\n${late.join("\n")}`);
}

/** `provider, while the database server starts: 4711 node .../provider/main.ts`, a line for each process. */
export function killLines({ killed }: Run): string[] {
  return killed.flatMap(({ phase, victim, processes }) =>
    processes.map(({ pid, command }) => `${victim.name}, ${phase.name}: ${pid} ${command.trim()}`),
  );
}
