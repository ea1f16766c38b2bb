/** What runs, what does not, and why. Looks only. */
import { existsSync, statfsSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { lastLines } from "../toolchain/process.ts";
import { openApi } from "./api.ts";
import { answers } from "./execute.ts";
import { complaints, readReports } from "./health.ts";
import { type Layout, layout, serviceLog } from "./layout.ts";
import { servicesOf } from "./plan.ts";
import { runningServices, startTime } from "./processes.ts";
import { ensureSecrets } from "./secrets.ts";
import { partsOf } from "./services/index.ts";
import { readShape, type Shape } from "./shape.ts";
import { findWorld, type World } from "./world.ts";

export interface ServiceStatus {
  name: string;
  running: boolean;
  /** Whether its listener accepts connections; undefined where it has none. */
  answers?: boolean;
  /** ISO 8601; only where it runs. */
  since?: string;
  /** MiB of resident memory of its first process; only where it runs. */
  memory?: number;
  /** The last line of its log; only where something is wrong. */
  lastWords?: string;
}

export interface DevcloudStatus {
  /** `absent`: never brought up, or wiped. `down`: nothing runs. */
  state: "absent" | "down" | "healthy" | "unhealthy";
  services: readonly ServiceStatus[];
  shape: Shape;
  /** What is wrong, one sentence each. */
  problems: readonly string[];
  cloudsFile: string;
  logs: string;
  /** MiB. */
  memory: { free: number; total: number };
  /** GiB of the file system that holds the state. */
  disk: { free: number; total: number };
}

export async function status(signal?: AbortSignal): Promise<DevcloudStatus> {
  const at = layout();
  const there = existsSync(at.cloudsFile);
  const shape = readShape(at);
  const common = { shape, cloudsFile: at.cloudsFile, logs: at.log, memory: memory(), disk: disk(at) };
  const world = findWorld(at);
  if (!there || world === undefined) return { state: there ? "down" : "absent", services: [], problems: [], ...common };
  const setup = { at, secrets: ensureSecrets(at) };
  const services = await serviceRows(at, world, servicesOf(partsOf(setup, shape)));
  const problems = services.flatMap(({ name, running, answers: answered }) => {
    if (!running) return [`${name} does not run`];
    return answered === false ? [`${name} runs and does not answer`] : [];
  });
  if (problems.length === 0) {
    try {
      const starts = new Map(services.map(({ name, since }) => [name, Date.parse(since ?? "")]));
      problems.push(...complaints(await readReports(await openApi(setup.secrets, signal)), shape, starts));
    } catch (error) {
      signal?.throwIfAborted();
      problems.push(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
    }
  }
  return { state: problems.length ? "unhealthy" : "healthy", services, problems, ...common };
}

type Parts = ReturnType<typeof servicesOf>;

async function serviceRows(at: Layout, world: World, parts: Parts): Promise<ServiceStatus[]> {
  const names = parts.map(({ name }) => name);
  const running = runningServices(at.run, world.init, names);
  return Promise.all(
    parts.map(async ({ name, ready }) => {
      const process = running.get(name);
      const answered = process && ready ? await answers(ready) : undefined;
      const wrong = process === undefined || answered === false;
      return {
        name,
        running: process !== undefined,
        ...(answered === undefined ? {} : { answers: answered }),
        ...(process ? { since: startTime(process).toISOString(), memory: Math.round(process.memory / 1024) } : {}),
        ...(wrong ? { lastWords: lastLines(serviceLog(at, name), 1).slice(0, 300) } : {}),
      };
    }),
  );
}

function memory(): DevcloudStatus["memory"] {
  return { free: Math.round(freemem() / 2 ** 20), total: Math.round(totalmem() / 2 ** 20) };
}

function disk(at: Layout): DevcloudStatus["disk"] {
  const { bavail, blocks, bsize } = statfsSync(existsSync(at.state) ? at.state : "/var/lib");
  return { free: Math.round((bavail * bsize) / 2 ** 30), total: Math.round((blocks * bsize) / 2 ** 30) };
}
