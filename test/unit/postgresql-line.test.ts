/** Where one connection over a line ends and the next begins: nothing is lost, nothing is made up, however the bytes arrive. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { upToMark } from "../../engines/postgresql/line.ts";

const mark = Buffer.from("\n0123456789abcdef");

/** What a reader of the line gets, and whether it was told of the end. */
function read(chunks: readonly Buffer[]): { got: string; held: string; ended: boolean } {
  let [got, held, ended] = [Buffer.alloc(0), Buffer.alloc(0), false];
  for (const chunk of chunks) {
    const found = upToMark(Buffer.concat([held, chunk]), mark);
    got = Buffer.concat([got, found.rest]);
    held = Buffer.from(found.held);
    ended = found.ended;
  }
  return { got: got.toString(), held: held.toString(), ended };
}

const cases: readonly { why: string; chunks: readonly string[]; got: string; held?: string; ended?: true }[] = [
  { why: "an answer goes on at once", chunks: ["Z....I"], got: "Z....I" },
  { why: "the mark alone ends the connection", chunks: [String(mark)], got: "", ended: true },
  { why: "and behind the last bytes of a server that broke off", chunks: [`D..${mark}`], got: "D..", ended: true },
  { why: "in two parts", chunks: ["x\n0123", "456789abcdef"], got: "x", ended: true },
  { why: "what only begins like it is held until it is known", chunks: ["x\n01"], got: "x", held: "\n01" },
  { why: "and is the connection's when it goes on otherwise", chunks: ["x\n01", "y"], got: "x\n01y" },
  { why: "a second beginning within the first", chunks: ["\n01", "\n01"], got: "\n01", held: "\n01" },
];

describe("bytes up to the mark", () => {
  for (const { why, chunks, got, held = "", ended = false } of cases)
    test(why, () => assert.deepEqual(read(chunks.map((text) => Buffer.from(text))), { got, held, ended }));

  test("any bytes in any parts, with and without the mark behind them", () => {
    // Letters of the mark, so that beginnings of it are common; the mark itself ends a connection.
    const bytes = fc.string({ unit: fc.constantFrom("\n", "0", "1", "2", "x") });
    fc.assert(
      fc.property(bytes, fc.boolean(), fc.array(fc.nat(), { maxLength: 8 }), (text, ends, cuts) => {
        const whole = Buffer.from(ends ? `${text}${mark}` : text);
        const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
        const { got, held, ended } = read(
          places
            .slice(1)
            .map((to, at) => whole.subarray(places[at], to))
            .filter(({ length }) => length > 0),
        );
        assert.equal(ended, ends);
        assert.equal(got + held, text);
      }),
    );
  });
});
