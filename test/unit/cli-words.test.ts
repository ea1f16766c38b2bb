import assert from "node:assert/strict";
import { test } from "node:test";
import { painter } from "../../cli/colour.ts";
import type { Args, Command } from "../../cli/command.ts";
import { commands } from "../../cli/commands/index.ts";
import { candidates, completion } from "../../cli/completion.ts";
import { parameterTable, versionTables } from "../../cli/configuration-tables.ts";
import { failure } from "../../cli/failure.ts";
import { serialize, sheet, table } from "../../cli/output.ts";
import { parse } from "../../cli/parser.ts";
import { planText } from "../../cli/plan-view.ts";
import { elapsed, Progress } from "../../cli/progress.ts";
import { keptWords, listTable } from "../../cli/tables.ts";
import type { Change } from "../../operations/changes.ts";
import { OperationError, type Reason } from "../../operations/errors.ts";
import type { OperationEvent } from "../../operations/events.ts";
import type { InstanceRow } from "../../operations/rows.ts";

const plain = painter({}, {});

const row: InstanceRow = {
  name: "orders",
  kind: "instance",
  datastore: "mariadb",
  datastoreVersion: "10.11",
  datastoreActive: true,
  status: "ACTIVE",
  operatingStatus: "HEALTHY",
  role: "single",
  address: "127.0.0.1",
  port: 20001,
  flavor: "small",
  volume: 2,
  volumeUsed: 402_653_184,
  volumeSize: 2 * 1024 ** 3,
  connections: 3,
  maxConnections: 60,
  configuration: null,
  certificateExpires: null,
};
const silent = { volumeUsed: null, volumeSize: null, connections: null, maxConnections: null };

test("an instance of an inactive version is marked as such", () => {
  assert.match(listTable([{ ...row, datastoreActive: false }]), /^orders {2}mariadb {4}10\.11 \(inactive\) {2}ACTIVE/m);
});

test("versions that the spec does not declare stand apart", () => {
  const declared = {
    datastore: "shop",
    engine: "mariadb",
    version: "10.11",
    default: true,
    active: false,
    image: "",
    configuration: null,
    instances: ["orders"],
    declared: true,
  };
  const other = { ...declared, version: "11.8", default: false, instances: [], declared: false };
  assert.equal(
    versionTables([declared, other]),
    [
      "DATASTORE  ENGINE   VERSION  DEFAULT  ACTIVE  IMAGE            CONFIGURATION  INSTANCES",
      "shop       mariadb  10.11    yes      no      Coffer's recipe  -              orders",
      "",
      "served by Coffer, and not declared in the spec:",
      "  shop@11.8",
      "",
    ].join("\n"),
  );
});

test("parameters: what a change of each takes", () => {
  const rule = { name: "a", type: "integer", unit: "s", min: 1, max: 9, default: "5", dynamic: true } as const;
  assert.equal(
    parameterTable([rule, { name: "b", type: "enum", values: ["x", "y"], dynamic: false }, { ...rule, owned: "why" }]),
    [
      "NAME  TYPE     UNIT  RANGE   DEFAULT  CHANGES",
      "a     integer  s     1 .. 9  5        live",
      "b     enum     -     x, y    -        restart",
      "a     integer  s     1 .. 9  5        owned",
      "",
    ].join("\n"),
  );
});

test("the table of instances", () => {
  assert.equal(
    listTable([
      { ...row, certificateExpires: "2027-11-24T05:00:00.000Z" },
      { ...row, name: "b", status: "BUILD", address: "", port: 0, ...silent, configuration: "oltp" },
    ]),
    [
      "NAME    DATASTORE  VERSION  STATUS  OPERATING STATUS  ROLE    ADDRESS          FLAVOR  VOLUME  USED  CONNECTIONS  CONFIGURATION  CERTIFICATE UNTIL",
      "orders  mariadb    10.11    ACTIVE  HEALTHY           single  127.0.0.1:20001  small   2 GiB   19%   3/60         -              2027-11-24",
      "b       mariadb    10.11    BUILD   HEALTHY           single  -                small   2 GiB   -     -            oltp           -",
      "",
    ].join("\n"),
  );
  assert.equal(listTable([]), "no instances\n");
});

test("tables: numbers to the right, wide characters counted once, nothing that moves the cursor", () => {
  const rows = [
    { name: "é\u001b[31m", size: 5 },
    { name: "long name", size: 1000 },
  ];
  const text = table(
    rows,
    [
      { title: "name", value: (one) => one.name },
      { title: "size", value: (one) => one.size },
    ],
    "none",
  );
  assert.equal(text, "NAME       SIZE\né?[31m        5\nlong name  1000\n");
});

test("a sheet gives each item of a list its line", () => {
  assert.equal(
    sheet([
      ["name", "orders"],
      ["databases", ["a", "b"]],
      ["users", []],
      ["configuration", null],
    ]),
    "name           orders\ndatabases      a\n               b\nusers          -\nconfiguration  -\n",
  );
});

test("JSON and YAML carry every field with its name", () => {
  assert.deepEqual(JSON.parse(serialize([row], "json")), [row]);
  assert.match(serialize([row], "yaml"), /^- name: orders\n {2}kind: instance\n/);
});

test("words for a kept volume bring its data back or delete it", () => {
  const volume = { id: "v1", stack: "demo", instance: "orders", attachedTo: [], created: "" };
  assert.equal(
    keptWords(
      [
        { ...volume, state: "retained" },
        { ...volume, id: "v2", state: "in-use" },
      ],
      { orders: "mariadb" },
    ),
    [
      'kept: data volume v1 of "orders"',
      "  use its data again: coffer create orders FLAVOR --size N --datastore mariadb --adopt v1",
      "  delete it for good: coffer volume-delete v1 --yes-delete-data orders",
      "",
    ].join("\n"),
  );
});

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

const all: readonly Command[] = [...commands, completion];
const parsed = (...words: string[]) => parse(words, all, "1.0.0", 100);

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
    assert.deepEqual(await candidates(words, all, async () => ["orders", "ledger"]), found);
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
