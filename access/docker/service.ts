/** The database server of a container as a service: `coffer-service` inside does the work, Docker keeps the logs. */
import type Docker from "dockerode";
import { type Guest, GuestError, type Service, type ServiceStatus } from "../guest.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { asGuestError, bounded } from "./engine.ts";

const defaultStop = 120_000;
/** Milliseconds for `coffer-service` beyond what it waits for itself. */
const margin = 60_000;

const program = "coffer-service";

export class DockerService implements Service {
  readonly #guest: Pick<Guest, "name" | "run">;
  readonly #container: () => Promise<Docker.Container>;

  constructor(guest: Pick<Guest, "name" | "run">, container: () => Promise<Docker.Container>) {
    this.#guest = guest;
    this.#container = container;
  }

  async status(): Promise<ServiceStatus> {
    return JSON.parse(await this.#call(["status"], margin)) as ServiceStatus;
  }

  async start(): Promise<void> {
    await this.#call(["start"], margin);
  }

  async stop(timeout = defaultStop): Promise<void> {
    await this.#call(["stop", wholeSeconds(timeout)], timeout + margin);
  }

  async restart(timeout = defaultStop): Promise<void> {
    await this.#call(["restart", wholeSeconds(timeout)], timeout + 2 * margin);
  }

  /** Also those of a container that does not run any more. */
  async logs(lines: number): Promise<string> {
    const what = `the log of ${this.#guest.name}`;
    const container = await this.#container();
    const framed = await bounded(container.logs({ stdout: true, stderr: true, tail: lines }), what).catch(
      (error: unknown) => {
        throw asGuestError(error, what);
      },
    );
    const parts: Buffer[] = [];
    new Demultiplexer((_kind, bytes) => parts.push(bytes)).push(framed);
    return Buffer.concat(parts).toString();
  }

  async #call(words: readonly string[], timeout: number): Promise<string> {
    const { code, stdout, stderr } = await this.#guest.run([program, ...words], { timeout });
    if (code !== 0) {
      const reason = stderr.trim().replace(`${program}: `, "") || `${program} ended with exit code ${code}`;
      throw new GuestError("failed", `the service of ${this.#guest.name} could not ${words[0]}: ${reason}`);
    }
    return stdout;
  }
}

function wholeSeconds(milliseconds: number): string {
  return String(Math.max(1, Math.ceil(milliseconds / 1000)));
}
