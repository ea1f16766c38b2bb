/** One way to name a user everywhere: NAME, NAME@HOST, or NAME with its host apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { commands } from "../../cli/commands/index.ts";
import { parse } from "../../cli/parser.ts";
import { shellWord } from "../../cli/shell-word.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { OperationError } from "../../operations/errors.ts";
import { type AskedUser, userNamed, whoNamed } from "../../operations/user-names.ts";

const split = (text: string) => {
  const at = text.lastIndexOf("@");
  return { name: text.slice(0, at), host: text.slice(at + 1) };
};

interface Case {
  why: string;
  asked: AskedUser;
  users?: readonly string[];
  engine?: typeof mariadb;
  is?: string;
  fails?: RegExp;
  remedy?: RegExp;
}

const hosts = ["app@%", "app@10.%", "one@10.0.0.%", "a@b@%"];

const lookups: Case[] = [
  { why: "the only one of a name, whatever its host", asked: { user: "one" }, is: "one@10.0.0.%" },
  { why: "NAME@HOST", asked: { user: "app@10.%" }, is: "app@10.%" },
  { why: "NAME and its host apart", asked: { user: "app", host: "10.%" }, is: "app@10.%" },
  { why: "both, and they agree", asked: { user: "app@10.%", host: "10.%" }, is: "app@10.%" },
  { why: "hosts have no case", users: ["app@Web.Example"], asked: { user: "app@web.example" }, is: "app@Web.Example" },
  { why: "nor apart", users: ["app@Web.Example"], asked: { user: "app", host: "WEB.example" }, is: "app@Web.Example" },
  {
    why: "both, and they contradict each other",
    asked: { user: "app@10.%", host: "%" },
    fails: /^"app@10\.%" names the host "10\.%", and --host says "%"$/,
    remedy: /say it once/,
  },
  {
    why: "one of several",
    asked: { user: "app" },
    fails: /^instance "orders" has several users "app"$/,
    remedy: /app@%, app@10\.%/,
  },
  {
    why: "a host that it does not have",
    asked: { user: "app", host: "192.%" },
    fails: /^user "app" of instance "orders" has no host "192\.%"$/,
    remedy: /app@%, app@10\.%/,
  },
  {
    why: "the same behind an @",
    asked: { user: "app@192.%" },
    fails: /^user "app" of instance "orders" has no host "192\.%"$/,
    remedy: /app@%, app@10\.%/,
  },
  { why: "a name with an @ in it, as it is", asked: { user: "a@b" }, is: "a@b@%" },
  { why: "and with its host", asked: { user: "a@b@%" }, is: "a@b@%" },
  { why: "and with its host apart", asked: { user: "a@b", host: "%" }, is: "a@b@%" },
  { why: "beside one that it could be, split", users: ["a@b@%", "a@b"], asked: { user: "a", host: "b" }, is: "a@b" },
  {
    why: "nobody",
    asked: { user: "ap" },
    fails: /^instance "orders" has no user "ap"; did you mean "app"\?$/,
    remedy: /its users are: app@%/,
  },
  { why: "nobody at all", users: [], asked: { user: "app" }, fails: /no user "app"$/, remedy: /lists no users/ },
  { why: "without hosts: a name", engine: postgresql, users: ["app@%"], asked: { user: "app" }, is: "app@%" },
  {
    why: "without hosts: an @ is a letter",
    engine: postgresql,
    users: ["app@%", "app@10.%@%"],
    asked: { user: "app@10.%" },
    is: "app@10.%@%",
  },
  {
    why: "without hosts: the host of all",
    engine: postgresql,
    users: ["app@%"],
    asked: { user: "app", host: "%" },
    is: "app@%",
  },
  {
    why: "without hosts: another one",
    engine: postgresql,
    users: ["app@%"],
    asked: { user: "app", host: "10.%" },
    fails: /^users of PostgreSQL have no hosts, and "app" is given the host "10\.%"$/,
    remedy: /leave --host out/,
  },
];

for (const { why, asked, users = hosts, engine = mariadb, is, fails, remedy } of lookups)
  test(`a user is named: ${why}`, () => {
    const find = () => userNamed(users.map(split), asked, { engine, instance: "orders", of: "server" });
    if (is !== undefined) return assert.deepEqual(find(), split(is));
    assert.throws(find, (thrown: unknown) => {
      assert.ok(thrown instanceof OperationError && thrown.reason === "input", String(thrown));
      assert.match(thrown.message, fails ?? /^$/);
      assert.match(thrown.remedy ?? "", remedy ?? /^$/);
      return true;
    });
  });

const fresh: Case[] = [
  { why: "from anywhere", asked: { user: "app" }, is: "app@%" },
  { why: "from a host", asked: { user: "app@10.%" }, is: "app@10.%" },
  { why: "from a host that is said apart", asked: { user: "app", host: "10.%" }, is: "app@10.%" },
  { why: "the host is what follows the last @", asked: { user: "a@b@10.%" }, is: "a@b@10.%" },
  { why: "an @ in front splits nothing", asked: { user: "@app" }, is: "@app@%" },
  { why: "a contradiction", asked: { user: "a@b", host: "%" }, fails: /names the host "b", and --host says "%"/ },
  { why: "without hosts", engine: postgresql, asked: { user: "a@b" }, is: "a@b@%" },
];

for (const { why, asked, engine = mariadb, is, fails } of fresh)
  test(`a new user is named: ${why}`, () => {
    const name = () => whoNamed(engine, asked);
    if (is !== undefined) assert.deepEqual(name(), split(is));
    else assert.throws(name, { reason: "input", message: fails });
  });

test("every command about a user takes --host", async () => {
  const about = commands.filter(({ positionals }) => positionals?.some(({ name }) => name === "user"));
  assert.ok(about.length >= 8);
  const words = [...about.map(({ name }) => [name, "orders", "app"]), ["connect", "orders"], ["load", "orders"]];
  for (const [name = "", ...rest] of words) {
    const more = commands.find((one) => one.name === name)?.positionals?.some((one) => one.rest) ? ["shop"] : [];
    const chosen = await parse([name, ...rest, ...more, "--host", "10.%"], commands, "1", 100);
    assert.equal(chosen?.args.text("host"), "10.%", name);
  }
});

for (const [word, shown] of [
  ["app@10.%", "app@10.%"],
  ["o'hara", "'o'\\''hara'"],
  ["a b", "'a b'"],
  ["$x", "'$x'"],
  ["", "''"],
] as const)
  test(`${JSON.stringify(word)} in a line to copy is ${shown}`, () => assert.equal(shellWord(word), shown));
