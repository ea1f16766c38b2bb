/** Edits of a spec's text as table cases. */
import assert from "node:assert/strict";
import { test } from "node:test";

export interface EditCase {
  why: string;
  /** Default: the text of all cases. */
  text?: string;
  edit: (text: string) => string;
  /** The one place of the text that becomes another. */
  changed: readonly [string, string];
}

/** Each with line ends of Unix and of Windows. */
export function testEdits(cases: readonly EditCase[], usual: string): void {
  for (const { why, text = usual, edit, changed } of cases) {
    for (const newline of ["\n", "\r\n"]) {
      test(`edit (${JSON.stringify(newline)}): ${why}`, () => {
        const [from, to] = changed;
        assert.equal(text.split(from).length, 2, "the case names one place");
        const expected = text.replace(from, () => to).replaceAll("\n", newline);
        assert.equal(edit(text.replaceAll("\n", newline)), expected);
      });
    }
  }
}
