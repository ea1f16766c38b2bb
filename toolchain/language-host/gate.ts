/**
 * Where the update of a gated run waits. `pulumi up` previews and updates in one process; between the two the engine loads the
 * language host anew and asks it for the packages that the program needs, before it asks a provider anything. That question is
 * answered once the command has judged the preview. A refusal is an error to the engine: the update ends without having touched
 * a resource, and records what it had found recorded.
 */
import type { CommandMessage } from "../attached.ts";

type Decision = { refusal?: string };

export class Gate {
  readonly #announce: () => void;
  /** There while the present run is gated. */
  #decision: PromiseWithResolvers<Decision> | undefined;
  #previewed = false;
  #left = false;

  /** `announce` tells the command that the update waits. */
  constructor(announce: () => void) {
    this.#announce = announce;
  }

  onMessage(message: CommandMessage): void {
    if (message.kind === "decision") {
      this.#decision?.resolve(message);
      return;
    }
    this.#previewed = false;
    this.#decision = message.gated ? Promise.withResolvers<Decision>() : undefined;
  }

  /** The command is gone: what it has not approved does not happen. */
  onLeft(): void {
    this.#left = true;
    this.#decision?.resolve({ refusal: gone });
  }

  /** The program has run for the preview. */
  previewed(): void {
    this.#previewed = true;
  }

  /** Resolves when the engine may go on; at once where nothing has to be decided. Throws the refusal. */
  async pass(): Promise<void> {
    if (!this.#decision || !this.#previewed) return;
    if (!this.#left) this.#announce();
    const { refusal } = await this.#decision.promise;
    if (refusal !== undefined) throw new Error(refusal);
  }
}

const gone = "the command that previewed this update is gone, and nobody has approved it";
