/** The runner of the tests: what runs beside what, and that what fails is counted. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { additions, asks } from "../runner/full.ts";
import { jobsOf, root } from "../runner/groups.ts";
import { batches, next } from "../runner/lanes.ts";

const job = (name: string, load: number, lanes?: number) => ({ group: { name, load, ...(lanes ? { lanes } : {}) } });
const [quick, waits, cloud] = [job("quick", 1), job("waits", 0.6, 3), job("cloud", 1, 1)];
const all = () => true;

const turns: readonly {
  why: string;
  waiting: readonly ReturnType<typeof job>[];
  running: readonly ReturnType<typeof job>[];
  ready?: (group: string) => boolean;
  starts: ReturnType<typeof job> | undefined;
}[] = [
  { why: "the first one", waiting: [quick, waits], running: [], starts: quick },
  { why: "as many as there are cores", waiting: [quick], running: [quick], starts: quick },
  { why: "no more", waiting: [quick], running: [quick, quick], starts: undefined },
  { why: "a third of those that wait much", waiting: [waits], running: [waits, waits], starts: waits },
  { why: "no more than the group's lanes", waiting: [waits], running: [waits, waits, waits], starts: undefined },
  {
    why: "another group's, where the first one's lanes are taken",
    waiting: [cloud, waits],
    running: [cloud],
    starts: waits,
  },
  {
    why: "nothing, where the first one has no room: what is smaller would take what it waits for",
    waiting: [cloud, waits],
    running: [waits, waits],
    starts: undefined,
  },
  {
    why: "what is ready, while the first one's ground is set up",
    waiting: [cloud, waits],
    running: [],
    ready: (group) => group === "waits",
    starts: waits,
  },
  { why: "nothing, while nothing is ready", waiting: [cloud], running: [], ready: () => false, starts: undefined },
  { why: "alone, whatever its load", waiting: [job("heavy", 9)], running: [], starts: job("heavy", 9) },
];
for (const { why, waiting, running, ready = all, starts } of turns)
  test(`what starts: ${why}`, () => assert.deepEqual(next(waiting, running, 2, ready), starts));

test("every file is in one part, longest first, and no part is longer than the longest file and its share", () => {
  const files = fc.array(fc.record({ seconds: fc.nat(100) }), { maxLength: 40 });
  fc.assert(
    fc.property(files, fc.integer({ min: 1, max: 6 }), (files, count) => {
      const parts = batches(files, count);
      const sum = (of: readonly { seconds: number }[]) => of.reduce((total, { seconds }) => total + seconds, 0);
      assert.ok(parts.length <= count);
      assert.deepEqual(new Set(parts.flat()), new Set(files));
      assert.equal(parts.flat().length, files.length);
      const longest = Math.max(0, ...files.map(({ seconds }) => seconds));
      for (const part of parts) {
        assert.deepEqual(
          part,
          part.toSorted((a, b) => b.seconds - a.seconds),
        );
        assert.ok(sum(part) <= sum(files) / count + longest);
      }
    }),
  );
});

test("every file of tests is in one job, and those of the cloud only where they are asked for", () => {
  const files = (words: readonly string[]) => jobsOf(words).flatMap((job) => job.files);
  const written = globSync("test/{unit,component,docker,openstack}/**/*.test.ts", { cwd: root });
  assert.deepEqual(files(["all"]).toSorted(), written.toSorted());
  assert.deepEqual(files([]).toSorted(), written.filter((file) => !file.startsWith("test/openstack/")).sort());
  assert.throws(() => jobsOf(["unit", "uint"]), /no group or file named uint; groups: lint, .*all/);
});

test("weights are of files that are there", () => {
  const names = Object.keys(JSON.parse(readFileSync(join(root, "test/weights.json"), "utf8")));
  const known = new Set(jobsOf(["all"]).flatMap(({ group, files }) => [group.name, ...files]));
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
    "run ./test/run --weigh",
  );
});

test("what --full adds names every file that asks for it", () => {
  const lines = additions(jobsOf(["all"]));
  const asking = globSync("test/{docker,openstack}/*.ts", { cwd: root }).filter((file) =>
    asks.test(readFileSync(join(root, file), "utf8")),
  );
  assert.ok(asking.length > 5);
  assert.deepEqual(
    lines.map((line) => line.split(":")[0]),
    asking.sort(),
  );
});

test("a failed hook of a group counts, and so does a file that cannot be loaded", async () => {
  const fixture = (name: string) => `test/unit/fixtures/runner/${name}.ts`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const names = ["passes", "hook-fails", "no-load"].map(fixture);
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((ended) =>
    execFile(process.execPath, [join(root, "test/run.ts"), ...names], { cwd: root, env }, (error, stdout) =>
      ended({ code: error?.code ?? 0, stdout }),
    ),
  );
  assert.match(stdout, /passes\.ts: 1 passed, 0 failed, 1 skipped in/);
  assert.match(stdout, /hook-fails\.ts: 1 passed, 1 failed in/);
  assert.match(stdout, /no-load\.ts: 0 passed, 1 failed in/);
  assert.match(stdout, /FAILED .*hook-fails\.ts > group\n.*the hook's own/);
  assert.match(stdout, /3 of 3 done/);
  assert.match(stdout, /^unit +\d+\.\d +\d+\.\d +2 +2 +1$/m);
  assert.deepEqual([code, stdout.trimEnd().split("\n").at(-1)], [1, "2 passed, 2 failed"]);
});
