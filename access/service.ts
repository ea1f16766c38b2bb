/** The database server of a guest as a service: `coffer-service` inside speaks to whoever runs it there. */
import { type Guest, GuestError, type Service, type ServiceStatus } from "./guest.ts";

const defaultStop = 120_000;
/** Milliseconds for `coffer-service` beyond what it waits for itself. */
const margin = 60_000;

const program = "coffer-service";

export class GuestService implements Service {
  /** SystemMaxUse of images/vm/root/etc/systemd/journald.conf.d/coffer.conf. */
  readonly logLimit: number = 128 * 2 ** 20;
  readonly #guest: Pick<Guest, "name" | "run">;

  constructor(guest: Pick<Guest, "name" | "run">) {
    this.#guest = guest;
  }

  async status(): Promise<ServiceStatus> {
    const answer = await this.#call(["status"], margin);
    try {
      return JSON.parse(answer) as ServiceStatus;
    } catch (error) {
      const received = JSON.stringify(answer.slice(0, 200));
      const words = `${program} status in ${this.#guest.name} printed no JSON: received ${received}`;
      throw new GuestError("failed", words, { cause: error });
    }
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

  async logs(lines: number): Promise<string> {
    return await this.#call(["logs", String(lines)], margin);
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
