/** A plugin of Pulumi's that `coffer` starts itself, for all runs of the engine that its command needs: the plugin's side. */

/** What `coffer` says before a run: the variables that this run has beside the process's own. */
export interface RunMessage {
  environment: Readonly<Record<string, string>>;
}

/** The answer: they are in effect. */
export const readyMessage = "ready";

/** Follows the command's words; `onLeft` is called when it is gone, which it may be without telling anybody. */
export function followCommand(onLeft: () => void): void {
  const own = new Map<string, string | undefined>();
  process.on("message", ({ environment }: RunMessage) => {
    for (const [name, value] of own) set(name, value);
    own.clear();
    for (const [name, value] of Object.entries(environment)) {
      own.set(name, process.env[name]);
      set(name, value);
    }
    process.send?.(readyMessage);
  });
  process.on("disconnect", onLeft);
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
