/** A process that has loaded the modules of the next program: a third of a second that nobody has to wait for. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { tended } from "./children.ts";
import type { Launch } from "./program.ts";

const program = join(import.meta.dirname, "ahead.ts");

export class WaitingProgram {
  readonly #modules: readonly string[];
  readonly #nodeArguments: readonly string[];
  #child: ChildProcess | undefined;

  /** It has the arguments of Node that this process has. */
  constructor(modules: readonly string[], nodeArguments: readonly string[] = process.execArgv) {
    this.#modules = modules;
    this.#nodeArguments = nodeArguments;
  }

  /** Begins to start one, unless one waits. It ends with this process, and with no cancellation: that is of programs that run. */
  start(): void {
    if (this.#child || !this.#modules.length) return;
    const args = [...this.#nodeArguments, program, ...this.#modules];
    // Both outputs go where the host's errors go: nobody reads the host's own output after its port.
    const child = spawn(process.execPath, args, { env: process.env, stdio: ["ignore", 2, 2, "ipc"], detached: true });
    this.#child = child;
    const gone = () => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once("error", gone);
    child.once("exit", gone);
    child.unref();
    child.channel?.unref();
  }

  /** It becomes this program. Undefined when none waits, or when it was started in another way. */
  take(launch: Launch): ChildProcess | undefined {
    const child = this.#child;
    if (!child?.connected || launch.nodeArguments.join("\n") !== this.#nodeArguments.join("\n")) return undefined;
    this.#child = undefined;
    child.ref();
    child.send(launch);
    return tended(child);
  }
}
