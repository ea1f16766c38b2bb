/** Carries the steps of a plan out: those that do not wait for each other side by side. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ToolchainError } from "../toolchain/errors.ts";
import { lastLines, quote, run } from "../toolchain/process.ts";
import { apiCalls } from "./api-calls.ts";
import type { Setup } from "./conf/common.ts";
import { type Layout, serviceLog } from "./layout.ts";
import type { Command, Ready, Service, Task } from "./parts.ts";
import type { Step } from "./plan.ts";
import { processesOf, readPidFile, runningServices } from "./processes.ts";
import { baseEnvironment, inside, type World } from "./world.ts";

/** Told while the cloud goes up or down. */
export type DevcloudEvent =
  | { kind: "started"; id: string; title: string }
  | {
      kind: "ended";
      id: string;
      title: string;
      outcome: "done" | "skipped" | "failed";
      seconds: number;
      detail?: string;
    }
  | { kind: "progress"; id: string; title: string; text: string }
  | { kind: "note"; text: string };

export interface Site {
  setup: Setup;
  world: World;
  tell: (event: DevcloudEvent) => void;
  signal?: AbortSignal;
}

/** Tasks at once: they are bound by the processors, and the urgent ones come first. */
const taskLimit = 3;
/** Seconds until a service that was started answers; the slowest needs 20 on two busy cores. */
const readyLimit = 180;
/** Seconds for one command of a task; the slowest (Nova's tables) needs 30 on two busy cores. */
const commandLimit = 600;

/** Resolves when every step is done. The first failure ends the others' waits, and is thrown. */
export async function carryOut(steps: readonly Step[], site: Site): Promise<void> {
  endLeftovers(site.world);
  const stop = new AbortController();
  const signal = site.signal ? AbortSignal.any([site.signal, stop.signal]) : stop.signal;
  const inner: Site = { ...site, signal };
  const turn = turns(taskLimit);
  const running = new Map<string, Promise<void>>();
  for (const step of steps) {
    const needed = Promise.all(step.needs.map((name) => running.get(name)));
    const work = needed.then(async () => {
      signal.throwIfAborted();
      if (step.part.kind === "service") await bringUp(step.part, step.act, inner);
      else await runTask(step.part, inner, step.part.light || step.part.act.kind === "api" ? (work) => work() : turn);
    });
    running.set(
      step.name,
      work.catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
  }
  const results = await Promise.allSettled(running.values());
  site.signal?.throwIfAborted();
  if (results.some(({ status }) => status === "rejected")) throw stop.signal.reason;
}

/** At most `limit` at once; who waits longest comes first. */
function turns(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

async function bringUp(service: Service, act: Step["act"], site: Site): Promise<void> {
  if (act === "start") await start(service, site);
  if (service.ready === undefined) return;
  await told(site, service.name, `${service.name} ${act === "start" ? "started" : "answers"}`, () =>
    untilReady(service, service.ready as Ready, site),
  );
}

async function start({ name, argv, env }: Service, { setup: { at }, world, signal }: Site): Promise<void> {
  const script = ["sh", join(at.launch, "start.sh"), at.run, serviceLog(at, name), name, ...argv];
  await run(inside(world, script), {
    env: { ...baseEnvironment(at), ...env },
    log: join(at.log, "starts.log"),
    limit: 60_000,
    purpose: `Starting ${name}`,
    remedy: "mend what the last words name, then run the command again.",
    ...(signal ? { signal } : {}),
  });
}

async function untilReady(service: Service, ready: Ready, { setup: { at }, world, signal }: Site): Promise<void> {
  const until = Date.now() + readyLimit * 1000;
  const log = serviceLog(at, service.name);
  for (let round = 0; ; round++) {
    signal?.throwIfAborted();
    if (await answers(ready)) return;
    const died = round % 10 === 9 && isGone(at, world, service.name);
    if (died || Date.now() > until) {
      const how = died ? "ended before it answered" : `does not answer within ${readyLimit} s`;
      throw new ToolchainError(
        `${service.name} of the development cloud was started and ${how} at ${placeOf(ready)}.`,
        {
          ran: quote(service.argv),
          log,
          tail: lastLines(log, 12),
          remedy: "mend what the last words name, then run the same command again: it starts what is down.",
        },
      );
    }
    await sleep(100);
  }
}

function placeOf(ready: Ready): string {
  if (ready.kind === "http") return ready.url;
  return ready.kind === "tcp" ? `${ready.address}:${ready.port}` : ready.path;
}

function isGone(at: Layout, world: World, name: string): boolean {
  return readPidFile(at.run, name) !== undefined && !runningServices(at.run, world.init, [name]).has(name);
}

/** True when a connection is accepted within a second, or an API gives any answer but an error of its own within ten. */
export async function answers(ready: Ready): Promise<boolean> {
  if (ready.kind === "http") {
    try {
      const response = await fetch(ready.url, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
      await response.arrayBuffer();
      return response.status < 500;
    } catch {
      return false;
    }
  }
  return new Promise((done) => {
    const socket = ready.kind === "tcp" ? connect(ready.port, ready.address) : connect(ready.path);
    const end = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}

type Turn = <T>(work: () => Promise<T>) => Promise<T>;

const runTask = (task: Task, site: Site, turn: Turn): Promise<void> => turn(() => toldTask(task, site));

async function toldTask(task: Task, site: Site): Promise<void> {
  const { at } = site.setup;
  await told(site, task.name, `${task.name} made`, async () => {
    const { act } = task;
    if (act.kind === "api") await apiCalls[act.call](site.setup, site.signal);
    else for (const command of act.commands) await runInside(command, task.name, site);
    markDone(at, task);
  });
}

async function runInside({ argv, env }: Command, name: string, { setup: { at }, world, signal }: Site): Promise<void> {
  await run(inside(world, argv), {
    env: { ...baseEnvironment(at), ...env, [taskMark]: name },
    log: serviceLog(at, name),
    limit: commandLimit * 1000,
    purpose: `${name} of the development cloud`,
    remedy: "mend what the last words name, then run the same command again: it goes on where it stopped.",
    ...(signal ? { signal } : {}),
  });
}

/** In the environment of every command of a task, and of nothing else. */
const taskMark = "COFFER_DEVCLOUD_TASK";

/** An `up` that was killed leaves its commands behind: they must not work beside those of this one. */
function endLeftovers({ init }: World): void {
  for (const { pid } of processesOf(init)) {
    try {
      if (
        readFileSync(`/proc/${pid}/environ`, "latin1")
          .split("\0")
          .some((entry) => entry.startsWith(`${taskMark}=`))
      )
        process.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

export const doneMark = (at: Layout, { lasts, name }: Task): string =>
  join(lasts === "state" ? join(at.state, "done") : join(at.run, "done"), name);

export const isDone = (at: Layout, task: Task): boolean => existsSync(doneMark(at, task));

function markDone(at: Layout, task: Task): void {
  const mark = doneMark(at, task);
  mkdirSync(join(mark, ".."), { recursive: true });
  closeSync(openSync(mark, "w"));
}

/** Tells of a step's start and end around it. */
export async function told<T>(site: Pick<Site, "tell">, id: string, title: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  site.tell({ kind: "started", id, title });
  const end = (outcome: "done" | "failed"): void =>
    site.tell({ kind: "ended", id, title, outcome, seconds: (performance.now() - since) / 1000 });
  try {
    const result = await work();
    end("done");
    return result;
  } catch (error) {
    end("failed");
    throw error;
  }
}
