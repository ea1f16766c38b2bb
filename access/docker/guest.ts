/** A guest that is a container: commands by `docker exec`, the service by `coffer-service` in it, logs from the engine. */
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { putFile, readFile } from "../files.ts";
import {
  type FileOptions,
  type Guest,
  type GuestAddress,
  GuestError,
  type RunOptions,
  type RunResult,
  type Service,
  type StreamOptions,
} from "../guest.ts";
import { must } from "../must.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { asGuestError, bounded } from "./engine.ts";
import { type ExecRequest, killedCode, mayBeContainersEnd, type RunningExec, startExec, startFailure } from "./exec.ts";
import { instanceLabel } from "./labels.ts";
import { DockerService } from "./service.ts";
import { ExecStream } from "./stream.ts";

const defaultTimeout = 60_000;
/** `timeout` in the guest kills a process that ignores its SIGTERM after so many seconds. */
const killAfter = 5;
/** Milliseconds beyond the guest's own limit, after which the engine itself is taken not to answer. */
const grace = 15_000;
/** The most that one command may print, in bytes. */
const outputLimit = 64 << 20;

/** What `timeout` exits with when it ended the command, and when it had to kill it. */
const timeoutCodes = [124, killedCode];
/** Milliseconds within which the engine notes that a container ended, after its processes did. */
const noticeLimit = 2_000;

export class DockerGuest implements Guest {
  readonly name: string;
  readonly service: Service;
  readonly #docker: Docker;
  readonly #uuid: string;
  readonly #containerName: string;
  readonly #streams = new Set<Duplex>();

  constructor(docker: Docker, address: GuestAddress) {
    const container = address.container;
    if (typeof container !== "string" || container === "") {
      throw new GuestError("failed", `the address of ${address.name} has no container name`);
    }
    this.#docker = docker;
    this.#uuid = address.uuid;
    this.#containerName = container;
    this.name = address.name;
    this.service = new DockerService(this, () => this.#container());
  }

  async reach(): Promise<void> {
    await this.#running();
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const timeout = options.timeout ?? defaultTimeout;
    const what = `${argv[0]} in ${this.name}`;
    const info = await this.#running();
    const seconds = timeout / 1000;
    const limited = ["timeout", `--kill-after=${killAfter}`, String(seconds), ...argv];
    const stdin = options.stdin !== undefined;
    const started = performance.now();
    const exec = await this.#start(info, { argv: limited, user: options.user, env: options.env, stdin }, what);
    const output = await bounded(
      this.#collect(exec, options.stdin, what),
      `${what} (it should have ended after ${seconds} s)`,
      timeout + killAfter * 1000 + grace,
    ).finally(() => exec.connection.destroy());

    const code = await exec.exitCode();
    if (performance.now() - started >= timeout && timeoutCodes.includes(code ?? -1)) {
      throw new GuestError("timeout", `${what}: it did not finish within ${seconds} s and was ended`);
    }
    if (mayBeContainersEnd(code, output.stderr)) await this.#mustGoOn(info, what);
    if (code === undefined) throw new GuestError("failed", `${what}: the Docker engine does not know how it ended`);
    const failure = startFailure(code, output.stdout);
    if (failure) throw new GuestError("failed", `${what}: ${failure}`);
    return { code, ...output };
  }

  async must(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return await must(this, argv, options);
  }

  async putFile(path: string, content: string, options?: FileOptions): Promise<void> {
    await putFile(this, path, content, options);
  }

  async readFile(path: string): Promise<string | undefined> {
    return await readFile(this, path);
  }

  async stream(argv: readonly string[], options: StreamOptions = {}): Promise<Duplex> {
    const what = `${argv[0]} in ${this.name}`;
    const info = await this.#running();
    const exec = await this.#start(info, { argv, user: options.user, env: options.env, stdin: true }, what);
    const stream = new ExecStream(exec, what, () => this.#mustGoOn(info, what));
    this.#streams.add(stream);
    stream.once("close", () => this.#streams.delete(stream));
    return stream;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  /** The container by its name, proven to be this instance's: another's is never touched. */
  async #inspect(): Promise<Docker.ContainerInspectInfo> {
    const what = `the container ${this.#containerName} of ${this.name}`;
    const info = await bounded(this.#docker.getContainer(this.#containerName).inspect(), what).catch(
      (error: unknown) => {
        throw asGuestError(error, what);
      },
    );
    const owner = info.Config.Labels[instanceLabel];
    if (owner !== this.#uuid) {
      const whose = owner ? `belongs to the instance ${owner}` : "is not one of Coffer's";
      throw new GuestError("failed", `${what} ${whose}, expected ${this.#uuid}; it is left alone`);
    }
    return info;
  }

  async #container(): Promise<Docker.Container> {
    return this.#docker.getContainer((await this.#inspect()).Id);
  }

  async #running(): Promise<Docker.ContainerInspectInfo> {
    const info = await this.#inspect();
    const { Running, Paused, Restarting, Status, ExitCode, Error: failure } = info.State;
    if (Running && !Paused && !Restarting) return info;
    const what = `the container ${this.#containerName} of ${this.name}`;
    // Nobody stopped these two: one fails again and again, the other could not even be started.
    if (Restarting)
      throw new GuestError("unreachable", `${what} ended (code ${ExitCode}) and is started again by Docker`);
    if (failure) throw new GuestError("failed", `${what} could not be started by Docker: ${failure}`);
    const how = Status === "exited" ? `exited with code ${ExitCode}` : Status;
    throw new GuestError("stopped", `${what} does not run (${how})`);
  }

  async #start(info: Docker.ContainerInspectInfo, request: ExecRequest, what: string): Promise<RunningExec> {
    try {
      return await startExec(this.#docker.getContainer(info.Id), request, what);
    } catch (error) {
      if (error instanceof GuestError && error.problem === "failed") await this.#mustGoOn(info, what);
      throw error;
    }
  }

  /**
   * After a process was killed or could not start: a container that ends takes its processes along, a moment before the engine notes its
   * end, and may be started again at once. Fails as `stopped` unless the container goes on as it did before.
   */
  async #mustGoOn(before: Docker.ContainerInspectInfo, what: string): Promise<void> {
    const end = performance.now() + noticeLimit;
    while (performance.now() < end) {
      const { State } = await this.#running();
      if (State.StartedAt !== before.State.StartedAt) {
        throw new GuestError("stopped", `${what}: the container was started anew in the meantime`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Writes stdin and closes it, and reads both outputs to their end. */
  async #collect(
    { connection }: RunningExec,
    stdin: string | Buffer | undefined,
    what: string,
  ): Promise<{ stdout: string; stderr: string }> {
    const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    let size = 0;
    const demultiplexer = new Demultiplexer((kind, bytes) => {
      size += bytes.length;
      output[kind].push(bytes);
    });
    // A process that ends without reading all of its stdin is its own affair: its exit code tells.
    const ended = new Promise<void>((resolve, reject) => {
      connection.on("data", (chunk: Buffer) => {
        demultiplexer.push(chunk);
        if (size > outputLimit) reject(new GuestError("failed", `${what}: it printed more than ${outputLimit} bytes`));
      });
      connection.once("end", resolve);
      connection.once("close", resolve);
      connection.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EPIPE" || error.code === "ECONNRESET") resolve();
        else reject(asGuestError(error, what));
      });
    });
    if (stdin !== undefined) connection.end(stdin);
    await ended;
    return { stdout: Buffer.concat(output.stdout).toString(), stderr: Buffer.concat(output.stderr).toString() };
  }
}
