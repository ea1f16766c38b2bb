/** The tools of `./test/mutate`: what stands in for `node:test`, what is printed of a run, and areas that name what there is. */
import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { areas } from "../mutation/areas.ts";
import { summary } from "../mutation/report.ts";
import * as suite from "../mutation/suite.ts";

const root = resolve(import.meta.dirname, "../..");

test("areas name files and tests that are there", () => {
  const { mutate, tests } = Object.values(areas).reduce((all, one) => ({
    mutate: [...all.mutate, ...one.mutate],
    tests: [...all.tests, ...one.tests],
  }));
  const patterns = mutate.map((pattern) => pattern.replace(/^!/, ""));
  assert.deepEqual(
    patterns.filter((pattern) => globSync(pattern, { cwd: root }).length === 0),
    [],
  );
  assert.deepEqual(
    tests.filter((name) => !existsSync(resolve(root, `test/unit/${name}.test.ts`))),
    [],
  );
});

test("a run's score is of the mutants that tests ran into, and each that is left is shown with its place", () => {
  const at = (column: number) => ({ start: { line: 2, column }, end: { line: 2, column: column + 5 } });
  const mutant = (status: "Killed" | "Timeout" | "Survived" | "NoCoverage" | "Ignored", column: number) => ({
    status,
    mutatorName: "EqualityOperator",
    replacement: "a\n>= b",
    location: at(column),
  });
  const source = "if (\n  a > b &&\n  c > d)";
  const mutants = [mutant("Killed", 3), mutant("Survived", 3), mutant("NoCoverage", 3), mutant("Ignored", 3)];
  assert.equal(
    summary({
      files: { "x.ts": { source, mutants: [...mutants, mutant("Timeout", 3)] }, "y.ts": { source, mutants: [] } },
    }),
    [
      "x.ts: 2 of 3 (66.7 %); 1 that these tests do not run into",
      "  2: Survived EqualityOperator: a > b => a >= b",
      "  2: NoCoverage EqualityOperator: a > b => a >= b",
      "  2: Timeout EqualityOperator: a > b => a >= b",
      "y.ts: 0 of 0; 0 that these tests do not run into",
      "score: 2 of 3 (66.7 %); 1 that these tests do not run into",
      "",
    ].join("\n"),
  );
});

test("tests are collected, and run as often as they are asked for", async () => {
  const ran: string[] = [];
  suite.before(() => void ran.push("before"));
  suite.describe("g", () => {
    suite.test("a", () => void ran.push("a"));
    suite.test("skipped", { skip: "why" }, () => assert.fail());
    suite.test("b", async (t: suite.Context) => {
      t.after(() => void ran.push("end"));
      await t.test("passes", () => void ran.push("b"));
      await t.test("fails", () => assert.fail("as it is to"));
    });
  });
  suite.test("a", () => {});
  assert.deepEqual(
    suite.collected.map(({ id }) => id),
    ["g > a", "g > b", "a"],
  );
  const [a, b] = suite.collected;
  await a?.run();
  await a?.run();
  await assert.rejects(async () => b?.run(), /as it is to/, "a subtest that fails is its test's failure");
  assert.deepEqual(ran, ["before", "a", "a", "b", "end"]);
});
