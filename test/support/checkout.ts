/**
 * A checkout of its own for each test: the working tree's files in a temporary folder, with state, passphrases and
 * stack names that no other test shares, and every object of the stack removed at the end.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import Docker from "dockerode";
import { parse } from "yaml";
import { cacheFolders } from "../../toolchain/cache.ts";
import type { Login } from "./clients.ts";
import { Told } from "./told.ts";

const run = promisify(execFile);
const source = resolve(import.meta.dirname, "../..");
/** The longest single command of a test: a first up with both engines on a busy machine. */
const commandTimeoutMs = 15 * 60_000;

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export type Address = Pick<Login, "host" | "port">;

export interface Checkout {
  dir: string;
  stack: string;
  specFile: string;
  env: NodeJS.ProcessEnv;
  /** Runs `./coffer` to its end; `limit` (milliseconds) is for commands that take longer than others. */
  coffer(args: readonly string[], env?: NodeJS.ProcessEnv, limit?: number): Promise<Result>;
  /** As `coffer`, and fails the test with everything that was printed unless the exit code is 0. */
  ok(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Result>;
  /** Starts `./coffer` as the leader of a process group of its own. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  /** As `start`, with what it prints to standard output for the test to read. */
  startReadable(args: readonly string[]): ChildProcess & { stdout: Readable };
  json<T>(args: readonly string[]): Promise<T>;
  writeSpec(text: string): void;
  /** The recorded state as text, or "" when there is none. */
  stateText(): string;
  /** What Coffer wrote down about its runs. */
  logText(): string;
  stackId(): string;
  /** The certificate of the stack's authority, as recorded. */
  ca(): string;
  /** Where clients reach an instance, as `list` shows it. */
  address(instance: string): Promise<Address>;
  /** How a user of an instance logs in, as the commands tell it: over TLS, by the address that `list` shows. */
  login(instance: string, user: string, database: string): Promise<Login>;
  cleanUp(): Promise<void>;
}

/** `removeAll` removes what bears the stack's id, data included; default on Docker. */
export async function makeCheckout(
  specText?: string,
  removeAll: (stackId: string) => Promise<void> = removeObjects,
): Promise<Checkout> {
  const dir = mkdtempSync(join(tmpdir(), "coffer-test-"));
  await copyWorkingTree(dir);
  const stack = `t${randomBytes(4).toString("hex")}`;
  const specFile = join(dir, "stacks", `${stack}.yaml`);
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CONFIG_HOME: join(dir, "config-home"), NO_COLOR: "1" };
  for (const name of Object.keys(env))
    if (name.startsWith("PULUMI_") || name.startsWith("COFFER_TEST_")) delete env[name];
  delete env.COFFER_EXEC;
  Object.assign(env, compileCache(dir));

