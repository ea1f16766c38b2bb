/** The end of one log of a server, wherever it lies in its guest. */
import type { Guest } from "../access/guest.ts";
import type { EffectiveLogs, LogPlace } from "../engines/logs.ts";

export type LogEnd = readonly string[];

/** Of a stream that several logs share, so many lines are looked through, one after the other, until there are enough of one of them. */
const depths = [2_000, 20_000, 200_000];
/** Of a file: a general log may have long lines. */
const mostBytes = 4 * 2 ** 20;

/** The last lines, at most `lines`. */
export async function readLog(guest: Guest, place: LogPlace, logs: EffectiveLogs, lines: number): Promise<LogEnd> {
  if (place.in === "file") return lastOf(await readFiles(guest, place.path), lines);
  let found: LogEnd = [];
  for (const depth of [lines, ...depths.filter((depth) => depth > lines)]) {
    const all = linesOf(await guest.service.logs(depth));
    found = place.select(all, logs);
    if (found.length >= lines || all.length < depth) break;
  }
  return lastOf(found, lines);
}

/** What is looked at again and again: of a stream the last lines, whatever log they are of. */
export async function glanceAt(guest: Guest, place: LogPlace, logs: EffectiveLogs, lines: number): Promise<LogEnd> {
  if (place.in === "file") return lastOf(await readFiles(guest, place.path), lines);
  return place.select(linesOf(await guest.service.logs(lines)), logs);
}

/** Prints which file is the newer one before and after: when they differ, the files took turns meanwhile. */
const script = `
stat -c %i "$1" 2>/dev/null || echo none
cat "$1.1" "$1" 2>/dev/null | tail -c ${mostBytes}
echo
stat -c %i "$1" 2>/dev/null || echo none
`;

async function readFiles(guest: Guest, path: string): Promise<string[]> {
  for (let round = 0; ; round++) {
    const { stdout } = await guest.must(["sh", "-c", script, "sh", path]);
    const lines = stdout.replace(/\n$/, "").split("\n");
    const [before, after] = [lines.shift(), lines.pop()];
    if (before !== after && round < 3) continue;
    const text = lines.join("\n").replace(/\n$/, "");
    const whole = linesOf(text);
    // Its first line has no beginning.
    return Buffer.byteLength(text) >= mostBytes - 1 ? whole.slice(1) : whole;
  }
}

const lastOf = (lines: LogEnd, count: number): LogEnd => (count === 0 ? [] : lines.slice(-count));
const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
