/** What `--full` adds, as the sources of the tests say it. */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { type Job, root } from "./groups.ts";

/** Where a source asks whether it is to do all. */
export const asks = /withoutFull|COFFER_TEST_FULL/;

/** One line for each file, with the titles of what is skipped or shortened without `--full` where they are written there. */
export function additions(jobs: readonly Job[]): readonly string[] {
  // Unit tests are all short; some have sources in them that ask.
  const asking = jobs.filter(({ group }) => group.name !== "unit").flatMap(({ files }) => files);
  const files = [...new Set(asking.flatMap((file) => [file, ...casesOf(file)]))].sort();
  return files.flatMap((file) => {
    const text = readFileSync(resolve(root, file), "utf8").replace(/^import .*$/gm, "");
    const uses = [...text.matchAll(new RegExp(asks, "g"))];
    if (uses.length === 0) return [];
    const titles = uses.flatMap(({ index }) => titleBefore(text.slice(0, index)) ?? []);
    return [titles.length ? `${file}: ${titles.join("; ")}` : file];
  });
}

/** Files beside it that it has its cases from. */
function casesOf(file: string): string[] {
  const imports = readFileSync(resolve(root, file), "utf8").matchAll(/ from "(\.\/[^"]+\.ts)"/g);
  return [...imports].map(([, from = ""]) => relative(root, resolve(root, dirname(file), from)));
}

/** The title of the test or group whose options the text breaks off in. */
function titleBefore(text: string): string | undefined {
  const last = text.slice(Math.max(text.lastIndexOf("test("), text.lastIndexOf("describe(")));
  return /^\w+\(\s*(["`])(.*?)\1,\s*\{[^}]*$/s.exec(last)?.[2];
}
