import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Problem } from "../../engines/engine.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { isSystemAccount } from "../../engines/mariadb/names.ts";

const long = (n: number) => "x".repeat(n);

const names: { name: string; why: string; database?: RegExp; user?: RegExp }[] = [
  { name: "shop", why: "an ordinary name" },
  { name: "o'x\"`\\%_; DROP DATABASE a -- $(id)", why: "quotes, backslash, wildcards and fragments are characters" },
  { name: "größe 数据", why: "Unicode of the Basic Multilingual Plane" },
  { name: "", why: "empty", database: /is empty/, user: /is empty/ },
  { name: " a", why: "a leading space", database: /space/, user: /space/ },
  { name: "a ", why: "a trailing space", database: /space/, user: /space/ },
  { name: "a\0b", why: "NUL", database: /control/, user: /control/ },
  { name: "a\nb", why: "a control character", database: /control/, user: /control/ },
  { name: "a\ud800", why: "half a surrogate pair", database: /Unicode/, user: /Unicode/ },
  { name: "a\u{1f600}", why: "beyond the BMP, which MariaDB names cannot hold", database: /emoji/, user: /emoji/ },
  { name: long(64), why: "64 characters is the longest database" },
  { name: long(65), why: "65 characters fits a user only", database: /64/ },
  { name: long(80), why: "80 characters is the longest user", database: /64/ },
  { name: long(81), why: "81 characters fits nothing", database: /64/, user: /80/ },
  { name: "数".repeat(51), why: "51 x 5 bytes is the longest folder" },
  { name: "数".repeat(52), why: "its folder would be longer than 255 bytes", database: /folder/ },
  { name: "mysql", why: "a system database and a system account", database: /itself/, user: /reserved/ },
  { name: "Sys", why: "system databases in any case", database: /itself/ },
  { name: "ROOT", why: "system accounts in any case", user: /reserved/ },
  { name: "'a'", why: "the server takes the quotes off at login", user: /nobody could log in/ },
  { name: "'a", why: "one quote stays" },
  { name: "a'", why: "at the end, too" },
  { name: "'", why: "and by itself" },
  { name: "mariadb.sys", why: "owns the views of sys", user: /reserved/ },
  { name: "os_admin", why: "reserved by Trove", user: /reserved/ },
  { name: "public", why: "PUBLIC is a keyword of grants", user: /reserved/ },
  { name: "ibdata1", why: "a file of InnoDB in the data directory", database: /file/ },
  { name: "#mysql50#a", why: "a prefix that bypasses the encoding of folder names", database: /file/ },
];

test("names of databases and users", async (t) => {
  for (const { name, why, database, user } of names)
    await t.test(why, () => {
      check(mariadb.checkDatabase({ name }), database);
      check(mariadb.checkUser({ name, host: "%", grants: [] }), user);
    });
});

const hosts: { host: string; why: string; wrong?: RegExp }[] = [
  { host: "%", why: "anywhere" },
  { host: "10.1.2.3", why: "an IPv4 address" },
  { host: "::1", why: "an IPv6 address" },
  { host: "10.1.%", why: "a pattern" },
  { host: "10.1.2._", why: "a pattern for one digit" },
  { host: "10.0.0.0/255.0.0.0", why: "a network with its mask" },
  {
    host: "10.0.0.0/8",
    why: "MariaDB has no prefix lengths",
    wrong: /takes a network with its mask.*write 10\.0\.0\.0\/255\.0\.0\.0/,
  },
  { host: "10.1.2.3/255.0.0.0", why: "bits outside the mask never match", wrong: /write 10\.0\.0\.0\/255\.0\.0\.0/ },
  { host: "10.0.0.0/33", why: "no such mask", wrong: /IPv4 network/ },
  { host: "10.0.0.0/8/8", why: "two masks", wrong: /IPv4 network/ },
  { host: "2001:db8::/32", why: "masks are for IPv4 only", wrong: /IPv4 network/ },
  { host: "2001:DB8::1", why: "addresses are compared as the server writes them", wrong: /write 2001:db8::1/ },
  { host: "localhost", why: "names are not resolved", wrong: /resolves no names/ },
  { host: "app.example.org", why: "names are not resolved", wrong: /resolves no names/ },
  { host: "%.example.org", why: "a pattern of a name matches no address", wrong: /no address/ },
  { host: "10.0.0.0/0", why: "no bits at all", wrong: /write 0\.0\.0\.0\/0\.0\.0\.0/ },
  { host: "10.255.0.0/22", why: "two digits of bits", wrong: /write 10\.255\.0\.0\/255\.255\.252\.0/ },
  { host: "shop1%", why: "what begins with a word matches no address", wrong: /no address/ },
  { host: "fe80::1%eth0", why: "a zone is this machine's own, and % is a wildcard", wrong: /no address/ },
  { host: "", why: "empty", wrong: /not an address/ },
  { host: "%'; DROP", why: "not an address at all", wrong: /no address/ },
];

test("hosts of users", async (t) => {
  for (const { host, why, wrong } of hosts)
    await t.test(`${host}: ${why}`, () => check(mariadb.checkUser({ name: "u", host, grants: [] }), wrong));
});

