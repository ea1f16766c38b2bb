/** The name that somebody meant, among those that there are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { editDistance, nearest } from "../../spec/nearest.ts";

test("the nearest name is within one edit per three letters, and edits are symmetric", () => {
  assert.equal(nearest("mariabd", ["postgresql", "mariadb"]), "mariadb");
  assert.equal(nearest("FLAVOUR", ["flavor"]), "flavor");
  assert.equal(nearest("x", ["mariadb"]), undefined);
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= Math.max(a.length, b.length) && distance >= Math.abs(a.length - b.length));
    }),
  );
});
