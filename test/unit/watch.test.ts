/** What somebody who watches gets to see: rounds with a clock and rows of the test's own. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { painter } from "../../cli/colour.ts";
import { changeText, frame, problemText } from "../../cli/watch-view.ts";
import { OperationError } from "../../operations/errors.ts";
import type { ListResult } from "../../operations/instances.ts";
import type { InstanceRow } from "../../operations/rows.ts";
import { changesBetween, type WatchRound, watch } from "../../operations/watch.ts";

const row = (name: string, status: InstanceRow["status"], operatingStatus: InstanceRow["operatingStatus"]) =>
  ({
    ...{
      name,
      kind: "instance",
      datastore: "d",
      datastoreVersion: "1",
      datastoreActive: true,
      status,
      operatingStatus,
      role: "single",
    },
    ...{ address: "127.0.0.1", port: 1, flavor: "small", volume: 1, volumeUsed: null, volumeSize: null },
    ...{ connections: null, maxConnections: null, configuration: null, certificateExpires: null },
  }) satisfies InstanceRow;
const active = row("orders", "ACTIVE", "HEALTHY");
const stopped = row("orders", "SHUTDOWN", "STOPPED");
const ledger = row("ledger", "ACTIVE", "HEALTHY");

const changes: { why: string; before: InstanceRow[]; after: InstanceRow[]; lines: string[] }[] = [
  { why: "seen for the first time", before: [], after: [active], lines: ["T orders ACTIVE HEALTHY\n"] },
  { why: "nothing changed", before: [active], after: [{ ...active, connections: 4 }], lines: [] },
  {
    why: "the status changed",
    before: [active, ledger],
    after: [stopped, ledger],
    lines: ["T orders SHUTDOWN STOPPED (was ACTIVE HEALTHY)\n"],
  },
  {
    why: "only what the guest says changed",
    before: [row("orders", "ERROR", "UNREACHABLE")],
    after: [row("orders", "ERROR", "UNHEALTHY")],
    lines: ["T orders ERROR UNHEALTHY (was ERROR UNREACHABLE)\n"],
  },
  {
    why: "one went, another came",
    before: [active],
    after: [ledger],
    lines: ["T ledger ACTIVE HEALTHY\n", "T orders REMOVED (was ACTIVE HEALTHY)\n"],
  },
];
for (const { why, before, after, lines } of changes) {
  test(`changes: ${why}`, () => {
    const found = changesBetween(before, after, "demo", "T");
    assert.deepEqual(
      found.map((change) => changeText(change, "table")),
      lines,
    );
    for (const change of found) {
      const json = changeText(change, "json");
      assert.equal(json.indexOf("\n"), json.length - 1, "one line");
      assert.deepEqual(JSON.parse(json), change);
      assert.match(changeText(change, "yaml"), /^---\ntime: T\nstack: demo\nname: /);
    }
  });
}

/** Runs over `looks`, one each round, and ends with the signal after the last. */
async function rounds(looks: readonly (ListResult | Error)[]): Promise<{ told: WatchRound[]; paused: number[] }> {
  const told: WatchRound[] = [];
  const paused: number[] = [];
  const end = new AbortController();
  let at = 0;
  const request = { workspace: { root: "/", environment: {} }, report: () => {}, signal: end.signal, interval: 7 };
  await watch(
    { ...request, onRound: (round) => told.push(round) },
    {
      async look() {
        const one = looks[at];
        at += 1;
        if (one instanceof Error) throw one;
        assert.ok(one);
        return one;
      },
      now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, at)),
      async pause(milliseconds) {
        paused.push(milliseconds);
        if (at === looks.length) end.abort();
      },
    },
  );
  return { told, paused };
}

