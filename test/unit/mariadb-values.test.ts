/** Values of parameters at the edges of each type: how the server spells them, what is refused, and when a reading is what was asked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ParameterValue } from "../../engines/engine.ts";
import type { ParameterRow } from "../../engines/mariadb/table.ts";
import { canonicalValue, reads } from "../../engines/mariadb/values.ts";

const row = (type: ParameterRow["type"], more: Partial<ParameterRow> = {}): ParameterRow => ({
  type,
  dynamic: true,
  ...more,
});
const whole = row("integer", { min: 1, max: 10 });
const part = row("number", { min: 0, max: 1 });
const list = { values: ["A", "B", "C"] };
const flags = { values: ["mrr", "mrr_cost", "default"] };

const values: { why: string; of: ParameterRow; given: ParameterValue; is?: string; wrong?: RegExp }[] = [
  { why: "the least", of: whole, given: 1, is: "1" },
  { why: "the most", of: whole, given: 10, is: "10" },
  { why: "less", of: whole, given: 0, wrong: /^is 0, below 1; a whole number from 1 to 10; K, M and G/ },
  { why: "more", of: whole, given: 11, wrong: /^is 11, above 10;/ },
  { why: "negative", of: row("integer", { min: -100, max: 0 }), given: -12, is: "-12" },
  { why: "only a least is known", of: row("integer", { min: 5 }), given: 4, wrong: /a whole number at least 5;/ },
  { why: "only a most is known", of: row("integer", { max: 5 }), given: 6, wrong: /; a whole number; K/ },
  { why: "true is no number", of: whole, given: true, wrong: /is true/ },
  { why: "a letter in front", of: whole, given: "x5", wrong: /is "x5"/ },
  { why: "a word behind", of: whole, given: "5 apples", wrong: /is "5 apples"/ },
  { why: "spaces around", of: whole, given: " 5 ", is: "5" },
  { why: "the least of a fraction", of: part, given: 0, is: "0" },
  { why: "the most of a fraction", of: part, given: 1, is: "1" },
  { why: "a fraction", of: part, given: "0.125", is: "0.125" },
  { why: "less than a fraction may be", of: part, given: -0.5, wrong: /below 0/ },
  { why: "more than a fraction may be", of: part, given: 10.5, wrong: /above 1/ },
  { why: "a letter before a fraction", of: part, given: "a0.5", wrong: /is "a0\.5"/ },
  { why: "true is no fraction", of: part, given: true, wrong: /is true/ },
  { why: "on", of: row("boolean"), given: "On", is: "ON" },
  { why: "off by a number", of: row("boolean"), given: 0, is: "OFF" },
  { why: "on with something in front", of: row("boolean"), given: "non", wrong: /ON or OFF/ },
  { why: "on with something behind", of: row("boolean"), given: "once", wrong: /ON or OFF/ },
  { why: "off with something in front", of: row("boolean"), given: "10", wrong: /ON or OFF/ },
  { why: "off with something behind", of: row("boolean"), given: "offline", wrong: /ON or OFF/ },
  { why: "one of a list, by its name", of: row("enum", list), given: "b", is: "B" },
  { why: "one of a list, by its place", of: row("enum", list), given: 2, is: "C" },
  { why: "a place that there is not", of: row("enum", list), given: 3, wrong: /one of A, B, C/ },
  { why: "a place with a word in front", of: row("enum", list), given: "x1", wrong: /one of A, B, C/ },
  { why: "a set, in the server's order", of: row("set", list), given: "c, a", is: "A,C" },
  { why: "an empty set", of: row("set", list), given: "", is: "" },
  {
    why: "a set with something unknown",
    of: row("set", list),
    given: "a,x",
    wrong: /^is "a,x" with the unknown x; a list/,
  },
  { why: "true is no set", of: row("set", list), given: true, wrong: /^is true; a list/ },
  { why: "flags", of: row("flagset", flags), given: "mrr=on, mrr_cost=OFF", is: "mrr=on,mrr_cost=off" },
  {
    why: "a flag without a state",
    of: row("flagset", flags),
    given: "mrr",
    wrong: /"mrr" is not a flag with on or off; .* of mrr, mrr_cost$/,
  },
  {
    why: "a flag with a state that begins alike",
    of: row("flagset", flags),
    given: "mrr=once",
    wrong: /is not a flag/,
  },
  { why: "a flag with a state that ends alike", of: row("flagset", flags), given: "mrr=non", wrong: /is not a flag/ },
  { why: "default is none to be kept", of: row("flagset", flags), given: "default=on", wrong: /is not a flag/ },
];
for (const { why, of, given, is, wrong } of values)
  test(`a value: ${of.type}: ${why}`, () => {
    const seen = canonicalValue("a_parameter", of, given);
    if (wrong) assert.match("wrong" in seen ? `${seen.wrong}; ${seen.allowed}` : seen.value, wrong);
    else assert.deepEqual(seen, { value: is });
  });

const readings: { why: string; of: ParameterRow["type"]; wanted: string; reading: string; same: boolean }[] = [
  { why: "the same number", of: "integer", wanted: "1024", reading: "1024.0", same: true },
  { why: "another number", of: "number", wanted: "1", reading: "2", same: false },
  { why: "case aside", of: "enum", wanted: "ON", reading: "on", same: true },
  { why: "another word", of: "boolean", wanted: "ON", reading: "OFF", same: false },
  { why: "a slash at the end of a folder", of: "string", wanted: "/a/", reading: "/a", same: true },
  { why: "another folder", of: "string", wanted: "/a", reading: "/b", same: false },
  { why: "a set in another order and case", of: "set", wanted: "A,B", reading: "b,a", same: true },
  { why: "one of two is missing", of: "set", wanted: "A,B", reading: "A", same: false },
  { why: "one too many", of: "set", wanted: "A", reading: "A,B", same: false },
  { why: "one in place of another", of: "set", wanted: "A,B", reading: "A,C", same: false },
  { why: "nothing wanted, and something there", of: "set", wanted: "", reading: "A", same: false },
  { why: "nothing wanted, nothing there", of: "set", wanted: "", reading: "", same: true },
  { why: "a mode that stands for several", of: "set", wanted: "ANSI", reading: "ANSI,ANSI_QUOTES", same: true },
  { why: "one of many flags", of: "flagset", wanted: "mrr=on", reading: "x=off,mrr=on", same: true },
  {
    why: "one of two flags is the other way",
    of: "flagset",
    wanted: "mrr=on,x=on",
    reading: "mrr=on,x=off",
    same: false,
  },
];
for (const { why, of, wanted, reading, same } of readings)
  test(`a reading: ${of}: ${why}`, () => assert.equal(reads(row(of), wanted, reading), same));
