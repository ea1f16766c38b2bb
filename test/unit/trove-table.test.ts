/** The table of Trove's features holds: its tests are there, the command line knows its verbs, and docs/trove.md says the same. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { commands } from "../../cli/commands/index.ts";
import { parse } from "../../cli/parser.ts";
import { page, rendered, tableNames } from "../trove/page.ts";
import { own, rows, rules, verbs } from "../trove/table.ts";
import { hasTest } from "../trove/titles.ts";

const root = resolve(import.meta.dirname, "../..");
const verbRows = Object.values(verbs).flat();

test("every row is shown by tests that are there, or says why it is missing", () => {
  const wrong = rows.flatMap((row) => {
    if ("missing" in row) return row.missing ? [] : [`${row.trove}: no reason`];
    return row.shownBy.flatMap(({ file, test: title }) => {
      if (!existsSync(resolve(root, file))) return [`${row.trove}: there is no ${file}`];
      return hasTest(file, title) ? [] : [`${row.trove}: ${file} has no test "${title}"`];
    });
  });
  assert.deepEqual(wrong, []);
});

test("a title is found where it is written and where a table fills it in, and nowhere else", () => {
  const file = "test/unit/operations-configurations.test.ts";
  assert.ok(hasTest(file, "a pattern of names"));
  assert.ok(hasTest(file, "verb: a group is made"));
  assert.ok(hasTest(file, "verb: {why}"));
  assert.ok(!hasTest(file, "a pattern"));
  assert.ok(!hasTest(file, "verb: a group is mad"));
  assert.ok(!hasTest(file, "verb refused: a group is made"), "of another table");
  assert.ok(!hasTest(file, "a group is made"), "without its beginning");
  assert.ok(hasTest("test/unit/mariadb-names.test.ts", "passwords > empty"));
  assert.ok(!hasTest("test/unit/mariadb-names.test.ts", "empty"), "without the group around it");
});

for (const { trove, line } of verbRows) {
  if (line === undefined) continue;
  test(`the command line takes the words for Trove's ${trove}: ${line}`, async () => {
    const chosen = await parse(line.split(" "), commands, "1.0.0", 100);
    assert.equal(chosen?.command.name, line.split(" ")[0]);
  });
}

test("a verb that is there says with which words", () => {
  const silent = verbRows.filter((row) => "shownBy" in row && !row.line && !row.words);
  assert.deepEqual(silent, []);
});

test("every command of Coffer has a place: as Trove's, or as Coffer's own", () => {
  const troves = new Set(verbRows.flatMap((row) => ("shownBy" in row && row.line ? [row.line.split(" ")[0]] : [])));
  const ours = new Set(own.map(({ command }) => command));
  const names = commands.map(({ name }) => name);
  const placed = names.filter((name) => troves.has(name) !== ours.has(name));
  assert.deepEqual(placed, names, "a command is in neither, or in both: see test/trove/");
  assert.deepEqual(
    own.map(({ command }) => command).filter((command) => !names.includes(command)),
    [],
  );
});

test("a row is there once", () => {
  for (const table of [...Object.values(verbs), ...Object.values(rules)]) {
    const names = table.map(({ trove }) => trove);
    assert.equal(new Set(names).size, names.length, names.join("; "));
  }
});

test("docs/trove.md has every table, as the data has it", () => {
  const text = page();
  assert.equal(rendered(text), text, "run test/trove/write-page.ts");
  const found = [...text.matchAll(/<!-- table: (.+?) -->/g)].map(([, name]) => name);
  assert.deepEqual([...found].sort(), [...tableNames].sort());
});
