/** The rules for server parameters, and the configuration that they end in. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { type ParameterValue, type ServerSpec, type TlsMode, tlsModes } from "../../engines/engine.ts";
import { catalogueOf } from "../../engines/postgresql/catalogue.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { ownedReason, reviewed, risky } from "../../engines/postgresql/owned.ts";
import { GiB, MiB } from "../../engines/shared/units.ts";

const check = (name: string, value: ParameterValue, memoryBytes = 4 * GiB) =>
  postgresql.checkParameters("15", { [name]: value }, memoryBytes);

const good: readonly [why: string, name: string, value: ParameterValue][] = [
  ["a size in PostgreSQL's units", "work_mem", "16MB"],
  ["a bare number counts the server's unit", "shared_buffers", 16384],
  ["a time", "statement_timeout", "90s"],
  ["a space before the unit", "checkpoint_timeout", "5 min"],
  ["a fraction of a unit", "work_mem", "1.5MB"],
  ["a special value", "autovacuum_work_mem", -1],
  ["a real", "random_page_cost", 1.1],
  ["a bool of YAML", "autovacuum", true],
  ["a bool as a word", "autovacuum", "OFF"],
  ["an enum in any case", "log_min_messages", "WARNING"],
  ["a bool where an enum has on and off", "wal_compression", true],
  ["a time zone", "TimeZone", "Europe/Berlin"],
  ["quotes in a text", "log_line_prefix", "%m [%p] 'x' "],
];
for (const [why, name, value] of good)
  test(`taken: ${why}`, () => {
    assert.deepEqual(check(name, value), []);
  });

const newer: readonly [why: string, name: string, value: ParameterValue, words?: RegExp][] = [
  ["a whole number of banks", "subtransaction_buffers", "256kB"],
  ["blocks of 8 kB, as the server counts them", "transaction_buffers", 32],
  ["no whole number of banks keeps the server from starting", "notify_buffers", "136kB", /multiple of 128kB/],
  ["computed is what it is when it is left out", "transaction_buffers", 0, /multiple of 128kB/],
  ["without it nobody could undo what ALTER SYSTEM did", "allow_alter_system", false, /administration/],
  ["a cache, not a setting of one transaction", "transaction_buffers", "128kB"],
  ["one transaction's own", "transaction_timeout", "1min", /one session or transaction/],
  ["what an incremental backup stands on", "summarize_wal", true, /replication and recovery/],
  ["passwords reach the server as verifiers of Coffer's own", "scram_iterations", 4096, /whom it lets in/],
  ["gone since 16", "force_parallel_mode", "off", /no parameter/],
];
for (const [why, name, value, words] of newer)
  test(`PostgreSQL 17: ${why}: ${name}`, () => {
    const told = postgresql
      .checkParameters("17", { [name]: value }, 4 * GiB)
      .map(({ message, allowed }) => `${message}: ${allowed}`);
    if (words) assert.match(told.join("\n"), words);
    else assert.deepEqual(told, []);
  });

const bad: readonly [why: string, name: string, value: ParameterValue, words: RegExp][] = [
  ["an unknown name", "work_memory", "1MB", /no parameter/],
  ["a name in the wrong case", "timezone", "UTC", /no parameter/],
  ["an extension's parameter", "pg_stat_statements.max", 5000, /extension/],
  ["a unit of no size", "work_mem", "16X", /unknown unit/],
  ["a time in the wrong case, where M and min would be confused", "statement_timeout", "10S", /write 10s/],
  ["a minute that looks like a month or a mega", "statement_timeout", "5M", /unknown unit/],
  ["a size of other servers that the memory cannot hold", "shared_buffers", "100G", /102400MB/],
  ["a time for a size", "work_mem", "16s", /unknown unit/],
  ["a unit where there is none", "max_connections", "10MB", /has a unit/],
  ["too small", "work_mem", "1kB", /too small/],
  ["too large", "max_connections", 1_000_000, /too large/],
  ["a fraction where whole numbers count", "max_connections", 1.5, /whole number/],
  ["an octal number", "max_connections", "0100", /not a number/],
  ["no number", "work_mem", "lots", /not a number/],
  ["a bool for a number", "work_mem", true, /not a number/],
  ["a number for a bool", "autovacuum", 2, /neither on nor off/],
  ["no value of an enum", "log_min_messages", "loud", /no value/],
  ["a text that is none", "search_path", 5, /not text/],
  ["a line break would end the line in the file", "log_line_prefix", "a\nfsync=off", /no value/],
  ["a time zone that does not exist", "TimeZone", "Mars/Olympus", /no value/],
  ["too few connections to administer it", "max_connections", 1, /too small/],
  ["less than the server starts with", "min_wal_size", "2MB", /too small/],
  ["the server's own word", "server_version", "15", /only tells/],
  ["durability", "fsync", false, /acknowledged write/],
  ["durability", "synchronous_commit", "off", /acknowledged write/],
  ["a library", "shared_preload_libraries", "x", /loads a library/],
  ["a command", "archive_command", "rm -rf /", /runs a command/],
  ["TLS", "ssl_ciphers", "NULL", /TLS/],
];
for (const [why, name, value, words] of bad)
  test(`refused: ${why} (${name})`, () => {
    const problems = check(name, value);
    assert.equal(problems.length, 1);
    assert.deepEqual(problems[0]?.path, [name]);
    assert.match(problems[0]?.message ?? "", words);
  });

test("an unknown name comes with the names that a spec may use", () => {
  const candidates = check("work_memory", "1MB")[0]?.candidates ?? [];
  assert.ok(candidates.includes("work_mem"));
  assert.ok(!candidates.includes("fsync"));
});

test("all problems are told at once", () => {
  assert.equal(postgresql.checkParameters("15", { fsync: "off", nope: 1, work_mem: "x" }, GiB).length, 3);
});

test("what the server needs at the least must fit into the flavor", () => {
  const problems = check("shared_buffers", "450MB", 512 * MiB);
  assert.deepEqual(problems[0]?.path, ["shared_buffers"]);
  assert.deepEqual(check("shared_buffers", "200MB", 512 * MiB), []);
  assert.deepEqual(check("max_connections", 2000, 512 * MiB)[0]?.path, ["max_connections"]);
});

for (const version of postgresql.versions) {
  const catalogue = [...catalogueOf(version)];

  test(`PostgreSQL ${version}: every parameter of a risky kind is owned, or was looked at`, () => {
    const unreviewed = catalogue
      .filter(
        ([name, variable]) => risky.test(name) && ownedReason(name, variable) === undefined && !reviewed.has(name),
      )
      .map(([name]) => name);
    assert.deepEqual(unreviewed, []);
  });

  test(`PostgreSQL ${version}: whatever loads a library or runs a command is owned`, () => {
    const dangerous = catalogue.filter(([name]) => /_command$|librar|preload|provider/.test(name));
    assert.ok(dangerous.length >= 10);
    for (const [name, variable] of dangerous) assert.ok(ownedReason(name, variable), name);
  });
}

test("nothing is reviewed that is owned, or that no version has", () => {
  const catalogues = postgresql.versions.map(catalogueOf);
  for (const name of reviewed) {
    assert.ok(risky.test(name), `${name} is not risky`);
    const variables = catalogues.map((catalogue) => catalogue.get(name)).filter((variable) => variable !== undefined);
    assert.ok(variables.length > 0, `${name} is unknown`);
    for (const variable of variables) assert.equal(ownedReason(name, variable), undefined);
  }
});

const server: ServerSpec = {
  uuid: "11111111-2222-3333-4444-555555555555",
  version: "15",
  memoryBytes: 512 * MiB,
  vcpus: 1,
  volumeBytes: 2 * GiB,
  tls: "enforced",
  parameters: { max_connections: 50, work_mem: "8MB", log_line_prefix: "it's \\ %m ", random_page_cost: 1.1 },
};

const rendered = (version: string, tls: TlsMode) => {
  const [configuration, rules] = postgresql.renderConfiguration({ ...server, version, tls });
  assert.ok(configuration && rules);
  return { configuration, rules };
};
const goldens = [
  ...postgresql.versions.map((version) => ({
    render: () => rendered(version, "enforced").configuration,
    name: `${version}.conf`,
  })),
  ...tlsModes.map((tls) => ({ render: () => rendered("15", tls).rules, name: `pg_hba-${tls}.conf` })),
];
for (const { render, name } of goldens) {
  test(`what is rendered is what was read over: ${name}`, async () => {
    const file = render();
    const golden = new URL(`fixtures/postgresql/${name}`, import.meta.url);
    assert.equal(file.content, await readFile(golden, "utf8"));
    assert.equal(file.mode & 0o007, 0);
  });
}

test("only the access rules tell the modes apart", () => {
  const [basic, ...others] = tlsModes.map((tls) => rendered("17", tls).configuration.content);
  for (const other of others) assert.equal(other, basic);
});
