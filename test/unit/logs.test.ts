/** Logs: how the lines of one stream are told apart, where the others lie, what follows what, and how a spec switches them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Guest } from "../../access/guest.ts";
import { GuestService } from "../../access/service.ts";
import type { Parameters, ServerSpec } from "../../engines/engine.ts";
import { type EffectiveLogs, type LogKind, type LogSettings, logKinds } from "../../engines/logs.ts";
import { mariadb } from "../../engines/mariadb/index.ts";
import { settings } from "../../engines/mariadb/settings.ts";
import { postgresql } from "../../engines/postgresql/index.ts";
import { settingsOf } from "../../engines/postgresql/settings.ts";
import { newLines } from "../../operations/server-logs.ts";
import { setLog } from "../../spec/edit-logs.ts";

const root = join(import.meta.dirname, "../..");
const at = "2026-11-24 05:00:00.000 UTC";

/** What PostgreSQL 15 and 17 write. */
const stream = [
  `${at} [1] LOG:  database system is ready to accept connections`,
  `${at} [20] LOG:  statement: SELECT 1,`,
  `\t'LOG:  duration: 9000 ms'`,
  `${at} [21] LOG:  execute <unnamed>: SELECT pg_sleep($1)`,
  `${at} [21] DETAIL:  parameters: $1 = '2'`,
  `${at} [20] LOG:  duration: 0.123 ms`,
  `${at} [22] ERROR:  relation "a" does not exist at character 15`,
  `${at} [22] STATEMENT:  SELECT * FROM a`,
  `${at} [21] LOG:  duration: 2001.500 ms`,
  `${at} [23] LOG:  duration: 1500.000 ms  statement: SELECT pg_sleep(1.5)`,
  `\t-- and more`,
  `${at} [23] LOG:  duration: 300.000 ms  execute s1: SELECT 2`,
];
const [
  ready = "",
  one = "",
  forged = "",
  execute = "",
  detail = "",
  bare = "",
  error = "",
  cause = "",
  took = "",
  slow = "",
  tail = "",
  quick = "",
] = stream;

const chosen: readonly {
  kind: LogKind;
  logs?: EffectiveLogs;
  lines: readonly string[];
  expected: string[];
  why: string;
}[] = [
  {
    kind: "error",
    lines: stream,
    expected: [ready, bare, error, cause, quick],
    why: "what the server says, failures with their statement, and times that nothing of `logs` asked for",
  },
  { kind: "general", lines: stream, expected: [one, forged, execute, detail], why: "statements with their parameters" },
  {
    kind: "slow",
    lines: stream,
    expected: [execute, detail, took, slow, tail],
    why: "a duration alone brings the statement of its process with it",
  },
  { kind: "slow", logs: { general: true }, lines: stream, expected: [], why: "no threshold, nothing is slow" },
  {
    kind: "slow",
    logs: { slowAfterMs: 1600, general: false },
    lines: stream,
    expected: [execute, detail, took],
    why: "the threshold of now is what counts",
  },
  {
    kind: "slow",
    lines: ["LOG:  duration: 1000.0 ms  parse <unnamed>: X"],
    expected: ["LOG:  duration: 1000.0 ms  parse <unnamed>: X"],
    why: "an empty prefix",
  },
  {
    kind: "slow",
    lines: ["p LOG:  duration: 1000.0 ms"],
    expected: ["p LOG:  duration: 1000.0 ms"],
    why: "a prefix without the process: nothing can be paired",
  },
  {
    kind: "error",
    lines: ["\tcut off", ready],
    expected: [ready],
    why: "the end of an entry whose beginning is too long ago",
  },
  {
    kind: "error",
    lines: ["coffer: starting postgres"],
    expected: ["coffer: starting postgres"],
    why: "what the guest says of the server",
  },
  { kind: "error", lines: [], expected: [], why: "an empty log" },
];

describe("the lines of PostgreSQL's stream", () => {
  for (const { kind, logs = { slowAfterMs: 1000, general: true }, lines, expected, why } of chosen)
    test(`${kind}: ${why}`, () => {
      const place = postgresql.logs.place(kind);
      assert.deepEqual(place.in === "stream" && place.select(lines, logs), expected);
    });
});

const effective: readonly { logs: LogSettings; parameters?: string | number; expected: EffectiveLogs; why: string }[] =
  [
    { logs: {}, expected: { general: false }, why: "off by default" },
    { logs: { slow: {} }, expected: { slowAfterMs: 1000, general: false }, why: "a second by default" },
    { logs: { slow: {} }, parameters: "250ms", expected: { slowAfterMs: 250, general: false }, why: "the parameter's" },
    { logs: { slow: { afterMs: 20 }, general: true }, expected: { slowAfterMs: 20, general: true }, why: "both" },
  ];

for (const engine of [mariadb, postgresql])
  describe(`${engine.title}'s logs`, () => {
    const { threshold } = engine.logs;
    for (const { logs, parameters, expected, why } of effective)
      test(`which are on: ${why}`, () => {
        const given: Parameters = parameters === undefined ? {} : { [threshold]: parameters };
        assert.deepEqual(engine.logs.effective(logs, given), expected);
      });

    for (const version of engine.versions)
      test(`switching them restarts nothing and leaves nothing behind (${version})`, () => {
        const off = valuesOf(engine.name, version, {});
        const on = valuesOf(engine.name, version, { slow: { afterMs: 500 }, general: true });
        const changed = [...on.keys()].filter((name) => on.get(name) !== off.get(name));
        const rules = new Map(engine.parameters(version).map((rule) => [rule.name, rule]));
        assert.ok(changed.length >= 2, "nothing was switched");
        assert.deepEqual(
          changed.filter((name) => !rules.get(name)?.dynamic),
          [],
        );
        // What a spec could say beside `logs` is its threshold alone.
        assert.deepEqual(
          changed.filter((name) => !rules.get(name)?.owned),
          [threshold],
        );
        assert.deepEqual(
          [...off.keys()].filter((name) => !on.has(name)),
          [],
        );
      });
  });

