/** Edits of configuration groups: comments and layout stay. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addConfiguration,
  attachConfiguration,
  detachConfiguration,
  patchConfiguration,
  removeConfiguration,
  SpecEditError,
} from "../../spec/index.ts";
import { type EditCase, testEdits } from "./spec-edit-fixture.ts";

const text = `configurations: # shared
  # For the shop.
  oltp:
    datastore: mariadb   # the default version
    parameters:
      max_connections: 200   # enough
      # Seconds.
      long_query_time: 2
  small: { datastore: mariadb, parameters: { wait_timeout: 60 } }   # in braces
instances:
  a:
    configuration:   oltp   # fast
    volume: 1
  b: { volume: 2 }
`;

const edits: readonly EditCase[] = [
  {
    why: "a parameter gets another value; its comment stays",
    edit: (now) => patchConfiguration(now, "oltp", { set: { max_connections: 300 }, unset: [] }),
    changed: ["max_connections: 200   #", "max_connections: 300   #"],
  },
  {
    why: "a parameter is added after the others",
    edit: (now) => patchConfiguration(now, "oltp", { set: { wait_timeout: "10min" }, unset: [] }),
    changed: ["long_query_time: 2\n", "long_query_time: 2\n      wait_timeout: 10min\n"],
  },
  {
    why: "a parameter goes, with what is said above it",
    edit: (now) => patchConfiguration(now, "oltp", { set: {}, unset: ["long_query_time"] }),
    changed: ["      # Seconds.\n      long_query_time: 2\n", ""],
  },
  {
    why: "in braces",
    edit: (now) => patchConfiguration(now, "small", { set: { wait_timeout: 90 }, unset: [] }),
    changed: ["wait_timeout: 60", "wait_timeout: 90"],
  },
  {
    why: "the last parameter goes: an empty mapping is left, since nothing at all is not valid",
    edit: (now) => patchConfiguration(now, "small", { set: {}, unset: ["wait_timeout"] }),
    changed: ["parameters: { wait_timeout: 60 }", "parameters: {}"],
  },
  {
    why: "text that YAML would read as something else is quoted",
    edit: (now) => patchConfiguration(now, "small", { set: { wait_timeout: "0100" }, unset: [] }),
    changed: ["wait_timeout: 60", 'wait_timeout: "0100"'],
  },
  {
    why: "a group is made",
    edit: (now) => addConfiguration(now, "big", { datastore: "mariadb", parameters: { max_connections: 900 } }),
    changed: [
      "# in braces\n",
      "# in braces\n  big:\n    datastore: mariadb\n    parameters:\n      max_connections: 900\n",
    ],
  },
  {
    why: "a group goes",
    edit: (now) => removeConfiguration(now, "small"),
    changed: ["  small: { datastore: mariadb, parameters: { wait_timeout: 60 } }   # in braces\n", ""],
  },
  {
    why: "an instance has another group",
    edit: (now) => attachConfiguration(now, "a", "small"),
    changed: ["configuration:   oltp", "configuration:   small"],
  },
  {
    why: "an instance has a group for the first time",
    edit: (now) => attachConfiguration(now, "b", "small"),
    changed: ["b: { volume: 2 }", "b: { volume: 2, configuration: small }"],
  },
  {
    why: "an instance goes back to the defaults",
    edit: (now) => detachConfiguration(now, "a", { standing: false }),
    changed: ["    configuration:   oltp   # fast\n", ""],
  },
  {
    why: "and says so where its version would give it a group",
    edit: (now) => detachConfiguration(now, "a", { standing: true }),
    changed: ["configuration:   oltp", "configuration:   none"],
  },
];

testEdits(edits, text);

const refused: { why: string; edit: () => string; words: RegExp }[] = [
  {
    why: "a name that is taken",
    edit: () => addConfiguration(text, "oltp", { datastore: "mariadb", parameters: {} }),
    words: /there is a configuration "oltp" .* already/,
  },
  { why: "a group that is not there", edit: () => removeConfiguration(text, "nope"), words: /no configuration "nope"/ },
  {
    why: "a parameter that the group does not set",
    edit: () => patchConfiguration(text, "oltp", { set: {}, unset: ["wait_timeout"] }),
    words: /"oltp" does not set "wait_timeout"/,
  },
  {
    why: "an instance that is not there",
    edit: () => attachConfiguration(text, "z", "oltp"),
    words: /no instance "z"/,
  },
];
for (const { why, edit, words } of refused)
  test(`edit of configurations refused: ${why}`, () =>
    assert.throws(edit, (error: unknown) => error instanceof SpecEditError && words.test(error.message)));
