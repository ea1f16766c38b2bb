/** A plugin of Pulumi's that `coffer` starts itself, for all runs of the engine that its command needs: the plugin's side. */

import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 500;
const answerLimitMs = 2_000;

/** What the command tells its plugin. `environment`: the variables beside the process's own, in the place of those told before. */
export type CommandMessage =
  /** A run of the engine begins. `gated`: the update behind its preview waits for the command's decision. */
  | { kind: "run"; environment: Readonly<Record<string, string>>; gated: boolean }
  /** The decision on the preview of a gated run; `refusal` is why the update must not happen. */
  | { kind: "decision"; environment: Readonly<Record<string, string>>; refusal?: string };

/** What a plugin tells the command. */
export type PluginMessage =
  /** The last message is in effect. */
  | "ready"
  /** The preview of a gated run is over, and its update waits for the decision. */
  | "waiting";

export interface CommandListener {
  onMessage?(message: CommandMessage): void;
  /** The command is gone, which it may be without telling anybody. */
  onLeft(): void;
}

/** Follows the command's messages and keeps this process's environment as they say. */
export function followCommand({ onMessage, onLeft }: CommandListener): void {
  const own = new Map<string, string | undefined>();
  process.on("message", (message: CommandMessage) => {
    for (const [name, value] of own) set(name, value);
    own.clear();
    for (const [name, value] of Object.entries(message.environment)) {
      own.set(name, process.env[name]);
      set(name, value);
    }
    onMessage?.(message);
    tellCommand("ready");
  });
  process.on("disconnect", onLeft);
}

/** Resolves when the engine that is served answers no more, by a question (`answers`) that takes at most so many milliseconds. */
export async function engineEnds(answers: (limit: number) => Promise<boolean>): Promise<void> {
  while (await answers(answerLimitMs)) await sleep(pollMs);
}

export function tellCommand(message: PluginMessage): void {
  // A command that is gone is noticed by `onLeft`.
  process.send?.(message, undefined, undefined, () => {});
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
