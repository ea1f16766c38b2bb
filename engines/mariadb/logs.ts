/** MariaDB's logs: the error log is the server's stream, the others are files of their own that the guest bounds. */
import { layout } from "../../access/guest.ts";
import type { LogPlace, LogSettings, Logs } from "../logs.ts";
import { defaultSlowMs } from "../logs.ts";
import { tableOf, versions } from "./table.ts";
import { canonicalValue } from "./values.ts";

/** In the data directory. */
export const logFiles = { slow: "slow.log", general: "general.log" } as const;

/** `limit` of images/mariadb/root/usr/lib/coffer/rotate-logs. */
const limitBytes = 16 * 2 ** 20;

/** What bounds the files, and where it says that it runs. */
export const rotator = { program: "/usr/lib/coffer/rotate-logs", runs: "/run/coffer/rotator" } as const;

const threshold = "long_query_time";

export const logs: Logs = {
  threshold,
  effective({ slow, general = false }, parameters) {
    if (!slow) return { general };
    return { slowAfterMs: slow.afterMs ?? thresholdMs(parameters[threshold]) ?? defaultSlowMs, general };
  },
  place(kind): LogPlace {
    if (kind === "error") return { in: "stream", select: (lines) => lines };
    return { in: "file", path: `${layout.data}/${logFiles[kind]}`, limitBytes };
  },
};

/** The value of `long_query_time` that the configuration has for `logs`; undefined when the user's stays. */
export function slowSeconds({ slow }: LogSettings, given: boolean): string | undefined {
  if (!slow || (slow.afterMs === undefined && given)) return undefined;
  return String((slow.afterMs ?? defaultSlowMs) / 1000);
}

function thresholdMs(value: string | number | boolean | undefined): number | undefined {
  const row = tableOf(versions[0] ?? "").parameters[threshold];
  if (value === undefined || !row) return undefined;
  const canonical = canonicalValue(threshold, row, value);
  return "wrong" in canonical ? undefined : Number(canonical.value) * 1000;
}
