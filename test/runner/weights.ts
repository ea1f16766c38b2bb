/** How long each file took when that was last written down: only for the order in which they run. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const file = resolve(import.meta.dirname, "../weights.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, number>>;

/** Seconds of a file, or of a group that is a command; `otherwise` for one that is new. */
export const secondsOf = (name: string, otherwise: number): number => recorded[name] ?? otherwise;

/** Writes down what files took now; those that are no longer there are forgotten. */
export function record(took: Readonly<Record<string, number>>): void {
  const root = resolve(import.meta.dirname, "../..");
  const all = { ...recorded, ...took };
  const kept = Object.entries(all).filter(([name]) => !name.includes("/") || existsSync(resolve(root, name)));
  const rounded = kept
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, seconds]) => [name, Math.round(seconds * 10) / 10]);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(rounded), undefined, 2)}\n`);
}
