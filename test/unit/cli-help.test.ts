/** The help of `coffer` itself, and what it says to those who come with Trove's verbs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { commands, groups } from "../../cli/commands/index.ts";
import { asksOverview, overview } from "../../cli/help.ts";
import { parse } from "../../cli/parser.ts";
import { troveAnswer } from "../../cli/trove-verbs.ts";
import { OperationError } from "../../operations/errors.ts";
import { verbs } from "../trove/table.ts";

const names = commands.map(({ name }) => name);

test("every command has one line, in one group", () => {
  assert.equal(new Set(names).size, names.length);
  const lines = overview(groups, 100).split("\n");
  for (const { name, describe } of commands) {
    const own = lines.filter((line) => line.startsWith(`  ${name} `));
    assert.equal(own.length, 1, name);
    assert.ok(own[0]?.endsWith(`  ${describe}`), own[0]);
  }
});

test("first steps come first, in the order in which they are taken", () => {
  const [first] = groups;
  assert.equal(first?.title, "First steps");
  assert.deepEqual(first.commands.map(({ name }) => name).slice(0, 4), ["init", "validate", "preview", "up"]);
});

for (const columns of [100, 80])
  test(`nothing is wrapped or cut off at ${columns} columns`, () => {
    const text = overview(groups, columns);
    assert.doesNotMatch(text, /…/);
    assert.deepEqual(
      text.split("\n").filter((line) => line.length > columns),
      [],
    );
  });

test("on a narrow terminal a description is cut off, and a line stays a line", () => {
  const narrow = overview(groups, 50).split("\n");
  const wide = overview(groups, 100).split("\n");
  const own = (lines: readonly string[]) => lines.filter((line) => names.some((name) => line.startsWith(`  ${name} `)));
  assert.equal(own(narrow).length, own(wide).length);
  for (const line of own(narrow)) assert.ok(line.length <= 50, line);
});

for (const [words, asks] of [
  [[], true],
  [["--help"], true],
  [["-h"], true],
  [["help"], true],
  [["-o", "json", "--help"], true],
  [["up", "--help"], false],
  [["--help", "up"], false],
  [["help", "up"], false],
  [["nope", "--help"], false],
  [["list"], false],
  [["--version"], false],
] as const)
  test(`"coffer ${words.join(" ")}" asks for ${asks ? "the whole help" : "something else"}`, () => {
    assert.equal(asksOverview(words, commands), asks);
  });

/** `cluster-create, -list` are two. Of `trove-manage` the verb counts. */
const troveVerbs = Object.values(verbs)
  .flat()
  .flatMap(({ trove }) => {
    const [first = "", ...others] = trove.replace(/^trove-manage /, "").split(", ");
    const head = first.slice(0, first.indexOf("-"));
    return [first, ...others.map((verb) => (verb.startsWith("-") ? `${head}${verb}` : verb))];
  });

test("every verb of Trove is a command, or is answered by name", () => {
  assert.ok(troveVerbs.includes("cluster-shrink") && troveVerbs.includes("db_sync"), troveVerbs.join());
  const silent = troveVerbs.filter((verb) => !names.includes(verb) && !troveAnswer(verb));
  assert.deepEqual(silent, []);
});

test("no answer is about a command that there is, and every command that one names is there", () => {
  for (const name of names) assert.equal(troveAnswer(name), undefined, name);
  for (const verb of troveVerbs) {
    const { instead = "", remedy = "" } = troveAnswer(verb) ?? {};
    for (const [, name = ""] of `${instead} ${remedy}`.matchAll(/coffer ([a-z]+[a-z-]*)/g))
      assert.ok(names.includes(name), `${verb}: coffer ${name}`);
  }
});

const answered: { why: string; words: string; says: RegExp; remedy: RegExp }[] = [
  {
    why: "what there is none of yet",
    words: "backup-create orders nightly --incremental",
    says: /^there is no command "backup-create": there are no backups yet$/,
    remedy: /coffer dump NAME/,
  },
  {
    why: "another name",
    words: "user-update-attributes orders app --new_name shop",
    says: /a shorter name here/,
    remedy: /coffer user-update/,
  },
  {
    why: "asked for help",
    words: "promote-to-replica-source --help",
    says: /no replicas yet/,
    remedy: /coffer dump ONE/,
  },
  {
    why: "help about it",
    words: "help eject-replica-source",
    says: /no replicas yet/,
    remedy: /coffer dump ONE/,
  },
  {
    why: "the openstack client's words",
    words: "database instance list",
    says: /openstack database instance list is coffer list/,
    remedy: /docs\/trove\.md/,
  },
  { why: "no verb of anybody's", words: "promte --help", says: /^unknown command "promte"/, remedy: /coffer --help/ },
];

for (const { why, words, says, remedy } of answered)
  test(`a verb that is no command: ${why}`, async () => {
    await assert.rejects(parse(words.split(" "), commands, "1.0.0", 100), (thrown: unknown) => {
      assert.ok(thrown instanceof OperationError && thrown.reason === "input", String(thrown));
      assert.match(thrown.message, says);
      assert.match(thrown.remedy ?? "", remedy);
      return true;
    });
  });
