/** The database server of a container as a service: Docker keeps its logs, also those of a container that does not run any more. */
import type Docker from "dockerode";
import type { Guest } from "../guest.ts";
import { GuestService } from "../service.ts";
import { Demultiplexer } from "./demultiplex.ts";
import { asGuestError, bounded } from "./engine.ts";

/** How much the engine keeps of what a server writes: so many files of that size. */
export const keptLog = { files: 3, mebibytes: 10 };

export class DockerService extends GuestService {
  override readonly logLimit = keptLog.files * keptLog.mebibytes * 2 ** 20;
  readonly #name: string;
  readonly #container: () => Promise<Docker.Container>;

  constructor(guest: Pick<Guest, "name" | "run">, container: () => Promise<Docker.Container>) {
    super(guest);
    this.#name = guest.name;
    this.#container = container;
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