const passwords: { password: string; why: string; wrong?: RegExp }[] = [
  { password: "correct horse", why: "a space inside" },
  { password: "p'\"`\\%_$(id)\u{1f600}", why: "anything printable, supplementary characters too" },
  { password: long(256), why: "256 characters is the longest" },
  { password: long(257), why: "too long", wrong: /256/ },
  { password: "", why: "empty", wrong: /empty/ },
  { password: " a", why: "Trove's rule on spaces", wrong: /space/ },
  { password: "secret\n", why: "a control character", wrong: /control/ },
];

test("passwords", async (t) => {
  for (const { password, why, wrong } of passwords)
    await t.test(why, () => {
      const problems = mariadb.checkPassword(password);
      check(problems, wrong);
      if (password.length > 5) assert.ok(!JSON.stringify(problems).includes(password.trim()), "no problem shows it");
    });
});

const charsets: { charset?: string; collation?: string; why: string; wrong?: RegExp; candidate?: string }[] = [
  { charset: "utf8mb4", collation: "utf8mb4_unicode_ci", why: "they match" },
  { charset: "latin1", why: "a character set alone" },
  { collation: "utf8mb4_uca1400_ai_ci", why: "a collation alone" },
  { charset: "utf8", why: "what utf8 means depends on a setting", wrong: /utf8mb4/ },
  { charset: "utf8mb5", why: "unknown", wrong: /utf8mb5/, candidate: "utf8mb4" },
  { collation: "utf8mb4_xx", why: "unknown", wrong: /utf8mb4_xx/, candidate: "utf8mb4_bin" },
  { charset: "latin1", collation: "utf8mb4_bin", why: "of another character set", wrong: /belongs to .* utf8mb4/ },
];

test("character sets and collations", async (t) => {
  for (const { charset, collation, why, wrong, candidate } of charsets)
    await t.test(`${charset} ${collation}: ${why}`, () => {
      const problems = mariadb.checkDatabase({
        name: "a",
        ...(charset && { charset }),
        ...(collation && { collation }),
      });
      check(problems, wrong);
      if (candidate) assert.ok(problems[0]?.candidates?.includes(candidate));
    });
});

const accounts: { name: string; host: string; why: string; system: boolean }[] = [
  { name: "root", host: "localhost", why: "the administrator over the socket", system: true },
  { name: "ROOT", host: "LOCALHOST", why: "in any case", system: true },
  { name: "root", host: "%", why: "the root that a spec asks for", system: false },
  { name: "mysql", host: "localhost", why: "whom the server runs as", system: true },
  { name: "mariadb.sys", host: "%", why: "who owns the views of sys, from anywhere", system: true },
  { name: "app", host: "localhost", why: "a user of the spec", system: false },
];
for (const { name, host, why, system } of accounts)
  test(`an account of the server's own is never touched: ${name}@${host}: ${why}`, () =>
    assert.equal(isSystemAccount(name, host), system));

test("a problem says where it is, once, with the names to choose from", () => {
  const where = (problems: readonly Problem[]) => problems.map(({ path }) => path.join());
  assert.deepEqual(where(mariadb.checkDatabase({ name: "", charset: "x", collation: "y" })), [
    "name",
    "charset",
    "collation",
  ]);
  assert.deepEqual(where(mariadb.checkUser({ name: "", host: "x", grants: [] })), ["name", "host"]);
  const other = mariadb.checkDatabase({ name: "a", charset: "latin1", collation: "utf8mb4_bin" });
  assert.deepEqual(where(other), ["collation"]);
  assert.match(other[0]?.allowed ?? "", /a collation of latin1, for example latin1_/);
  assert.deepEqual(where(mariadb.checkDatabase({ name: "a", charset: "x", collation: "utf8mb4_bin" })), ["charset"]);
  const [inCharset] = mariadb.checkDatabase({ name: "a", charset: "latin1", collation: "latin1_xx" });
  assert.ok(
    inCharset?.candidates?.every((one) => one.startsWith("latin1_")),
    "those of the character set",
  );
  const [unknown] = mariadb.checkDatabase({ name: "a", charset: "utf8mb5" });
  assert.equal(unknown?.allowed, undefined, "only utf8 has two meanings");
});

test("a long name is cut in a message", () => {
  const message = (length: number) => mariadb.checkUser({ name: long(length), host: "%", grants: [] })[0]?.message;
  assert.match(message(100) ?? "", /"x{100}"/);
  assert.match(message(101) ?? "", /"x{100}\.\.\."/);
});

test("the rules answer for any text, and every problem says what is allowed", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const problems = [
        ...mariadb.checkDatabase({ name: text }),
        ...mariadb.checkUser({ name: text, host: text, grants: [] }),
        ...mariadb.checkPassword(text),
      ];
      for (const problem of problems) assert.ok(problem.message && problem.allowed);
    }),
    { seed: 1 },
  );
});

function check(problems: readonly { message: string; allowed?: string }[], wrong: RegExp | undefined): void {
  const words = problems.map((p) => `${p.message}; ${p.allowed}`).join("\n");
  if (wrong) assert.match(words, wrong);
  else assert.equal(words, "");
}
