import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { markerRefusal, markerText, parseMarker } from "../../engines/shared/marker.ts";
import { formatSize, GiB, KiB, MiB, parseSize, roundDown, scaleOf, withUnit } from "../../engines/shared/units.ts";
import { NotYet, waitFor } from "../../engines/shared/wait.ts";

const sizes: { text: string; bytes: number | undefined; why: string }[] = [
  { text: "0", bytes: 0, why: "zero" },
  { text: "1048576", bytes: MiB, why: "bytes" },
  { text: "64k", bytes: 64 * KiB, why: "lower case" },
  { text: "256M", bytes: 256 * MiB, why: "megabytes" },
  { text: "2G", bytes: 2 * GiB, why: "gigabytes" },
  { text: "", bytes: undefined, why: "empty" },
  { text: "-1M", bytes: undefined, why: "negative" },
  { text: "1.5G", bytes: undefined, why: "a fraction" },
  { text: "1 GB", bytes: undefined, why: "not one letter" },
  { text: "9007199254740993", bytes: undefined, why: "not exact as a number" },
];

test("sizes", async (t) => {
  for (const { text, bytes, why } of sizes) await t.test(why, () => assert.equal(parseSize(text), bytes));
  assert.equal(parseSize("1T", "KMG"), undefined, "a suffix that is not offered");
  assert.equal(roundDown(100, 64), 64);
  assert.equal(roundDown(10, 64), 64, "never nothing");
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => parseSize(formatSize(bytes)) === bytes),
    { seed: 1 },
  );
});

const marker = { uuid: "a", engine: "mariadb", version: "10.11" };

test("markers", () => {
  assert.deepEqual(parseMarker(markerText({ ...marker, term: 3 })), { ...marker, term: 3 });
  const whole = Object.entries(marker);
  const without = whole.map(([name]) => JSON.stringify({ ...marker, [name]: undefined }));
  const numbered = whole.map(([name]) => JSON.stringify({ ...marker, [name]: 1 }));
  for (const damaged of ["", "{", "null", "[]", ...without, ...numbered])
    assert.throws(() => parseMarker(damaged), /damaged/, damaged);
  assert.equal(markerRefusal(marker, marker), undefined);
  assert.equal(markerRefusal(undefined, marker), undefined);
  assert.match(markerRefusal(marker, { ...marker, uuid: "b" }) ?? "", /belongs to instance a/);
  assert.match(markerRefusal(marker, { ...marker, engine: "postgresql" }) ?? "", /data of mariadb/);
  assert.match(markerRefusal(marker, { ...marker, version: "11.8" }) ?? "", /set the version back to 10\.11/);
});

test("a wait ends with what it waited for, with an error, or with words", async () => {
  let looks = 0;
  const options = { timeout: 5000, shortest: 1 };
  assert.equal(await waitFor("three", options, async () => (++looks === 3 ? looks : new NotYet())), 3);
  await assert.rejects(
    waitFor("luck", options, async () => {
      throw new Error("no use");
    }),
    /^Error: no use$/,
  );
  const never = waitFor("the moon", { timeout: 0 }, async () => new NotYet("still night"));
  await assert.rejects(never, /for the moon; the last look said: still night/);
});

const scales: { of: "size" | "time"; written: string; scale: number | undefined; why: string }[] = [
  { of: "size", written: "M", scale: MiB, why: "as MariaDB writes it" },
  { of: "size", written: "MB", scale: MiB, why: "as PostgreSQL writes it" },
  { of: "size", written: "m", scale: MiB, why: "nobody means a thousandth of a byte" },
  { of: "size", written: "MiB", scale: MiB, why: "as the standard writes it" },
  { of: "size", written: "kB", scale: 1024, why: "binary, as both servers have it" },
  { of: "size", written: "B", scale: 1, why: "bytes" },
  { of: "size", written: "s", scale: undefined, why: "a time" },
  { of: "size", written: "PB", scale: undefined, why: "no server takes it" },
  { of: "time", written: "min", scale: 60_000_000, why: "microseconds of a minute" },
  { of: "time", written: "ms", scale: 1000, why: "microseconds of a millisecond" },
  { of: "time", written: "M", scale: undefined, why: "mega or minutes: nobody can tell" },
  { of: "time", written: "S", scale: undefined, why: "units of time are told apart by their case" },
  { of: "time", written: "toString", scale: undefined, why: "a name of JavaScript's" },
];
for (const { of, written, scale, why } of scales)
  test(`unit ${written} of a ${of}: ${why}`, () => assert.equal(scaleOf({ of }, written), scale));

const shown: [unit: string, number: number, words: string, why: string][] = [
  ["8kB", 16384, "128MB", "the largest unit that divides it"],
  ["s", 90, "90s", "no whole minutes"],
  ["s", 86_400, "1d", "a day"],
  ["ms", -1, "-1", "special values stay bare"],
];
for (const [unit, number, words, why] of shown)
  test(`${number} of ${unit} is ${words}: ${why}`, () => assert.equal(withUnit(unit, number), words));