  const told = new Told();
  const exec: Checkout["coffer"] = async (args, more = {}, limit = commandTimeoutMs) => {
    told.forgetBy(args);
    try {
      const options = { cwd: dir, env: { ...env, ...more }, timeout: limit, maxBuffer: 64 << 20 };
      const { stdout, stderr } = await run(join(dir, "coffer"), [...args], options);
      return { code: 0, stdout, stderr };
    } catch (error) {
      const failed = error as { code?: number | string; stdout?: string; stderr?: string; killed?: boolean };
      if (failed.killed) throw new Error(`coffer ${args.join(" ")} did not end in ${limit / 1000} s\n${failed.stderr}`);
      return {
        code: typeof failed.code === "number" ? failed.code : 1,
        stdout: failed.stdout ?? "",
        stderr: failed.stderr ?? String(error),
      };
    }
  };
  const ok = async (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Result> => {
    const result = await exec(args, more);
    if (result.code !== 0)
      throw new Error(`coffer ${args.join(" ")} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  const checkout: Checkout = {
    dir,
    stack,
    specFile,
    env,
    coffer: exec,
    ok,
    start: (args, more = {}) =>
      spawn(join(dir, "coffer"), [...args], { cwd: dir, env: { ...env, ...more }, detached: true, stdio: "ignore" }),
    startReadable: (args) =>
      spawn(join(dir, "coffer"), [...args], { cwd: dir, env, detached: true, stdio: ["ignore", "pipe", "ignore"] }),
    json: async <T>(args: readonly string[]) => JSON.parse((await ok([...args, "-o", "json"])).stdout) as T,
    writeSpec: (text) => writeFileSync(specFile, text),
    stateText: () => readIfThere(join(dir, `.coffer/state/.pulumi/stacks/coffer/${stack}.json`)),
    logText: () =>
      globSync(".coffer/{logs/**/*,actions.log}", { cwd: dir, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readIfThere(join(entry.parentPath, entry.name)))
        .join("\n"),
    stackId: () => {
      const config = parse(readIfThere(join(dir, `.coffer/config/Pulumi.${stack}.yaml`)) || "{}") as {
        config?: Record<string, string>;
      };
      return config.config?.["coffer:stackId"] ?? "";
    },
    ca: () => {
      type State = { checkpoint: { latest: { resources: { type: string; outputs?: { ca?: string } }[] } } };
      const { resources } = (JSON.parse(checkout.stateText()) as State).checkpoint.latest;
      return resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.ca ?? "";
    },
    address: async (instance) =>
      told.address(instance, await containerOf(checkout.stackId(), instance), async () => {
        const rows = await checkout.json<{ name: string; address: string; port: number }[]>(["list", "--stack", stack]);
        const row = rows.find(({ name }) => name === instance);
        if (!row) throw new Error(`there is no instance ${instance}: ${JSON.stringify(rows)}`);
        return { host: row.address, port: row.port };
      }),
    login: async (instance, user, database) => {
      const password = await told.password(instance, user, async () => {
        const words = ["user-show", instance, user, "--password", "--stack", stack];
        return (await checkout.json<{ password: string }>(words)).password;
      });
      return { ...(await checkout.address(instance)), user, password, database, ca: checkout.ca() };
    },
    cleanUp: async () => {
      if (checkout.stackId()) await removeAll(checkout.stackId());
      rmSync(dir, { recursive: true, force: true });
    },
  };
  if (specText !== undefined) checkout.writeSpec(specText);
  return checkout;
}

/** Files that git tracks or would track; the dependencies are shared, they are the same. */
async function copyWorkingTree(dir: string): Promise<void> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: source,
    maxBuffer: 64 << 20,
  });
  for (const file of stdout.split("\0").filter(Boolean)) {
    if (file.startsWith("stacks/") && file.endsWith(".yaml")) continue;
    // Git lists what was deleted and not yet committed, too.
    if (!existsSync(join(source, file))) continue;
    mkdirSync(join(dir, dirname(file)), { recursive: true });
    cpSync(join(source, file), join(dir, file));
  }
  symlinkSync(join(source, "node_modules"), join(dir, "node_modules"));
}

/**
 * What Node compiled for one checkout serves all, and the user's own cache does not grow with each: a portable cache knows files by
 * their way from its folder, which is the same in every checkout.
 */
function compileCache(dir: string): NodeJS.ProcessEnv {
  const shared = join(cacheFolders(process.env).root, "test-compile-cache");
  mkdirSync(shared, { recursive: true });
  const folder = join(dir, "compile-cache");
  symlinkSync(shared, folder);
  return { NODE_COMPILE_CACHE: folder, NODE_COMPILE_CACHE_PORTABLE: "1" };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

export const docker = new Docker();

export interface Objects {
  containers: Docker.ContainerInfo[];
  volumes: Docker.VolumeInspectInfo[];
  networks: Docker.NetworkInspectInfo[];
}

/** Everything real that carries the stack's id. */
export async function objectsOf(stackId: string): Promise<Objects> {
  const filters = { label: [`coffer.stack=${stackId}`] };
  const [containers, volumes, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
    docker.listNetworks({ filters }),
  ]);
  return { containers, volumes: volumes.Volumes ?? [], networks };
}

async function containerOf(stackId: string, instance: string): Promise<string | undefined> {
  const filters = { label: [`coffer.stack=${stackId}`, `coffer.name=${instance}`] };
  return (await docker.listContainers({ all: true, filters }))[0]?.Id;
}

async function removeObjects(stackId: string): Promise<void> {
  const { containers, volumes, networks } = await objectsOf(stackId);
  await Promise.all(containers.map((container) => docker.getContainer(container.Id).remove({ force: true })));
  await Promise.all(volumes.map((volume) => docker.getVolume(volume.Name).remove()));
  await Promise.all(networks.map((network) => docker.getNetwork(network.Id).remove()));
}
