/** What the command line says of work: its plan, its progress, and how it ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { painter } from "../../cli/colour.ts";
import { failure } from "../../cli/failure.ts";
import { planText } from "../../cli/plan-view.ts";
import { elapsed, Progress } from "../../cli/progress.ts";
import type { Change } from "../../operations/changes.ts";
import { OperationError, type Reason } from "../../operations/errors.ts";
import type { OperationEvent } from "../../operations/events.ts";

const plain = painter({}, {});

const change = (action: Change["action"], name: string, over: Partial<Change> = {}): Change => ({
  action,
  resource: { urn: `${action} ${name}`, type: "coffer:guest:Users", name, instance: "orders" },
  retained: false,
  properties: [],
  notes: [],
  ...over,
});

test("a plan in words", () => {
  const changes = [
    change("create", "network", { resource: { urn: "n", type: "x:Network", name: "network" } }),
    change("update", "orders-database-server", {
      properties: [
        {
          path: "parameters.max_connections",
          kind: "update",
          before: "40",
          after: "45",
          replaces: false,
          drift: false,
        },
        { path: "observed.configuration", kind: "update", replaces: false, drift: true },
      ],
      notes: ["restarts the server: max_connections"],
    }),
    change("update", "orders-users", { properties: [{ path: "users", kind: "update", replaces: false, drift: true }] }),
    change("replace", "orders-server", {
      properties: [{ path: "image", kind: "update", before: '"a"', after: '"b"', replaces: true, drift: false }],
    }),
    change("delete", "orders-volume", {
      retained: true,
      resource: { urn: "v", type: "x:Volume", name: "orders-volume", instance: "orders" },
    }),
  ];
  assert.equal(
    planText({ stack: "demo", changes, recordsDiffer: false, mending: ["the server is gone"] }, plain),
    `! first: the server is gone
stack "demo": 1 to create, 2 to update, 1 to replace, 1 to delete
  + network
  instance orders
      ~ database-server
          parameters.max_connections: 40 → 45
          ! restarts the server: max_connections
      ~ users
          users: differs from the spec, will be put right
      ± server (replaced)
          image: "a" → "b" (this replaces it)
      - volume (kept)
`,
  );
  assert.equal(
    planText({ stack: "demo", changes: [], recordsDiffer: false, mending: [] }, plain),
    'stack "demo": no changes\n',
  );
});

test("colours only on a terminal that wants them", () => {
  assert.equal(painter({ isTTY: true }, {})("red", "x"), "\u001b[31mx\u001b[39m");
  assert.equal(painter({ isTTY: true }, { NO_COLOR: "1" })("red", "x"), "x");
  assert.equal(painter({ isTTY: true }, { TERM: "dumb" })("red", "x"), "x");
  assert.equal(painter({}, {})("red", "x"), "x");
});

test("progress without a terminal: a line for what ended, nothing rewritten, steps with nothing to do left out", () => {
  const written: string[] = [];
  const progress = new Progress({ write: (more) => written.push(more), live: false, paint: plain });
  const resource = { urn: "u", type: "t", name: "orders-users", instance: "orders" };
  const events: OperationEvent[] = [
    { kind: "step-started", id: "a", title: "stack" },
    { kind: "step-ended", id: "a", title: "stack", outcome: "skipped", seconds: 0 },
    { kind: "step-started", id: "b", title: "Pulumi CLI" },
    { kind: "progress", id: "b", title: "Pulumi CLI", text: "compiles" },
    // Not each line of a package manager: what it is at is told again after some seconds.
    { kind: "progress", id: "b", title: "Pulumi CLI", text: "compiles more" },
    { kind: "step-ended", id: "b", title: "Pulumi CLI", outcome: "done", seconds: 83.4, detail: "built" },
    { kind: "resource", state: "started", action: "create", resource },
    { kind: "note", severity: "info", text: "create user app@%", resource },
    { kind: "resource", state: "done", action: "create", resource, seconds: 0.31 },
    { kind: "waiting", text: "another one works" },
  ];
  for (const event of events) progress.report(event);
  progress.stop();
  assert.equal(
    written.join(""),
    `… Pulumi CLI: compiles
✓ Pulumi CLI (built) 1 min 23 s
  · orders: users: create user app@%
  ✓ created orders: users 0.3 s
… another one works
`,
  );
  assert.equal(elapsed(59.94), "59.9 s");
});

test("progress on a terminal: the moving line is taken away before anything else is written", () => {
  const written: string[] = [];
  const progress = new Progress({ write: (more) => written.push(more), live: true, columns: 40, paint: plain });
  progress.report({ kind: "step-started", id: "a", title: "previewing the changes" });
  assert.match(written.join(""), /^… previewing the changes 0\.0 s$/);
  progress.report({ kind: "step-ended", id: "a", title: "previewing the changes", outcome: "done", seconds: 1 });
  progress.stop();
  assert.ok(written.join("").endsWith("\r\u001b[K✓ previewing the changes 1.0 s\n"));
});

const codes: { why: string; error: unknown; interrupted?: boolean; code: number; text: RegExp }[] = [
  ...(["failed", "input", "pending", "interrupted"] as Reason[]).map((reason, i) => ({
    why: `reason ${reason}`,
    error: new OperationError(reason, "it is so", { remedy: "do that", also: ["more"], log: "/l" }),
    code: [1, 2, 3, 130][i] ?? 0,
    text: /^coffer: it is so\n {2}more\n {2}what to do: do that\n {2}log: \/l$/,
  })),
  {
    why: "interrupted while something else failed",
    error: new Error("aborted"),
    interrupted: true,
    code: 130,
    text: /interrupted/,
  },
  {
    why: "a spec's problems stand for themselves",
    error: Object.assign(new Error("f.yaml:1:1: no"), { name: "SpecError" }),
    code: 2,
    text: /^f\.yaml:1:1: no$/,
  },
  {
    why: "a guest's problem is no defect",
    error: Object.assign(new Error("stopped"), { name: "GuestError" }),
    code: 1,
    text: /^coffer: stopped$/,
  },
  {
    why: "a defect keeps its stack",
    error: new TypeError("undefined is no function"),
    code: 1,
    text: /defect[\s\S]*at /,
  },
];

for (const { why, error, interrupted, code, text } of codes) {
  test(`exit codes: ${why}`, () => {
    const told = failure(error, interrupted ?? false);
    assert.equal(told.code, code);
    assert.match(told.text, text);
  });
}
