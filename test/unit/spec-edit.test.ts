/** Edits of a spec: what is changed is changed, and everything else stays to the letter. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import {
  addInstance,
  initialSpec,
  loadSpec,
  removeIn,
  removeInstance,
  type Setting,
  SpecEditError,
  setAccess,
  setFlavor,
  setIn,
  setVolumeSize,
} from "../../spec/index.ts";
import { type EditCase, testEdits } from "./spec-edit-fixture.ts";

const demo = readFileSync(new URL("../../stacks/demo.yaml", import.meta.url), "utf8");

const settings = {
  datastore: "mariadb",
  flavor: "small",
  volume: 1,
  databases: ["a b", "10"],
  users: [{ name: "x", databases: ["a b"] }],
};
const rendered = `datastore: mariadb
    flavor: small
    volume: 1
    databases:
      - a b
      - "10"
    users:
      - name: x
        databases:
          - a b
`;

const before = `# head
instances:   # aligned
  # about a
  a:
    flavor:   small   # spaces kept
    databases: [ one, two ]   # flow
    users:
      - { name: u }   # first
      - name: v
        databases:
          - one
    parameters: {}

  b: { flavor: small, volume: 1 }
# foot
`;

const edits: readonly EditCase[] = [
  {
    why: "a value is replaced and its line kept",
    edit: (text) => setFlavor(text, "a", "big"),
    changed: ["flavor:   small ", "flavor:   big "],
  },
  {
    why: "a key is added to a flow mapping",
    edit: (text) => setIn(text, ["instances", "b", "ports"], { sql: 2000 }),
    changed: ["volume: 1 }", "volume: 1, ports: { sql: 2000 } }"],
  },
  {
    why: "a flow list grows",
    edit: (text) => setIn(text, ["instances", "a", "databases", 2], "three"),
    changed: ["one, two ]", "one, two, three ]"],
  },
  {
    why: "an entry leaves a flow list",
    edit: (text) => removeIn(text, ["instances", "a", "databases", 0]),
    changed: ["[ one, two ]", "[ two ]"],
  },
  {
    why: "the last entry of a flow list leaves",
    edit: (text) => removeIn(text, ["instances", "a", "databases", 1]),
    changed: ["[ one, two ]", "[ one ]"],
  },
  {
    why: "a block list grows",
    edit: (text) => setIn(text, ["instances", "a", "users", 2], { name: "w", databases: ["two"] }),
    changed: ["          - one\n", "          - one\n      - name: w\n        databases:\n          - two\n"],
  },
  {
    why: "an entry leaves a block list with its comment",
    edit: (text) => removeIn(text, ["instances", "a", "users", 0]),
    changed: ["      - { name: u }   # first\n", ""],
  },
  {
    why: "a list that becomes empty says so",
    edit: (text) => removeIn(text, ["instances", "a", "users", 1, "databases", 0]),
    changed: ["databases:\n          - one\n", "databases: []\n"],
  },
  {
    why: "an empty mapping opens",
    edit: (text) => setIn(text, ["instances", "a", "parameters", "max_connections"], 5),
    changed: ["parameters: {}\n", "parameters:\n      max_connections: 5\n"],
  },
  {
    why: "a block list is replaced as a whole",
    edit: (text) => setIn(text, ["instances", "a", "users"], [{ name: "w" }]),
    changed: [
      "      - { name: u }   # first\n      - name: v\n        databases:\n          - one\n",
      "      - name: w\n",
    ],
  },
  {
    why: "a block list gives way to an empty one",
    edit: (text) => setIn(text, ["instances", "a", "users", 1, "databases"], []),
    changed: ["databases:\n          - one\n", "databases: []\n"],
  },
  {
    why: "a layout that pieces cannot be replaced in is written anew, and keeps its comments",
    text: "# head\nusers:\n  - name: v # one\n    host: x\nlast:   1 # kept\n",
    edit: (text) => setIn(text, ["users", 0], { name: "w" }),
    changed: ["  - name: v # one\n    host: x\nlast:   1", "  - name: w\nlast: 1"],
  },
  {
    why: "missing mappings are made",
    edit: (text) => setIn(text, ["removed", "c"], "detach"),
    changed: ["volume: 1 }\n", "volume: 1 }\nremoved:\n  c: detach\n"],
  },
  {
    why: "text that looks like a number is quoted",
    edit: (text) => setIn(text, ["instances", "b", "flavor"], "10.10"),
    changed: ["{ flavor: small,", '{ flavor: "10.10",'],
  },
  {
    why: "a value becomes a mapping, and the comment stays",
    edit: (text) => setIn(text, ["instances", "a", "flavor"], { name: "x" }),
    changed: ["flavor:   small   # spaces kept\n", "flavor:   # spaces kept\n      name: x\n"],
  },
  {
    why: "an instance goes with the comment above it and one blank line",
    edit: (text) => removeInstance(text, "a"),
    changed: [before.slice(before.indexOf("  # about a"), before.indexOf("  b:")), ""],
  },
  {
    why: "the last instance goes, and the comments around it stay",
    edit: (text) => removeInstance(text, "b"),
    changed: ["\n  b: { flavor: small, volume: 1 }\n", "\n"],
  },
  {
    why: "an instance is added after the last one, set apart as those are",
    edit: (text) => addInstance(text, "c", settings),
    changed: ["volume: 1 }\n", `volume: 1 }\n\n  c:\n    ${rendered}`],
  },
  {
    why: "the first instance of a new spec",
    text: initialSpec("docker"),
    edit: (text) => addInstance(text, "c", settings),
    changed: ["instances: {}\n", `instances:\n  c:\n    ${rendered}`],
  },
  {
    why: "a section with nothing under it",
    text: "coffer: 1\ninstances: # none yet\n",
    edit: (text) => addInstance(text, "c", settings),
    changed: ["# none yet\n", `# none yet\n  c:\n    ${rendered}`],
  },
  {
    why: "a merged value is overridden in place of its source",
    text: "instances:\n  a: &a { flavor: x }\n  b:\n    <<: *a\n    volume: 1\n",
    edit: (text) => setFlavor(text, "b", "y"),
    changed: ["    volume: 1\n", "    volume: 1\n    flavor: y\n"],
  },
];

testEdits(edits, before);

const shared = "instances:\n  a: &a { flavor: x }\n  b: *a\n";
const refusals: readonly { why: string; edit: () => string; words: RegExp }[] = [
  { why: "a name twice", edit: () => addInstance(demo, "orders", settings), words: /there is an instance "orders"/ },
  { why: "nothing to remove", edit: () => removeInstance(demo, "order"), words: /there is no instances\.order in/ },
  { why: "nothing to change", edit: () => setFlavor(demo, "order", "x"), words: /there is no instance "order"/ },
  { why: "no volume to grow", edit: () => setVolumeSize(demo, "order", 2), words: /there is no instance "order"/ },
  {
    why: "nobody to let in",
    edit: () => setAccess(demo, "order", { public: true }),
    words: /there is no instance "order"/,
  },
  {
    why: "access that came by a merge is another instance's too",
    edit: () => setAccess("instances:\n  a: &a { access: { allow: [] } }\n  b: { <<: *a }\n", "b", { public: true }),
    words: /shared.*anchor/,
  },
  {
    why: "a list with a hole",
    edit: () => setIn(demo, ["instances", "orders", "databases", 9], "x"),
    words: /no place for item 9/,
  },
  { why: "no YAML", edit: () => setFlavor("a: [", "a", "x"), words: /not valid.*coffer validate/ },
  { why: "a change behind an alias", edit: () => setFlavor(shared, "b", "y"), words: /shared.*alias/ },
  { why: "a change that an alias would share", edit: () => setFlavor(shared, "a", "y"), words: /shared.*anchor/ },
  {
    why: "a key below a text",
    edit: () => setIn(demo, ["target", "docker"], "x"),
    words: /has a plain value where docker/,
  },
  {
    why: "a key in a list",
    edit: () => setIn(demo, ["instances", "orders", "databases", "x"], 1),
    words: /something else/,
  },
  { why: "an anchor that is needed", edit: () => removeInstance(shared, "a"), words: /shared.*anchor/ },
];

for (const { why, edit, words } of refusals) {
  test(`edit refused: ${why}`, () => {
    assert.throws(edit, (error: unknown) => error instanceof SpecEditError && words.test(error.message));
  });
}

test("an instance that is added and removed again leaves the demo as it was, and valid in between", () => {
  const more = addInstance(demo, "more", { ...settings, databases: ["a b"] });
  assert.equal(loadSpec(more, "demo.yaml").instances.at(-1)?.name, "more");
  assert.equal(removeInstance(more, "more"), demo);
});

test("removing every instance leaves a valid spec", () => {
  const none = removeInstance(removeInstance(demo, "orders"), "ledger");
  assert.deepEqual(loadSpec(none, "demo.yaml").instances, []);
});

test("whatever is set is read back, and nothing else and no comment changes", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((s) => s.isWellFormed() && !s.includes("\0"));
  const { value } = fc.letrec<{ value: Setting }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      text,
      fc.integer(),
      fc.boolean(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b c", "10", "d: e", "#f"), tie("value"), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    ),
  }));
  const paths = [
    ["instances", "a", "flavor"],
    ["instances", "a", "databases", 1],
    ["instances", "a", "databases", 2],
    ["instances", "a", "users", 1, "host"],
    ["instances", "a", "parameters", "x"],
    ["instances", "b", "volume"],
    ["instances", "new"],
    ["new", "deeper"],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...paths), value, (path, value) => {
      // setIn itself throws when the new text says anything but what is expected.
      const after = setIn(before, path, value);
      const comments = before.match(/# .*/g) ?? [];
      assert.ok(comments.length);
      for (const comment of comments) assert.ok(after.includes(comment), `${comment} in\n${after}`);
    }),
    { numRuns: 1000 },
  );
});
