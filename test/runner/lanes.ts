/** Which job runs when, and with which others: longest first, as many side by side as the machine has room for. */

/** `files` in `count` parts that take about as long, each with its longest first; parts without a file are left out. */
export function batches<File extends { seconds: number }>(files: readonly File[], count: number): readonly File[][] {
  const parts = Array.from({ length: count }, () => ({ seconds: 0, files: [] as File[] }));
  for (const file of files.toSorted((a, b) => b.seconds - a.seconds)) {
    const shortest = parts.reduce((least, part) => (part.seconds < least.seconds ? part : least));
    shortest.files.push(file);
    shortest.seconds += file.seconds;
  }
  return parts.flatMap((part) => (part.files.length ? [part.files] : []));
}

interface Laned {
  group: { name: string; load: number; lanes?: number };
}

/**
 * The first of `waiting` whose group is ready and has a lane free, if the machine has room for its load beside that of what runs (`cores`).
 * Where it has none, nothing starts: smaller ones behind it would take what it waits for. Where nothing runs, any has room.
 */
export function next<Job extends Laned>(
  waiting: readonly Job[],
  running: readonly Laned[],
  cores: number,
  ready: (group: string) => boolean,
): Job | undefined {
  const taken = running.reduce((sum, { group }) => sum + group.load, 0);
  const first = waiting.find(({ group }) => {
    const beside = running.filter((other) => other.group.name === group.name).length;
    return ready(group.name) && beside < (group.lanes ?? Number.POSITIVE_INFINITY);
  });
  // Loads are tenths: their sum is not exact.
  return first && (running.length === 0 || taken + first.group.load <= cores + 0.01) ? first : undefined;
}
