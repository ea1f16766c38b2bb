/** Which instances this run of the program gives a new system disk: `COFFER_REBUILD=NAME=NUMBER,...`, set by the verb. */

/** The number of the rebuild that is asked for; another number is another rebuild. Undefined: none is. */
export function rebuildOf(instance: string): string | undefined {
  const entries = (process.env.COFFER_REBUILD ?? "").split(",").map((entry) => entry.split("="));
  return entries.find(([name]) => name === instance)?.[1];
}
