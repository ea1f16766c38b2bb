/** The logs that an instance has beside the error log, from what is there of a spec. */
import type { LogSettings } from "../engines/logs.ts";
import { parseTime } from "./units.ts";

interface RawLogs {
  slow?: boolean | { after?: string | undefined } | undefined;
  general?: boolean | undefined;
}

export function draftLogs({ slow, general }: RawLogs): LogSettings {
  const afterMs = typeof slow === "object" && slow.after !== undefined ? parseTime(slow.after) : undefined;
  return {
    ...(slow ? { slow: afterMs === undefined ? {} : { afterMs } } : {}),
    ...(general ? { general } : {}),
  };
}
