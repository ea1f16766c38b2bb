/** Which test has a title, and whether it runs without `--full`, read from sources: as written, and where a table or a function makes it. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { Titles, type When } from "../trove/titles.ts";

describe("in Coffer's own tests", () => {
  const titles = new Titles();
  const configurations = "test/unit/operations-configurations.test.ts";
  const cases: { why: string; file: string; title: string; when: When | undefined }[] = [
    { why: "as it is written", file: configurations, title: "a pattern of names", when: "default" },
    { why: "of a table", file: configurations, title: "verb: a group is made", when: "default" },
    { why: "the place of a table's words", file: configurations, title: "verb: {why}", when: "default" },
    { why: "a beginning is none", file: configurations, title: "a pattern", when: undefined },
    { why: "nor is a table's word cut short", file: configurations, title: "verb: a group is mad", when: undefined },
    { why: "a word of another table", file: configurations, title: "verb refused: a group is made", when: undefined },
    { why: "without its beginning", file: configurations, title: "a group is made", when: undefined },
    { why: "of a group", file: "test/unit/mariadb-names.test.ts", title: "passwords > empty", when: "default" },
    { why: "without the group", file: "test/unit/mariadb-names.test.ts", title: "empty", when: undefined },
    {
      why: "of a function that a group calls which runs with --full only",
      file: "test/openstack/faults-sizes.ts",
      title: "a resize to a flavor on which the database does not start is reverted",
      when: "full",
    },
    {
      why: "of a function that is called in every run",
      file: "test/openstack/day2-power.ts",
      title: "restart ends the database server and starts it, on the same boot",
      when: "default",
    },
  ];
  for (const { why, file, title, when } of cases) test(why, () => assert.equal(titles.when(file, title), when));
});

/** `a.test.ts` has this beside the imports; `b.ts` is what it may import from. */
interface Source {
  why: string;
  a: string;
  b?: string;
  title?: string;
  when: When | undefined;
}

