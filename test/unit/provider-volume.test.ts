/** What the provider says about a data volume before anything is touched: what it refuses, and what moves it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { volume } from "../../provider/resources/volume.ts";
import { UNKNOWN, type Values } from "../../provider/values.ts";

const GiB = 1024 ** 3;
const guest = { target: "openstack", name: "orders", uuid: "u", server: "s" };
const inputs: Values = { guest, server: "s", machineId: "s/k", attachment: "a", volume: "v", bytes: 2 * GiB };
const observed = { mounted: true, uuid: "f", bytes: 2 * GiB, deviceBytes: 2 * GiB };
const outputs: Values = { ...inputs, observed, size: 2 * GiB, type: "ceph", zone: "nova", reachable: true };
const context = { urn: "u", note: () => {}, noteOnInstance: () => {}, signal: new AbortController().signal };

test("a volume does not shrink", () => {
  const [failure] = volume.check({ ...inputs, bytes: GiB }, inputs);
  assert.match(failure?.reason ?? "", /cannot shrink: it has 2 GiB, 1 GiB are wanted/);
  assert.deepEqual(volume.check({ ...inputs, bytes: 3 * GiB }, inputs), []);
});

const places: { why: string; old?: Values; now: Values; real?: Values; refusal?: RegExp }[] = [
  {
    why: "another type",
    now: { volumeType: "fast" },
    refusal: /volume of "orders" is of type "ceph", and cannot become "fast"/,
  },
  { why: "another zone", now: { volumeZone: "az2" }, refusal: /of availability zone "nova", and cannot become "az2"/ },
  { why: "the type that it has, said later", now: { volumeType: "ceph" } },
  { why: "the type no longer said", old: { volumeType: "ceph" }, now: {} },
  { why: "the type that an administrator gave it", now: { volumeType: "fast" }, real: { type: "fast" } },
  {
    why: "a cloud that took another zone than asked, from the start",
    old: { volumeZone: "az2" },
    now: { volumeZone: "az2" },
  },
  { why: "a target that does not say the type", now: { volumeType: "fast" }, real: { type: undefined } },
  { why: "a type that is not known yet", now: { volumeType: UNKNOWN } },
];

for (const { why, old = {}, now, real = {}, refusal } of places) {
  test(`where a volume is: ${why}`, async () => {
    const before = { inputs: { ...inputs, ...old }, outputs: { ...outputs, ...old, ...real } };
    const preview = volume.previewUpdate(context, before, { ...inputs, ...now });
    if (refusal) await assert.rejects(preview, refusal);
    else await preview;
  });
}

const diffs: { why: string; now?: Values; seen?: Values; expected: string[] }[] = [
  { why: "nothing changed", expected: [] },
  {
    why: "another wish for its type reaches the user by way of the update",
    now: { volumeType: "fast" },
    expected: ["volumeType"],
  },
  { why: "a rebuilt machine mounts it again", now: { machineId: "s/l" }, expected: ["machineId"] },
  { why: "another server: away from the old one first", now: { server: "t" }, expected: ["server replaces"] },
  { why: "a server that is being replaced", now: { server: UNKNOWN }, expected: ["server replaces"] },
  {
    why: "unmounted by a rebuild that was interrupted",
    seen: { observed: { mounted: false } },
    expected: ["observed.mounted"],
  },
  {
    why: "a file system that did not grow with it",
    seen: { observed: { ...observed, deviceBytes: GiB } },
    expected: ["observed.bytes"],
  },
];

for (const { why, now = {}, seen = {}, expected } of diffs) {
  test(`diff: ${why}`, () => {
    const changes = volume.diff({ inputs, outputs: { ...outputs, ...seen } }, { ...inputs, ...now });
    const told = changes.map(({ path, replaces }) => (replaces ? `${path} replaces` : path));
    assert.deepEqual(told, expected);
  });
}
