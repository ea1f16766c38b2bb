/** Stops the cloud, and forgets it. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../toolchain/process.ts";
import { restorePolicy } from "../toolchain/quiet-packages.ts";
import { type DevcloudEvent, told } from "./execute.ts";
import { type Layout, layout } from "./layout.ts";
import { underLock } from "./lock.ts";
import { savedPolicy } from "./packages.ts";
import type { Service } from "./parts.ts";
import { planDown, servicesOf } from "./plan.ts";
import { processesOf, readProcess, runningServices } from "./processes.ts";
import { ensureSecrets } from "./secrets.ts";
import { libvirtOf, onHost } from "./services/compute.ts";
import { partsOf } from "./services/index.ts";
import { readShape } from "./shape.ts";
import { baseEnvironment, endWorld, findWorld, inside, type World } from "./world.ts";

export interface DownRequest {
  tell: (event: DevcloudEvent) => void;
  signal?: AbortSignal;
}

export interface DownResult {
  /** Names of the services that ran. */
  stopped: readonly string[];
}

/** Seconds in which a guest shuts down by itself; under TCG it takes about 15. */
const guestLimit = 90;

/** Stops everything and keeps what it held. The guests that ran run again after the next `up`. */
export function down(request: DownRequest): Promise<DownResult> {
  const at = layout();
  if (!existsSync(at.state)) return Promise.resolve({ stopped: [] });
  return underLock("stopping the development cloud", request, () => stopAll(at, request, true));
}

/** Stops everything and removes it, with all servers, volumes and images in it. The packages stay. */
export async function wipe(request: DownRequest): Promise<DownResult> {
  const at = layout();
  if (!existsSync(at.state)) return { stopped: [] };
  return underLock("removing the development cloud", request, async () => {
    const stopped = await stopAll(at, request, false);
    restorePolicy(savedPolicy(at));
    await told(request, "state", `${at.state} removed`, async () => {
      // The secrets go last: with them a run that was interrupted here is still known for what it is.
      const names = readdirSync(at.state).sort(
        (one, two) => Number(one === "secrets.json") - Number(two === "secrets.json"),
      );
      for (const name of names) rmSync(join(at.state, name), { recursive: true, force: true });
      removeFolder(at.state);
    });
    return stopped;
  });
}

/** Where the folder is a mount of the user's own, it stays, empty. */
function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EBUSY")) throw error;
  }
}

async function stopAll(at: Layout, request: DownRequest, gently: boolean): Promise<DownResult> {
  const world = findWorld(at);
  const shape = readShape(at);
  const parts = partsOf({ at, secrets: ensureSecrets(at) }, shape);
  const names = servicesOf(parts).map(({ name }) => name);
  const running = world ? runningServices(at.run, world.init, names) : new Map();
  if (world !== undefined && gently) {
    let guestsStopped = false;
    for (const { wave, services } of planDown(parts, new Set(running.keys()))) {
      if (wave > 0 && !guestsStopped) {
        guestsStopped = true;
        await stopGuests(at, world, shape.hypervisors, running, request);
      }
      const title = services.length > 4 ? `${services.length} services stopped` : `${list(services)} stopped`;
      await told(request, `wave-${wave}`, title, () =>
        Promise.all(services.map((service) => stopService(service, running.get(service.name)?.pid ?? 0))),
      );
    }
  }
  await told(request, "world", "namespaces and rules of the cloud removed", () => endWorld(at));
  return { stopped: [...running.keys()] };
}

const list = (services: readonly Service[]): string => services.map(({ name }) => name).join(", ");

async function stopGuests(
  at: Layout,
  world: World,
  hypervisors: number,
  running: ReadonlyMap<string, unknown>,
  request: DownRequest,
): Promise<void> {
  const numbers = Array.from({ length: hypervisors }, (_, index) => index + 1);
  const hosts = numbers.filter((number) => running.has(libvirtOf(number)));
  if (hosts.length === 0 || !hasGuests(world)) return;
  await told(request, "guests", "guests shut down", () =>
    Promise.all(
      hosts.map((number) =>
        run(inside(world, onHost(at, number, ["sh", join(at.launch, "stop-guests.sh"), String(guestLimit)])), {
          env: baseEnvironment(at),
          log: join(at.log, "guests.log"),
          limit: (guestLimit + 60) * 1000,
          purpose: "Shutting the guests down",
          remedy: "see the last words; then run the command again.",
          ...(request.signal ? { signal: request.signal } : {}),
        }),
      ),
    ),
  );
}

const hasGuests = (world: World): boolean => processesOf(world.init).some(({ name }) => name.startsWith("qemu-system"));

async function stopService(service: Service, pid: number): Promise<void> {
  const before = readProcess(pid);
  if (before === undefined) return;
  const alive = (): boolean => readProcess(pid)?.started === before.started;
  signal(pid, "SIGTERM");
  const until = Date.now() + service.stop.seconds * 1000;
  while (alive() && Date.now() < until) await sleep(50);
  if (!alive()) return;
  signal(pid, "SIGKILL");
  // A process that hangs in the kernel ends with the namespaces, or is named there.
  for (let round = 0; round < 40 && alive(); round++) await sleep(50);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}