const sources: readonly Source[] = [
  { why: "nothing is said", a: 'test("t", () => {});', when: "default" },
  { why: "skip: false", a: 'test("t", { skip: false }, () => {});', when: "default" },
  { why: "another option only", a: 'test("t", { timeout: 5 }, () => {});', when: "default" },
  { why: "withoutFull", a: 'test("t", { skip: withoutFull }, () => {});', when: "full" },
  { why: "the environment itself", a: 'test("t", { skip: !process.env.COFFER_TEST_FULL }, () => {});', when: "full" },
  {
    why: "the other way round",
    a: 'test("t", { skip: Boolean(process.env.COFFER_TEST_FULL) }, () => {});',
    when: "default",
  },
  { why: "in every run", a: 'test("t", { skip: "not yet" }, () => {});', when: "never" },
  { why: "test.skip", a: 'test.skip("t", () => {});', when: undefined },
  { why: "test.todo", a: 'test.todo("t");', when: undefined },
  { why: "in a comment", a: '// test("t", () => {});', when: undefined },
  { why: "or: one is enough", a: 'test("t", { skip: elsewhere || withoutFull }, () => {});', when: "full" },
  { why: "and: needs both", a: 'test("t", { skip: elsewhere && withoutFull }, () => {});', when: "full" },
  { why: "a machine's own", a: 'test("t", { skip: elsewhere }, () => {});', when: "default" },
  { why: "a constant", a: 'const skip = withoutFull || elsewhere;\ntest("t", { skip }, () => {});', when: "full" },
  {
    why: "a constant near it hides another",
    a: 'const skip = withoutFull;\n{ const skip = false; test("t", { skip }, () => {}); }',
    when: "default",
  },
  { why: "options in a constant", a: 'const long = { skip: withoutFull };\ntest("t", long, () => {});', when: "full" },
  {
    why: "options that are spread",
    a: 'const long = { skip: withoutFull };\ntest("t", { ...long, timeout: 5 }, () => {});',
    when: "full",
  },
  {
    why: "an imported constant",
    a: 'import { slow } from "./b.ts";\ntest("t", { skip: slow }, () => {});',
    b: "export const slow = !process.env.COFFER_TEST_FULL;",
    when: "full",
  },
  {
    why: "a group",
    a: 'describe("g", { skip: withoutFull }, () => { test("t", () => {}); });',
    title: "g > t",
    when: "full",
  },
  {
    why: "a group two floors up",
    a: 'describe("g", { skip: withoutFull }, () => describe("h", () => test("t", () => {})));',
    title: "g > h > t",
    when: "full",
  },
  {
    why: "beside a group",
    a: 'describe("g", { skip: withoutFull }, () => {});\ntest("t", () => {});',
    when: "default",
  },
  { why: "an if", a: 'if (process.env.COFFER_TEST_FULL) test("t", () => {});', when: "full" },
  { why: "its else", a: 'if (process.env.COFFER_TEST_FULL) {} else { test("t", () => {}); }', when: "default" },
  { why: "&&", a: '!withoutFull && test("t", () => {});', when: "full" },
  { why: "? :", a: 'withoutFull ? undefined : test("t", () => {});', when: "full" },
  {
    why: "after a return",
    a: 'describe("g", () => {\n  if (withoutFull) return;\n  test("t", () => {});\n});',
    title: "g > t",
    when: "full",
  },
  {
    why: "before a return",
    a: 'describe("g", () => {\n  test("t", () => {});\n  if (withoutFull) return;\n});',
    title: "g > t",
    when: "default",
  },
  { why: "it skips itself", a: 'test("t", (t) => { if (withoutFull) return t.skip(withoutFull); });', when: "full" },
  { why: "it may skip itself", a: 'test("t", (t) => { if (elsewhere) return t.skip("no cloud"); });', when: "default" },
  { why: "a loop over nothing", a: 'for (const x of withoutFull ? [] : [1]) test("t", () => {});', when: "full" },
  { why: "a loop over less", a: 'for (const x of withoutFull ? [1] : [1, 2]) test("t", () => {});', when: "default" },
  {
    why: "a function in a group",
    a: 'function cases() { test("t", () => {}); }\ndescribe("g", { skip: withoutFull }, () => cases());',
    when: "full",
  },
  {
    why: "a function that is handed over",
    a: 'const cases = () => { test("t", () => {}); };\ndescribe("g", { skip: withoutFull }, cases);',
    when: "full",
  },
  {
    why: "a function that a second group calls, too",
    a: 'function cases() { test("t", () => {}); }\ndescribe("g", { skip: withoutFull }, () => cases());\ndescribe("h", () => cases());',
    when: "default",
  },
  { why: "a function that nobody calls", a: 'function cases() { test("t", () => {}); }', when: "never" },
  { why: "a function that calls only itself", a: 'function cases() { test("t", () => {}); cases(); }', when: "never" },
  {
    why: "an imported function",
    a: 'import { cases } from "./b.ts";\ndescribe("g", { skip: withoutFull }, () => cases());',
    b: 'export function cases() { test("t", () => {}); }',
    when: "full",
  },
  {
    why: "an imported function of another name",
    a: 'import { cases as all } from "./b.ts";\nall();',
    b: 'export function cases() { test("t", () => {}); }',
    when: "default",
  },
  {
    why: "one engine of two",
    a: 'const engines = ["mariadb", "postgresql"];\nfor (const e of engines) describe(e, { skip: e === "mariadb" ? false : withoutFull }, () => { test("t", () => {}); });',
    title: "{e} > t",
    when: "default",
  },
  {
    why: "the engine of every run",
    a: 'const engines = ["mariadb", "postgresql"];\nfor (const e of engines) describe(e, { skip: e === "mariadb" ? false : withoutFull }, () => { test("t", () => {}); });',
    title: "mariadb > t",
    when: "default",
  },
  {
    why: "the other engine",
    a: 'const engines = ["mariadb", "postgresql"];\nfor (const e of engines) describe(e, { skip: e === "mariadb" ? false : withoutFull }, () => { test("t", () => {}); });',
    title: "postgresql > t",
    when: "full",
  },
  {
    why: "a table's own say: some of it may",
    a: 'for (const { why, slow } of [{ why: "x", slow: true }]) test(why, { skip: slow && withoutFull }, () => {});',
    title: "{why}",
    when: "default",
  },
  {
    why: "a table's own say: a row that may be slow counts as slow",
    a: 'for (const { why, slow } of [{ why: "x", slow: true }]) test(why, { skip: slow && withoutFull }, () => {});',
    title: "x",
    when: "full",
  },
];

describe("in a source of its own", () => {
  for (const { why, a, b = "", title = "t", when } of sources) {
    test(why, (t) => {
      const root = mkdtempSync(join(tmpdir(), "coffer-titles-"));
      t.after(() => rmSync(root, { recursive: true }));
      const write = (file: string, text: string) => {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
      };
      const head =
        'import { withoutFull } from "../support/full.ts";\nconst elsewhere = process.env.CLOUD ? "no" : false;\n';
      write("test/support/full.ts", 'export const withoutFull = process.env.COFFER_TEST_FULL ? false : "long";');
      write("test/x/a.test.ts", head + a);
      write("test/x/b.ts", b);
      const titles = new Titles(root);
      const inEither = titles.when("test/x/a.test.ts", title) ?? titles.when("test/x/b.ts", title);
      assert.equal(inEither, when);
    });
  }
});
