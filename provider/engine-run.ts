/**
 * The run of Pulumi's engine that the provider serves: where its notes go, and whether the user cancelled it. An engine that
 * started the provider is the only one; an attached provider meets one after the other, and says who is next by the handshake.
 */
import { connectEngine, type EngineLog } from "./engine-log.ts";

export interface EngineRun {
  address: string | undefined;
  log: EngineLog;
  /** Instances about which something was told. */
  told: Set<string>;
  /** Aborted when the user cancels. */
  cancelled: AbortController;
}

export class EngineRuns {
  #current: EngineRun;
  readonly #connect: (address: string | undefined) => EngineLog;

  constructor(address?: string, connect = connectEngine) {
    this.#connect = connect;
    this.#current = this.#begin(address);
  }

  get current(): EngineRun {
    return this.#current;
  }

  /** Several providers of one engine may introduce themselves; a new address is a new run. */
  meet(address: string): void {
    if (address === "" || address === this.#current.address) return;
    this.#current.log.close();
    this.#current = this.#begin(address);
  }

  #begin(address: string | undefined): EngineRun {
    return { address, log: this.#connect(address), told: new Set(), cancelled: new AbortController() };
  }
}
