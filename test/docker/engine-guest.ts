/**
 * Containers of the project's own images with a volume of their own, for tests of an engine on its server. One that a test is done with serves
 * the next test of the process, on a copy of a blank or of a freshly made volume: making a data directory takes seconds of the machine's time.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { type Guest, layout, volumeRoot } from "../../access/guest.ts";
import { openGuest } from "../../access/index.ts";
import type { Engine, ServerSpec } from "../../engines/engine.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";
import { ensureImage, recipeOf } from "../../images/index.ts";
import { atEnd } from "../support/at-end.ts";
import { giveCertificate } from "./tls-guest.ts";

export interface EngineGuest {
  guest: Guest;
  spec: ServerSpec;
  /** The published port. */
  address: { host: string; port: number };
  /** Ends every process of the guest at once, as a power failure would, and starts it again. */
  crash(): Promise<void>;
  /** Gives it to the next test. */
  remove(): Promise<void>;
}

/** What lies on a volume: nothing of an engine, or what a server with the usual settings has made. */
type State = "blank" | "made";

interface Kept extends Omit<EngineGuest, "remove"> {
  engine: Engine;
  /** The states of which there is a copy. */
  copies: Set<State>;
  discard(): Promise<void>;
}

const docker = new Docker();
const timeout = 60_000;
const all: Kept[] = [];
const free: Kept[] = [];
atEnd(async () => {
  await Promise.all(all.map((kept) => kept.discard()));
});

/** A guest on a blank volume, with no server in it yet. */
export async function blankGuest(engine: Engine, version: string): Promise<EngineGuest> {
  const kept = await take(engine, version);
  await lay(kept, "blank");
  return lent(kept);
}

/** A guest whose server runs, without databases and users. */
export async function runningGuest(engine: Engine, version: string): Promise<EngineGuest> {
  const kept = await take(engine, version);
  const { guest, spec, copies } = kept;
  if (copies.has("made")) await lay(kept, "made");
  else {
    await lay(kept, "blank");
    const { steps } = engine.planServer(spec, await engine.observe(guest, spec));
    for (const step of steps) await engine.executeServer(guest, step, spec);
    await engine.waitHealthy(guest, timeout);
    await guest.service.stop();
    await copy(kept, "made");
  }
  await guest.service.start();
  await engine.waitHealthy(guest, timeout);
  return lent(kept);
}

async function take(engine: Engine, version: string): Promise<Kept> {
  const at = free.findIndex((kept) => kept.engine === engine && kept.spec.version === version);
  const [kept] = at < 0 ? [] : free.splice(at, 1);
  return kept ?? make(engine, version);
}

const lent = (kept: Kept): EngineGuest => ({
  ...kept,
  async remove() {
    free.push(kept);
  },
});

async function make(engine: Engine, version: string): Promise<Kept> {
  const image = await ensureImage(docker, recipeOf(engine.name, version), {
    cacheDir: join(tmpdir(), "coffer-test-images"),
  });
  const uuid = randomUUID();
  const name = `coffer-test-${engine.name}-${randomBytes(4).toString("hex")}`;
  const port = `${engine.ports[0]?.port}/tcp`;
  const volume = await docker.createVolume({ Name: name });
  const container = await docker.createContainer({
    name,
    Image: image.id,
    Labels: { "coffer.instance": uuid },
    ExposedPorts: { [port]: {} },
    HostConfig: {
      Memory: 512 * MiB,
      Mounts: [{ Type: "volume", Source: name, Target: volumeRoot }],
      PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
    },
  });
  await container.start();
  const address = { host: "127.0.0.1", port: 0 };
  /** Another start may give another port. */
  const look = async () => {
    address.port = Number((await container.inspect()).NetworkSettings.Ports[port]?.[0]?.HostPort);
  };
  await look();
  const guest = await openGuest({ target: "docker", name, uuid, container: name });
  await giveCertificate(guest, engine);
  const kept: Kept = {
    engine,
    guest,
    address,
    spec: { uuid, version, memoryBytes: 512 * MiB, vcpus: 1, volumeBytes: 2 * GiB, parameters: {}, tls: "basic" },
    copies: new Set(),
    async crash() {
      await container.kill();
      await container.start();
      await look();
    },
    async discard() {
      await guest.close();
      await container.remove({ force: true });
      await volume.remove();
    },
  };
  all.push(kept);
  await copy(kept, "blank");
  return kept;
}

const folderOf = (state: State): string => `/var/lib/coffer-test/${state}`;

/** The server does not run. */
async function copy({ guest, copies }: Kept, state: State): Promise<void> {
  const folder = folderOf(state);
  await guest.must(["sh", "-c", `mkdir -p ${folder} && cp -a ${volumeRoot}/. ${folder}/`]);
  copies.add(state);
}

/** Leaves the volume as the copy has it. */
async function lay({ guest }: Kept, state: State): Promise<void> {
  await guest.service.stop();
  // Who looks at the lock knows it by its file.
  const rest = `find ${volumeRoot} -mindepth 1 -not -path ${layout.meta} -not -path ${layout.lock} -delete`;
  await guest.must(["sh", "-c", `${rest} && cp -a ${folderOf(state)}/. ${volumeRoot}/`]);
}
