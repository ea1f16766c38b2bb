/** The words of a command line: what they become, which are refused, and how a shell completes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Args, Command } from "../../cli/command.ts";
import { commands } from "../../cli/commands/index.ts";
import { candidates } from "../../cli/completion.ts";
import { parse } from "../../cli/parser.ts";
import { OperationError } from "../../operations/errors.ts";

const parsed = (...words: string[]) => parse(words, commands, "1.0.0", 100);

test("arguments reach the command as they were written", async () => {
  const create = await parsed(
    "create",
    "007",
    "small",
    "--size",
    "2",
    "--datastore",
    "mariadb",
    "--databases",
    "a",
    "b",
    "--users",
    "x@%",
    "-f",
    "s.yaml",
  );
  const args = create?.args as Args;
  assert.deepEqual(
    [
      create?.command.name,
      args.text("name"),
      args.number("size"),
      args.list("databases"),
      args.list("users"),
      args.text("output"),
    ],
    ["create", "007", 2, ["a", "b"], ["x@%"], "table"],
  );
  const up = await parsed("up", "--allow-replace", "a", "--allow-replace", "b", "stacks/demo.yaml");
  assert.deepEqual([up?.args.list("allow-replace"), up?.args.optional("spec")], [["a", "b"], "stacks/demo.yaml"]);
  const access = await parsed("access", "orders", "--no-public", "--allow", "10.0.0.0/8", "--allow", "2001:db8::/32");
  assert.deepEqual(
    [
      access?.args.flag("public"),
      access?.args.flag("no-public"),
      access?.args.list("allow"),
      access?.args.list("admin"),
    ],
    [false, true, ["10.0.0.0/8", "2001:db8::/32"], []],
  );
  assert.equal((await parsed("resize-volume", "orders", "20"))?.args.text("size"), "20");
  assert.equal((await parsed("list", "-o", "json", "-o", "yaml"))?.args.text("output"), "yaml");
});

const mistakes: { why: string; words: string[]; error: RegExp }[] = [
  { why: "a command that does not exist", words: ["lst"], error: /unknown command "lst"; did you mean list\?/ },
  {
    why: "an option that does not exist",
    words: ["up", "--allow-replce", "x"],
    error: /unknown option --allow-replce; did you mean --allow-replace\?/,
  },
  { why: "a missing argument", words: ["show"], error: /not enough/ },
  { why: "one argument too many", words: ["show", "a", "b"], error: /"coffer show" does not take the argument "b"/ },
  { why: "a missing option", words: ["create", "a", "small"], error: /size/ },
  {
    why: "a size that is no number",
    words: ["create", "a", "s", "--size", "big", "--datastore", "m"],
    error: /--size takes a whole number/,
  },
  { why: "a negative number", words: ["logs", "a", "--lines", "-5"], error: /--lines takes a whole number/ },
  { why: "a format that does not exist", words: ["list", "-o", "xml"], error: /xml/ },
  {
    why: "a word that is none of an argument's choices",
    words: ["state", "imprt", "f"],
    error: /^action is one of export, import, not "imprt"; did you mean import\?$/,
  },
  { why: "a size that is missing", words: ["resize-volume", "orders"], error: /not enough/ },
  {
    why: "Trove's spelling of an option",
    words: ["create", "a", "s", "--size", "1", "--datastore", "m", "--datastore_version", "1"],
    error: /unknown option --datastore_version; did you mean --datastore-version\?/,
  },
  {
    why: "a password behind a new user is not repeated",
    words: ["user-create", "orders", "app", "hunter2"],
    error: /^one user at a time, and no password: everybody on the machine can read a command line$/,
  },
  { why: "an option without its value", words: ["list", "-f"], error: /not enough arguments|argument/i },
];

for (const { why, words, error } of mistakes) {
  test(`wrong arguments: ${why}`, async () => {
    await assert.rejects(parsed(...words), (thrown: unknown) => {
      assert.ok(thrown instanceof OperationError && thrown.reason === "input", String(thrown));
      assert.match(thrown.message, error);
      return true;
    });
  });
}

const completions: { why: string; words: string[]; found: string[] }[] = [
  { why: "commands", words: ["user-s"], found: ["user-show", "user-show-access"] },
  { why: "options", words: ["up", "--allow"], found: ["--allow-replace"] },
  { why: "instances as an argument", words: ["show", "or"], found: ["orders"] },
  { why: "instances behind an option with a value", words: ["show", "-f", "x.yaml", ""], found: ["orders", "ledger"] },
  { why: "instances as an option's value", words: ["up", "--allow-replace", "l"], found: ["ledger"] },
  { why: "an option's choices", words: ["list", "-o", "j"], found: ["json"] },
  { why: "an argument's choices", words: ["state", "im"], found: ["import"] },
  { why: "no instance where another word belongs", words: ["user-show", "orders", ""], found: [] },
  { why: "a new name is nobody's", words: ["create", "o"], found: [] },
  { why: "an unknown command", words: ["nope", ""], found: [] },
];

for (const { why, words, found } of completions) {
  test(`completion: ${why}`, async () => {
    assert.deepEqual(await candidates(words, commands, async () => ["orders", "ledger"]), found);
  });
}

for (const { why, words, argv, fails } of [
  {
    why: "options after -- are the program's",
    words: ["exec", "a", "--", "ls", "-l", "--file=x"],
    argv: ["ls", "-l", "--file=x"],
  },
  {
    why: "a second -- is the program's too",
    words: ["exec", "a", "-u", "nobody", "--", "x", "--", ""],
    argv: ["x", "--", ""],
  },
  { why: "a program is wanted", words: ["exec", "a"], fails: /wants the program and its arguments after --/ },
  { why: "only after --", words: ["exec", "a", "ls"], fails: /does not take the argument "ls"/ },
]) {
  test(`words after --: ${why}`, async () => {
    const work = parse(words, commands, "1", 100);
    if (fails) await assert.rejects(work, { reason: "input", message: fails });
    else assert.deepEqual((await work)?.args.list("argv"), argv);
  });
}

/** Those that only look, or hand the terminal to another program. */
const looking = [
  ...[
    "validate",
    "preview",
    "list",
    "connect",
    "doctor",
    "drift",
    "graph",
    "env",
    "show",
    "database-list",
    "user-list",
  ],
  ...[
    "user-show",
    "user-show-access",
    "root-show",
    "configuration-list",
    "configuration-show",
    "configuration-instances",
  ],
  ...["configuration-default", "configuration-parameter-list", "configuration-parameter-show", "datastore-list"],
  ...["datastore-version-list", "dump", "volume-list", "logs", "log-list", "watch", "metrics", "exec", "ssh", "ca"],
  ...["version", "completion"],
];

/** A command with everything that it needs, and one option more. */
const called = ({ name, positionals = [], options = {}, rest }: Command, option: string) => [
  name,
  ...positionals.filter(({ required }) => required).map(({ choices }) => choices?.[0] ?? "1"),
  ...Object.entries(options).flatMap(([word, { required }]) => (required ? [`--${word}`, "1"] : [])),
  option,
  ...(rest ? ["--", "true"] : []),
];

for (const command of commands)
  test(`coffer ${command.name} ${looking.includes(command.name) ? "has nothing to confirm" : "takes --yes and -y"}`, async () => {
    for (const option of ["--yes", "-y"]) {
      const work = parsed(...called(command, option));
      if (looking.includes(command.name))
        await assert.rejects(work, { reason: "input", message: /^unknown option --?y/ });
      else assert.equal((await work)?.args.flag("yes"), true);
    }
  });
