/**
 * How a server found its data when it started, by its own log: closed by a clean shutdown, or to be recovered. What says neither is an
 * error: a line that is not there proves nothing. `test/docker/crash-recovery.test.ts` shows both on every version.
 */

export type Start = "clean" | "recovered" | "unknown";

/** What an engine writes. `closed` is the end of the run before, or what the next one finds; `up` ends a start. */
interface Lines {
  closed: RegExp;
  recovered: RegExp;
  up: RegExp;
}

const lines: Readonly<Record<string, Lines>> = {
  mariadb: {
    closed: /mariadbd: Shutdown complete/,
    recovered: /Starting (?:final batch to recover|crash recovery|table crash recovery)|Recovering after a crash/i,
    up: /mariadbd: ready for connections/,
  },
  postgresql: {
    closed: /database system was shut down at/,
    recovered: /database system was (?:interrupted|not properly shut down)|automatic recovery in progress/,
    up: /database system is ready to accept connections/,
  },
};

/** Every start that the log has to its end, oldest first. A first start on new data may be "unknown": nothing was closed before. */
export function startsOf(engine: string, log: string): Start[] {
  const known = lines[engine];
  if (!known) throw new Error(`no lines of ${engine} are known`);
  const starts: string[][] = [[]];
  for (const line of log.split("\n")) {
    starts.at(-1)?.push(line);
    if (known.up.test(line)) starts.push([]);
  }
  return starts.slice(0, -1).map((start) => {
    const text = start.join("\n");
    if (known.recovered.test(text)) return "recovered";
    return known.closed.test(text) ? "clean" : "unknown";
  });
}

/** The last start in a log that begins before the stop that is asked about. Throws when there is none, or when it does not say. */
export function lastStart(engine: string, log: string): "clean" | "recovered" {
  const last = startsOf(engine, log).at(-1);
  if (last === undefined || last === "unknown")
    throw new Error(`the log of ${engine} does not say how its data was closed (${last ?? "no start"}):\n${log}`);
  return last;
}
