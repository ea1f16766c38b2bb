/** What names, locales and passwords a spec may ask PostgreSQL for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { postgresql } from "../../engines/postgresql/index.ts";
import { collationOf, isInternalRole } from "../../engines/postgresql/names.ts";
import { scramMatches, scramVerifier } from "../../engines/postgresql/scram.ts";

const { checkDatabase, checkUser, checkPassword } = postgresql;

const names = [
  { why: "an ordinary name", name: "shop", ok: true },
  { why: "a quote", name: `o"brien'`, ok: true },
  { why: "a backslash and a percent sign", name: "a\\b%s", ok: true },
  { why: "a space inside", name: "my shop", ok: true },
  { why: "SQL", name: `x"; DROP TABLE users; --`, ok: true },
  { why: "shell", name: "$(reboot)`id`;|&", ok: true },
  { why: "unicode", name: "Bücher書店😀", ok: true },
  { why: "reserved words of SQL are only words when quoted", name: "select", ok: true },
  { why: "Postgres is not postgres", name: "Postgres", ok: true },
  { why: "63 bytes", name: "a".repeat(63), ok: true },
  { why: "64 bytes would be cut silently", name: "a".repeat(64), ok: false },
  { why: "32 characters of two bytes are 64 bytes", name: "ü".repeat(32), ok: false },
  { why: "empty", name: "", ok: false },
  { why: "NUL ends a string of the server", name: "a\0b", ok: false },
  { why: "a line break", name: "a\nb", ok: false },
  { why: "half a surrogate pair is no text", name: "a\ud800", ok: false },
  { why: "a leading space", name: " a", ok: false },
  { why: "a trailing space", name: "a ", ok: false },
];

for (const { why, name, ok } of names)
  test(`name: ${why}`, () => {
    assert.equal(checkDatabase({ name }).length === 0, ok);
    assert.equal(checkUser({ name, host: "%", grants: [] }).length === 0, ok);
  });

for (const name of ["postgres", "template0", "template1"])
  test(`the database ${name} is PostgreSQL's own`, () => {
    assert.deepEqual(checkDatabase({ name })[0]?.path, ["name"]);
  });

for (const name of [
  "postgres",
  "os_admin",
  "root",
  "public",
  "none",
  "pg_monitor",
  "pg_x",
  "coffer",
  "coffer_users",
  "__proto__",
])
  test(`the user ${name} is reserved`, () => {
    assert.deepEqual(checkUser({ name, host: "%", grants: [] })[0]?.path, ["name"]);
  });

test("a user has no host", () => {
  assert.deepEqual(checkUser({ name: "a", host: "10.0.0.1", grants: [] })[0]?.path, ["host"]);
});

const locales = [
  { why: "the encoding's other spelling", database: { charset: "utf-8" }, paths: [] },
  { why: "a name of MySQL", database: { charset: "utf8mb4" }, paths: ["charset"] },
  { why: "a client-only encoding", database: { charset: "BIG5" }, paths: ["charset"] },
  { why: "ICU's root order", database: { collation: "und-x-icu" }, paths: [] },
  { why: "ICU by language and country", database: { collation: "de-AT-x-icu" }, paths: [] },
  { why: "a language that ICU does not know", database: { collation: "xx-x-icu" }, paths: ["collation"] },
  { why: "a locale that the image does not have", database: { collation: "en_US.UTF-8" }, paths: ["collation"] },
  { why: "POSIX", database: { collation: "POSIX" }, paths: [] },
  { why: "a language without ICU's ending", database: { collation: "de" }, paths: ["collation"] },
  { why: "both are wrong", database: { charset: "BIG5", collation: "xx" }, paths: ["charset", "collation"] },
  {
    why: "an extension that there is not, on top",
    database: { extensions: ["none-such"], charset: "BIG5" },
    paths: ["extensions", "charset"],
  },
  { why: "latin1 in byte order", database: { charset: "LATIN1", collation: "C" }, paths: [] },
  { why: "latin1 in an order of UTF-8", database: { charset: "LATIN1", collation: "C.UTF-8" }, paths: ["collation"] },
];

for (const { why, database, paths } of locales)
  test(`locale: ${why}`, () => {
    assert.deepEqual(
      checkDatabase({ name: "shop", ...database }).map((problem) => problem.path[0]),
      paths,
    );
  });

const collations: { why: string; name: string; provider?: "libc" | "icu"; locale?: string }[] = [
  { why: "bytes", name: "C", provider: "libc", locale: "C" },
  { why: "its other name", name: "POSIX", provider: "libc", locale: "POSIX" },
  { why: "the default", name: "C.UTF-8", provider: "libc", locale: "C.UTF-8" },
  { why: "ICU's root", name: "und-x-icu", provider: "icu", locale: "und" },
  { why: "a script", name: "zh-Hant-x-icu", provider: "icu", locale: "zh-Hant" },
  { why: "a region by number", name: "es-419-x-icu", provider: "icu", locale: "es-419" },
  { why: "a language that ends like ICU's ending", name: "de-AT", provider: undefined },
  { why: "a tag in front", name: "x-de-x-icu" },
  { why: "a tag behind", name: "de-u-co-phonebk-x-icu" },
  { why: "a variant, which ICU knows and PostgreSQL names otherwise", name: "de-1996-x-icu" },
  { why: "a script in small letters", name: "zh-hant-x-icu" },
];
for (const { why, name, provider, locale } of collations)
  test(`collation ${name}: ${why}`, () =>
    assert.deepEqual(collationOf(name), provider === undefined ? undefined : { provider, locale }));

test("every problem says what is wrong and what is allowed", () => {
  const database = (name: string, more = {}) => checkDatabase({ name, ...more });
  const user = (name: string, host = "%") => checkUser({ name, host, grants: [] });
  const broken = ["", "a".repeat(64), "a\0b", " a", "postgres"];
  const problems = [
    ...broken.flatMap((name) => [...database(name), ...user(name)]),
    ...database("a", { charset: "BIG5" }),
    ...database("a", { collation: "xx" }),
    ...database("a", { charset: "LATIN1", collation: "de-x-icu" }),
    ...user("__proto__"),
    ...user("a", "h"),
    ...["", "x".repeat(1001), " a", "a\tb", "ofﬁce"].flatMap((password) => checkPassword(password)),
  ];
  assert.equal(problems.length, 20);
  for (const { path, message, allowed } of problems) assert.ok(message && allowed && path.length <= 1, message);
  assert.deepEqual(checkPassword("")[0]?.path, []);
  assert.deepEqual(user("")[0]?.path, ["name"]);
  assert.deepEqual(database("")[0]?.path, ["name"]);
  assert.match(database("postgres")[0]?.allowed ?? "", /^any name but postgres, template0, template1$/);
  assert.match(user("os_admin")[0]?.allowed ?? "", /^any name but .*os_admin.* and those that begin/);
  const [encoding] = database("a", { charset: "BIG5" });
  assert.doesNotMatch(encoding?.allowed ?? "", /one of UTF8/, "it is said once");
  assert.deepEqual(database("a", { collation: "xx" })[0]?.candidates, ["C.UTF-8", "C", "POSIX", "und-x-icu"]);
});

const roles = [
  { why: "the superuser", name: "postgres", system: true },
  { why: "Coffer's own groups", name: "coffer_users", system: true },
  { why: "PostgreSQL's own", name: "pg_monitor", system: true },
  { why: "the administrator that a spec asks for", name: "root", system: false },
  { why: "a user of the spec", name: "app", system: false },
];
for (const { why, name, system } of roles)
  test(`a role of the server's own is never touched: ${name}: ${why}`, () =>
    assert.equal(isInternalRole(name), system));

const passwords = [
  { why: "ASCII as it is", password: `p'a"s\\s%w$(o)r;d --`, ok: true },
  { why: "unicode that NFKC leaves alone", password: "pässwörd-書", ok: true },
  { why: "1000 characters", password: "x".repeat(1000), ok: true },
  { why: "1001 characters", password: "x".repeat(1001), ok: false },
  { why: "empty", password: "", ok: false },
  { why: "a leading space", password: " secret", ok: false },
  { why: "NUL", password: "sec\0ret", ok: false },
  { why: "a tab", password: "sec\tret", ok: false },
  { why: "a ligature becomes two letters in NFKC", password: "ofﬁce", ok: false },
  { why: "a decomposed umlaut is composed by NFKC", password: "u\u0308ber", ok: false },
  { why: "a no-break space becomes a space", password: "sec\u00a0ret", ok: false },
  { why: "a soft hyphen is removed", password: "sec\u00adret", ok: false },
  { why: "a variation selector is removed", password: "sec\ufe0fret", ok: false },
  { why: "private use", password: "sec\ue000ret", ok: false },
];

for (const { why, password, ok } of passwords)
  test(`password: ${why}`, () => {
    const problems = checkPassword(password);
    assert.equal(problems.length === 0, ok);
    if (password !== "") for (const problem of problems) assert.ok(!JSON.stringify(problem).includes(password));
  });

test("the verifier is the server's own for the same salt", async () => {
  // PostgreSQL 15's own verifier of this password.
  const own =
    "SCRAM-SHA-256$4096:wUq/a4Yt5mPmHe1yXko84g==$b+/rcTWtcAsJ+I33SJCiPY9sZZ/ELaFlpceeuOTbJvI=:N8XH4LpvFdlCN2ynO1MtHC741fei3n5fc0phd6nGHys=";
  assert.equal(await scramMatches(own, "pencil"), true);
  assert.equal(await scramMatches(own, "pencils"), false);
});

test("a verifier is salted anew each time and fits its password alone", async () => {
  const [one, two] = await Promise.all([scramVerifier("secret"), scramVerifier("secret")]);
  assert.notEqual(one, two);
  assert.equal(await scramMatches(one, "secret"), true);
  assert.equal(await scramMatches(one, "Secret"), false);
});

for (const verifier of [null, "", "md5d41d8cd98f00b204e9800998ecf8427e", "SCRAM-SHA-256$0:AA==$AA==:AA==", "secret"])
  test(`nothing fits the stored ${JSON.stringify(verifier)}`, async () => {
    assert.equal(await scramMatches(verifier, "secret"), false);
  });

test("the client gets the password by its environment, and a name never as a connection string", () => {
  const { argv, env } = postgresql.client({
    host: "127.0.0.1",
    port: 5555,
    user: "app",
    password: "s3cret",
    database: `host=evil user='x\\`,
    authority: "/ca.pem",
  });
  assert.deepEqual(env, { PGPASSWORD: "s3cret", PGSSLMODE: "verify-full", PGSSLROOTCERT: "/ca.pem" });
  assert.equal(argv.at(-1), `--dbname=dbname='host=evil user=\\'x\\\\'`);
  assert.ok(!argv.join(" ").includes("s3cret"));
});

test("a URL quotes what it must", () => {
  assert.equal(
    postgresql.url({ host: "::1", port: 5432, user: "a@b:c/d", database: "my shop?" }),
    "postgresql://a%40b%3Ac%2Fd@[::1]:5432/my%20shop%3F",
  );
});
