/** Property values between Pulumi's wire format and the provider. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { inputChanges } from "../../provider/changes.ts";
import { fromWire, hasUnknown, sameValue, toWire, UNKNOWN, type Value, type Values } from "../../provider/values.ts";

const secret = (value: unknown) => ({ [specialSigKey]: specialSecretSig, value });
const wire = (values: Record<string, unknown>) =>
  struct.Struct.fromJavaScript(values as { [name: string]: struct.JavaScriptValue });

const leaf = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
/** No name of ours is `__proto__`: the engines refuse it as a user, because the wire format loses it. */
const key = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__");
const tree: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("what goes to the wire comes back the same, whether marked as a secret or not", () => {
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 5 }), fc.boolean(), (values, marked) => {
      const back = fromWire(toWire(values, marked ? Object.keys(values) : []));
      assert.ok(sameValue(back, values), `${JSON.stringify(values)} came back as ${JSON.stringify(back)}`);
    }),
  );
});

const readings = [
  { why: "a plain value passes", wire: { a: 1 }, expected: { a: 1 } },
  { why: "a secret is unwrapped", wire: { a: secret("x") }, expected: { a: "x" } },
  { why: "secrets nest in lists and maps", wire: { a: [{ b: secret(["x"]) }] }, expected: { a: [{ b: ["x"] }] } },
  { why: "an unknown is marked", wire: { a: unknownValue }, expected: { a: UNKNOWN } },
  { why: "an unknown can lie in a secret", wire: { a: secret(unknownValue) }, expected: { a: UNKNOWN } },
];
for (const { why, wire: values, expected } of readings) {
  test(`reading: ${why}`, () => assert.deepEqual(fromWire(wire(values)), expected));
}

test("only the named properties are marked as secrets", () => {
  assert.deepEqual(toWire({ password: "p", name: "n" }, ["password"]).toJavaScript(), {
    password: secret("p"),
    name: "n",
  });
});

test("an unknown secret stays recognisable as unknown to the engine", () => {
  assert.deepEqual(toWire({ password: UNKNOWN }, ["password"]).toJavaScript(), { password: unknownValue });
});

test("an unknown equals nothing, not even itself: it must count as a change", () => {
  assert.equal(sameValue(UNKNOWN, UNKNOWN), false);
  assert.equal(hasUnknown({ a: [{ b: UNKNOWN }] }), true);
});

const changes: { why: string; old: Values; now: Values; maps?: string[]; expected: string[] }[] = [
  { why: "nothing changed", old: { a: 1 }, now: { a: 1 }, expected: [] },
  {
    why: "the way to the guest is no difference",
    old: { guest: { c: "x" } },
    now: { guest: { c: "y" } },
    expected: [],
  },
  { why: "null and absent are the same", old: { a: null }, now: {}, expected: [] },
  { why: "the order of keys does not matter", old: { a: { x: 1, y: 2 } }, now: { a: { y: 2, x: 1 } }, expected: [] },
  { why: "the order of lists does", old: { a: [1, 2] }, now: { a: [2, 1] }, expected: ["update a"] },
  {
    why: "maps are told entry by entry",
    old: { p: { x: 1, y: 2 } },
    now: { p: { x: 1, y: 3, z: 4 } },
    maps: ["p"],
    expected: ["update p.y", "add p.z"],
  },
  {
    why: "an entry that leaves is a deletion",
    old: { p: { x: 1 } },
    now: { p: {} },
    maps: ["p"],
    expected: ["delete p.x"],
  },
  { why: "unknown counts as a change", old: { a: 1 }, now: { a: UNKNOWN }, expected: ["update a"] },
];
for (const { why, old, now, maps, expected } of changes) {
  test(`changes: ${why}`, () => {
    assert.deepEqual(
      inputChanges(old, now, maps).map((change) => `${change.kind} ${change.path}`),
      expected,
    );
  });
}
