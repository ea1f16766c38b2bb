/** Brings the cloud up: installs, configures and starts what is missing, and nothing else. */
import { chmodSync, mkdirSync } from "node:fs";
import { networkInterfaces, totalmem } from "node:os";
import { join } from "node:path";
import { writeFile } from "../toolchain/cache.ts";
import { ToolchainError } from "../toolchain/errors.ts";
import { openApi } from "./api.ts";
import { cloudsFile } from "./conf/clouds.ts";
import type { Setup } from "./conf/common.ts";
import { configurationFiles } from "./conf/index.ts";
import { carryOut, type DevcloudEvent, isDone, type Site, told } from "./execute.ts";
import { untilHealthy } from "./health.ts";
import { type Layout, layout } from "./layout.ts";
import { conflicts } from "./links.ts";
import { underLock } from "./lock.ts";
import { installPackages } from "./packages.ts";
import { planUp, servicesOf, tasksOf } from "./plan.ts";
import { type Process, runningServices, startTime } from "./processes.ts";
import { ensureSecrets } from "./secrets.ts";
import { partsOf } from "./services/index.ts";
import { grown, readShape, type Shape, writeShape } from "./shape.ts";
import { connectWorld, findWorld, makeWorld } from "./world.ts";

export interface UpRequest {
  /** Added to what the cloud has already. */
  shape?: Partial<Shape>;
  tell: (event: DevcloudEvent) => void;
  signal?: AbortSignal;
}

export interface UpResult {
  cloudsFile: string;
  shape: Shape;
  /** Names of the services that this run started. */
  started: readonly string[];
}

/** Throws `ToolchainError` with what to do; the same command goes on where this one stopped. */
export async function up(request: UpRequest): Promise<UpResult> {
  const at = layout();
  refuseMachine();
  return underLock("bringing the development cloud up", request, async () => {
    makeFolders(at);
    const shape = grown(readShape(at), request.shape ?? {});
    await packagesStep(at, shape, request);
    writeShape(at, shape);
    const setup: Setup = { at, secrets: ensureSecrets(at) };
    writeConfiguration(setup, shape);
    const site = await openSite(setup, request);
    const parts = partsOf(setup, shape);
    const names = servicesOf(parts).map(({ name }) => name);
    const running = new Set(runningServices(at.run, site.world.init, names).keys());
    const done = new Set(
      tasksOf(parts)
        .filter((task) => isDone(at, task))
        .map(({ name }) => name),
    );
    const steps = planUp(parts, { running, done });
    await carryOut(steps, site);
    const starts = (): Map<string, number | undefined> => {
      const found = runningServices(at.run, site.world.init, names);
      return new Map(names.map((name) => [name, timeOf(found.get(name))]));
    };
    const health = "every service has reported";
    await told(site, "health", health, async () => {
      const progress = (text: string): void => request.tell({ kind: "progress", id: "health", title: health, text });
      const api = await openApi(setup.secrets, request.signal);
      await untilHealthy(api, shape, starts, at, progress, request.signal);
    });
    return {
      cloudsFile: at.cloudsFile,
      shape,
      started: steps.filter(({ act }) => act === "start").map(({ name }) => name),
    };
  });
}

const timeOf = (process: Process | undefined): number | undefined => process && startTime(process).getTime();

/** MiB that the services need, without a guest. */
const neededMemory = 5000;

function refuseMachine(): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new ToolchainError("The development cloud needs root on Linux: it makes namespaces and network devices.", {
      remedy: "run the command as root, on a machine that you can spare.",
    });
  }
  const memory = Math.round(totalmem() / 2 ** 20);
  if (memory < neededMemory) {
    throw new ToolchainError(
      `The development cloud needs ${neededMemory} MiB of memory, and this machine has ${memory}.`,
      {
        remedy: "run it on a machine with 8 GiB or more.",
      },
    );
  }
  const addresses = Object.entries(networkInterfaces()).flatMap(([device, list = []]) =>
    list.map(({ address }) => ({ device, address })),
  );
  const [taken] = conflicts(addresses);
  if (taken !== undefined) {
    throw new ToolchainError(
      `The development cloud's networks are 10.200.0.0/24 and 172.24.4.0/24, and ${taken.device} of this machine has ${taken.address}.`,
      { remedy: "end what uses that network, or run the development cloud on another machine." },
    );
  }
}

async function packagesStep(at: Layout, shape: Shape, { tell, signal }: UpRequest): Promise<void> {
  const title = "Debian's packages of OpenStack";
  const since = performance.now();
  tell({ kind: "started", id: "packages", title });
  let outcome: "done" | "skipped" | "failed" = "failed";
  try {
    const progress = (text: string): void => tell({ kind: "progress", id: "packages", title, text });
    const state = await installPackages(at, shape, progress, signal);
    outcome = state === "present" ? "skipped" : "done";
  } finally {
    tell({ kind: "ended", id: "packages", title, outcome, seconds: (performance.now() - since) / 1000 });
  }
}

const folders = [
  ...[
    "log",
    "etc",
    "tmp",
    "done",
    "keystone",
    "glance/images",
    "glance/staging",
    "nova/instances",
    "neutron",
    "cinder",
  ],
  ...[
    "fake/instances",
    "fake/lock",
    "rabbit",
    ...["nova", "neutron", "cinder", "glance", "heat"].map((name) => `lock/${name}`),
  ],
];

function makeFolders(at: Layout): void {
  mkdirSync(at.state, { recursive: true });
  // MariaDB runs as its own user and must get through to its folder; what is in etc and log is for root.
  chmodSync(at.state, 0o711);
  for (const folder of folders) mkdirSync(join(at.state, folder), { recursive: true });
  for (const folder of [at.etc, at.log]) chmodSync(folder, 0o700);
}

function writeConfiguration(setup: Setup, shape: Shape): void {
  const { at, secrets } = setup;
  for (const [path, content] of Object.entries(configurationFiles(setup, shape)))
    writeFile(join(at.etc, path), content, 0o600);
  writeFile(at.cloudsFile, cloudsFile(secrets), 0o600);
}

async function openSite(setup: Setup, { tell, signal }: UpRequest): Promise<Site> {
  const { at } = setup;
  const rest = signal ? { signal } : {};
  const world =
    findWorld(at) ?? (await told({ tell }, "world", "namespaces of the cloud", () => makeWorld(at, signal)));
  await connectWorld(at, world, signal);
  return { setup, world, tell, ...rest };
}
