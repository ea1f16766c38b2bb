/** Which applies are expected to find nothing to do, and that the hint is no more than one. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { digestOf, type Expectation, expectsNothing, lastApplied, noteApplied } from "../../operations/last-applied.ts";
import { makePlaces } from "../../operations/workspace.ts";

const root = mkdtempSync(join(tmpdir(), "coffer-applied-"));
after(() => rmSync(root, { recursive: true, force: true }));
const workspace = { root, environment: {} };
const same: Expectation = { digest: "a", last: "a", isMended: false, isRecorded: true, isSpecial: false };

describe("expectsNothing", () => {
  const cases: { why: string; change: Partial<Expectation>; want: boolean }[] = [
    { why: "the spec that was applied last", change: {}, want: true },
    { why: "another spec", change: { last: "b" }, want: false },
    { why: "a checkout that has applied nothing yet", change: { last: undefined }, want: false },
    { why: "a container was gone: it is made again", change: { isMended: true }, want: false },
    { why: "the stack was destroyed since", change: { isRecorded: false }, want: false },
    { why: "a rebuild changes what the spec does not say", change: { isSpecial: true }, want: false },
  ];
  for (const { why, change, want } of cases) {
    test(why, () => assert.equal(expectsNothing({ ...same, ...change }), want));
  }
});

describe("the note of what was applied", () => {
  test("is for one stack, and the last one counts", async () => {
    await makePlaces(workspace);
    assert.equal(await lastApplied(workspace, "one"), undefined);
    await noteApplied(workspace, "one", digestOf(Buffer.from("first")));
    await noteApplied(workspace, "one", digestOf(Buffer.from("second")));
    assert.equal(await lastApplied(workspace, "one"), digestOf(Buffer.from("second")));
    assert.notEqual(digestOf(Buffer.from("first")), digestOf(Buffer.from("second")));
    assert.equal(await lastApplied(workspace, "two"), undefined);
  });

  test("that cannot be written fails no apply", async () => {
    await noteApplied({ root: join(root, "nowhere"), environment: {} }, "one", "a");
    assert.equal(await lastApplied({ root: join(root, "nowhere"), environment: {} }, "one"), undefined);
  });
});
