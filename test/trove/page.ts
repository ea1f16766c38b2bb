/**
 * The tables of docs/trove.md, rendered from the data; the prose around them is by hand. A table stands between
 * `<!-- table: NAME -->` and `<!-- end -->`; `node test/trove/write-page.ts` renders them anew.
 */
import { readFileSync } from "node:fs";
import type { RuleRow, Shown, VerbRow } from "./row.ts";
import { own, rows, rules, verbs } from "./table.ts";
import { Titles, type When } from "./titles.ts";

export const pageFile = new URL("../../docs/trove.md", import.meta.url);

const missingTable = "not there yet";
const ownTable = "Coffer's own";
const fullTable = "with --full";

/** Every table that the page must have. */
export const tableNames: readonly string[] = [
  ...Object.keys(verbs),
  ...Object.keys(rules),
  missingTable,
  ownTable,
  fullTable,
];

export const page = (): string => readFileSync(pageFile, "utf8");

/** The page with its tables as the data has them. Throws where it has a table that there is not. */
export function rendered(text: string): string {
  return text.replace(
    /(<!-- table: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, from: string, name: string, to: string) => `${from}\n${tableOf(name)}\n${to}`,
  );
}

function tableOf(name: string): string {
  if (name === missingTable) return markdown(["Trove", "Why not"], missing());
  if (name === fullTable) return markdown(["Trove", "Every run", "With `--full` only"], withFull());
  if (name === ownTable) {
    const described = own.map(({ command, why }) => [`\`${command}\``, why]);
    return markdown(["Command", ""], described);
  }
  if (verbs[name]) return markdown(["Trove", "`openstack`", "Coffer", ""], verbs[name].filter(isThere).map(verbCells));
  if (rules[name])
    return markdown(
      ["Trove", "Coffer"],
      rules[name].filter(isThere).map(({ trove, ours }) => [trove, ours]),
    );
  throw new Error(`docs/trove.md has a table "${name}", and there is no such data`);
}

const isThere = (row: VerbRow | RuleRow): boolean => "shownBy" in row;

function verbCells({ trove, today, line, words }: VerbRow): string[] {
  const coffer = line === undefined ? "" : `\`coffer ${line}\``;
  return [`\`${trove}\``, today === undefined ? "" : `\`${today}\``, coffer, words ?? ""];
}

/** Rows with the same reason are one. */
function missing(): string[][] {
  const byReason = new Map<string, string[]>();
  for (const row of rows) {
    if (!("missing" in row)) continue;
    const name = "ours" in row ? row.trove : `\`${row.trove}\``;
    byReason.set(row.missing, [...(byReason.get(row.missing) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => [names.join("<br>"), reason]);
}

/** Rows of which a part is shown with `--full` only. */
function withFull(): string[][] {
  const titles = new Titles();
  return rows.flatMap((row) => {
    if (!("shownBy" in row)) return [];
    const that = (when: When) => row.shownBy.filter(({ file, test }) => titles.when(file, test) === when);
    const full = that("full");
    return full.length ? [[row.trove, testCell(that("default")), testCell(full)]] : [];
  });
}

const testCell = (tests: readonly Shown[]): string =>
  tests.map(({ file, test }) => `\`${file}\`: ${test}`).join("<br>");

function markdown(titles: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [titles, titles.map(() => "---"), ...lines];
  return all
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`.replace(/ {2,}\|/g, " |"))
    .join("\n");
}