describe("watch", () => {
  const seen = (...rows: InstanceRow[]): ListResult => ({ stack: "demo", rows });

  test("each look is a round with its time and what changed since the last one that succeeded", async () => {
    const { told, paused } = await rounds([seen(active), new Error("the cloud is away"), seen(stopped), seen(stopped)]);
    assert.deepEqual(
      told.map(({ time, rows, changes: found, problem }) => [
        time.slice(17, 19),
        rows.map(({ status }) => status).join(),
        found.length,
        problem,
      ]),
      [
        ["01", "ACTIVE", 1, undefined],
        ["02", "ACTIVE", 0, "the cloud is away"],
        ["03", "SHUTDOWN", 1, undefined],
        ["04", "SHUTDOWN", 0, undefined],
      ],
    );
    assert.deepEqual(paused, [7000, 7000, 7000, 7000]);
  });

  test("wrong input ends it at once, but not once it has begun", async () => {
    const wrong = new OperationError("input", "no such stack");
    await assert.rejects(rounds([wrong]), wrong);
    const { told } = await rounds([seen(active), wrong]);
    assert.equal(told[1]?.problem, "no such stack");
  });

  test("another failure of the first look is no end", async () => {
    const { told } = await rounds([new Error("busy"), seen(active)]);
    assert.deepEqual(
      told.map(({ problem, changes: found }) => [problem, found.length]),
      [
        ["busy", 0],
        [undefined, 1],
      ],
    );
  });

  test("Ctrl-C does not wait for a look under way", async () => {
    const end = new AbortController();
    const told: WatchRound[] = [];
    const request = { workspace: { root: "/", environment: {} }, report: () => {}, signal: end.signal, interval: 5 };
    await watch(
      { ...request, onRound: (round) => told.push(round) },
      {
        look() {
          setImmediate(() => end.abort());
          return new Promise(() => {});
        },
        now: () => new Date(0),
        pause: async () => {},
      },
    );
    assert.deepEqual(told, []);
  });
});

describe("the picture on a terminal", () => {
  const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[HJK]`, "g");
  const round: WatchRound = { time: "2026-01-01T12:34:56.000Z", stack: "demo", rows: [active, ledger], changes: [] };
  const plain = painter({}, {});
  const printed = (text: string) => text.replaceAll(escapes, "").split("\n").slice(0, -1);

  test("it starts at the top, clears each line behind it, and what was below", () => {
    const text = frame(round, 5, { columns: 200, lines: 24 }, plain);
    assert.ok(text.startsWith("\u001b[H") && text.endsWith("\u001b[J"));
    const lines = printed(text);
    assert.equal(lines[0], 'stack "demo", 12:34:56 UTC, every 5 s; Ctrl-C ends');
    assert.match(lines[2] ?? "", /^NAME +DATASTORE/);
    assert.match(lines[3] ?? "", /^orders .*ACTIVE/);
    assert.equal(lines.length, 5);
    assert.equal(text.split("\u001b[K\n").length, 6);
  });

  test("a look that failed is told above the rows of the last one", () => {
    const lines = printed(frame({ ...round, problem: "the cloud\nis away" }, 5, { columns: 200, lines: 24 }, plain));
    assert.equal(lines[1], "this look failed, and the next one tries again: the cloud is away");
    assert.match(lines[4] ?? "", /^orders/);
    assert.match(problemText({ ...round, problem: "a\nb" }), /^2026-01-01T12:34:56\.000Z this look failed.*: a b$/);
  });

  test("what does not fit is cut, so that nothing scrolls or wraps", () => {
    const rows = Array.from({ length: 30 }, (_, at) => ({ ...active, name: `orders-${at}` }));
    const lines = printed(frame({ ...round, rows }, 5, { columns: 20, lines: 10 }, plain));
    assert.ok(lines.length < 10, `${lines.length} lines`);
    assert.ok(lines.every((line) => [...line].length <= 20));
    assert.match(lines.at(-1) ?? "", /^\.\.\. \d+ more$/);
    assert.equal(Number(/\d+/.exec(lines.at(-1) ?? "")?.[0]) + lines.filter((line) => /^orders/.test(line)).length, 30);
  });
});