test("PostgreSQL's threshold is the switch, too", () => {
  assert.deepEqual(postgresql.logs.effective({}, { log_min_duration_statement: 500 }), {
    slowAfterMs: 500,
    general: false,
  });
  assert.deepEqual(postgresql.logs.effective({}, { log_min_duration_statement: -1 }), { general: false });
});

test("MariaDB's own logs wait for a guest that bounds them", () => {
  const desired: ServerSpec = { ...specOf("11.8"), logs: { general: true } };
  const seen = { prepared: false, running: false, enabled: false, healthy: false, configuration: {}, parameters: {} };
  assert.match(mariadb.planServer(desired, seen).refusals.join(), /does not bound.*coffer rebuild/);
  assert.deepEqual(mariadb.planServer(desired, { ...seen, boundsLogs: true }).refusals, []);
  assert.deepEqual(mariadb.planServer(specOf("11.8"), seen).refusals, []);
});

test("the limits that are told are those that hold", () => {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const rotator = /^limit=(\d+)$/m.exec(read("images/mariadb/root/usr/lib/coffer/rotate-logs"))?.[1];
  const journal = /^SystemMaxUse=(\d+)M$/m.exec(read("images/vm/root/etc/systemd/journald.conf.d/coffer.conf"))?.[1];
  const place = mariadb.logs.place("slow");
  assert.equal(place.in === "file" && place.limitBytes, Number(rotator));
  const guest: Pick<Guest, "name" | "run"> = { name: "a", run: () => Promise.reject(new Error("not called")) };
  assert.equal(new GuestService(guest).logLimit, Number(journal) * 2 ** 20);
});

const followed: readonly { before: string[]; after: string[]; fresh: string[]; why: string }[] = [
  { before: ["a", "b"], after: ["a", "b", "c"], fresh: ["c"], why: "it grew" },
  { before: ["a", "b", "c"], after: ["b", "c", "d"], fresh: ["d"], why: "its beginning went with a rotation" },
  { before: ["a", "a"], after: ["a", "a", "a"], fresh: ["a"], why: "lines that are alike" },
  { before: ["a"], after: ["b", "c"], fresh: ["b", "c"], why: "all of it is new" },
  { before: ["a", "b"], after: ["a", "b"], fresh: [], why: "nothing happened" },
  { before: ["a"], after: [], fresh: [], why: "it was emptied" },
];
for (const { before, after, fresh, why } of followed)
  test(`what is new: ${why}`, () => assert.deepEqual(newLines(before, after), fresh));

const head = "coffer: 1\ninstances:\n  orders:\n    flavor: small # mine\n";
const switched: readonly { why: string; text?: string; edit(text: string): string; says: RegExp | "unchanged" }[] = [
  {
    why: "the first one",
    edit: (text) => setLog(text, "orders", "general", true),
    says: /logs:\s+(\{ )?general: true/,
  },
  { why: "a threshold", edit: (text) => setLog(text, "orders", "slow", { after: "2s" }), says: /after: "?2s/ },
  {
    why: "another threshold, in place",
    text: `${head}    logs: { slow: { after: 1s }, general: true } # watch\n`,
    edit: (text) => setLog(text, "orders", "slow", { after: "2s" }),
    says: /logs: \{ slow: \{ after: "?2s"? \}, general: true \} # watch/,
  },
  {
    why: "on already, with a threshold that stays",
    text: `${head}    logs: { slow: { after: 1s } }\n`,
    edit: (text) => setLog(text, "orders", "slow", true),
    says: "unchanged",
  },
  {
    why: "the last one off takes the word with it",
    text: `${head}    logs: { slow: { after: 1s } }\n`,
    edit: (text) => setLog(text, "orders", "slow", false),
    says: /flavor: small # mine\n$/,
  },
  {
    why: "one of two off",
    text: `${head}    logs: { slow: true, general: true }\n`,
    edit: (text) => setLog(text, "orders", "slow", false),
    says: /logs: \{ general: true \}/,
  },
  { why: "off already", edit: (text) => setLog(text, "orders", "slow", false), says: "unchanged" },
];
for (const { why, text = head, edit, says } of switched)
  test(`a log in the spec: ${why}`, () => {
    const edited = edit(text);
    if (says === "unchanged") assert.equal(edited, text);
    else assert.match(edited, says);
  });

test("there are three logs, and each has a place in every engine", () => {
  for (const engine of [mariadb, postgresql])
    assert.deepEqual(
      logKinds.map((kind) => ["file", "stream"].includes(engine.logs.place(kind).in)),
      [true, true, true],
    );
});

function specOf(version: string): ServerSpec {
  return { uuid: "u", version, memoryBytes: 2 ** 29, vcpus: 1, volumeBytes: 2 ** 31, parameters: {}, tls: "basic" };
}

/** What the configuration says; a parameter that it does not name is as the server has it. */
function valuesOf(engine: string, version: string, logs: LogSettings): ReadonlyMap<string, string | undefined> {
  const spec = { ...specOf(version), logs };
  const rows: [string, string | undefined][] =
    engine === "mariadb"
      ? settings(spec).map(({ name, value }) => [name, value])
      : [...settingsOf(spec)].map(([name, { value }]) => [name, value]);
  return new Map(rows);
}
