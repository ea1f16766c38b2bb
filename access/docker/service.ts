/** The database server of a container as a service: Docker keeps its logs, also those of a container that does not run any more. */
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { type Guest, GuestError } from "../guest.ts";
import { GuestService } from "../service.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { asGuestError, bounded } from "./engine.ts";

/** How much the engine keeps of what a server writes: so many files of that size. */
export const keptLog = { files: 3, mebibytes: 10 };

/** Milliseconds from a container's start to its supervisor's, at most; usually it is a few. */
const supervisorLimit = 10_000;
const retryMs = 50;

export class DockerService extends GuestService {
  override readonly logLimit = keptLog.files * keptLog.mebibytes * 2 ** 20;
  readonly #name: string;
  readonly #container: () => Promise<Docker.Container>;

  constructor(guest: Pick<Guest, "name" | "run">, container: () => Promise<Docker.Container>) {
    super(guest);
    this.#name = guest.name;
    this.#container = container;
  }

  /** A container that runs has its supervisor, or ends: one that is not there was just started. */
  protected override async call(words: readonly string[], timeout: number): Promise<string> {
    const deadline = performance.now() + supervisorLimit;
    for (;;) {
      try {
        return await super.call(words, timeout);
      } catch (error) {
        const early = error instanceof GuestError && /the supervisor does not run/.test(error.message);
        if (!early || performance.now() > deadline) throw error;
      }
      await sleep(retryMs);
    }
  }

  override async logs(lines: number): Promise<string> {
    const what = `the log of ${this.#name}`;
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
}
