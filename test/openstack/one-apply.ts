/** Changes that do not meet, in one apply: with two guests without hardware help an apply takes long, whatever it changes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListRow } from "../support/cloud.ts";
import type { DemoInstance, Life } from "./demo.ts";

/** What an apply came to. */
export interface Outcome {
  /** All that it printed. */
  said: string;
  /** As `list` has it afterwards. */
  row(one: DemoInstance): ListRow;
}

/** One of the changes, with what is to be seen of it. */
export interface Change {
  /** Takes down what is compared afterwards, and edits the spec. */
  make(): Promise<void>;
  /** Makes the tests of what came of it. */
  tests(outcome: () => Outcome): void;
}

/** Makes a test of that title, in which all changes are made and applied, and after it the tests of each change. */
export function inOneApply(life: Life, title: string, apply: () => Promise<string>, changes: readonly Change[]): void {
  let outcome: Outcome | undefined;
  test(title, async () => {
    for (const { make } of changes) await make();
    const said = await apply();
    const rows = await life.healthyRows();
    outcome = { said, row: (one) => rows.find(({ name }) => name === one.name) ?? assert.fail(`no ${one.name}`) };
  });
  for (const { tests } of changes)
    tests(() => {
      assert.ok(outcome, `what is looked at was not applied: ${title}`);
      return outcome;
    });
}
