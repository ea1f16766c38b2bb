/** What the resources around a machine (volume, size, host key) refuse and call a difference, before anything is touched. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Kind } from "../../provider/kind.ts";
import { hostKey } from "../../provider/resources/host-key.ts";
import { loginKey } from "../../provider/resources/key-pair.ts";
import { ownHostKey } from "../../provider/resources/own-host-key.ts";
import { size } from "../../provider/resources/size.ts";
import { software } from "../../provider/resources/software.ts";
import { volume } from "../../provider/resources/volume.ts";
import { UNKNOWN, type Values } from "../../provider/values.ts";

const GiB = 2 ** 30;
const guest = { target: "openstack", name: "a", uuid: "u", server: "s" };
const place = { server: "s", machineId: "s/1", attachment: "s/v", volume: "v" };
const volumeInputs = { guest, ...place, bytes: 2 * GiB };
const mounted = { mounted: true, uuid: "f", bytes: 2 * GiB, deviceBytes: 2 * GiB };
const volumeOutputs = { ...volumeInputs, observed: mounted, size: 2 * GiB, reachable: true };
const database = { engine: "mariadb", uuid: "u", version: "10.11", memoryBytes: 2 ** 29, vcpus: 1 };
const sizeInputs = { guest, server: "s", flavor: "f1", flavorName: "small", database };
const sizeOutputs = { ...sizeInputs, actual: "f1", unconfirmed: false, reachable: true };
const softwareInputs = { guest, machineId: "s/1", engine: "mariadb", version: "10.11" };
const softwareOutputs = { ...softwareInputs, recipe: "0123456789ab" };
const ownKeyInputs = { guest, hostKey: "ssh-ed25519 BBBB", bootKey: "ssh-ed25519 AAAA" };
const keyInputs = { target: "openstack", name: "a", server: "s", image: "i" };

const checks: { why: string; kind: Kind; inputs: Values; old?: Values; expected?: RegExp }[] = [
  { why: "a new volume may have any size", kind: volume, inputs: volumeInputs },
  { why: "a volume may grow", kind: volume, inputs: { ...volumeInputs, bytes: 3 * GiB }, old: volumeInputs },
  {
    why: "no block device can shrink under a file system",
    kind: volume,
    inputs: { ...volumeInputs, bytes: GiB },
    old: volumeInputs,
    expected: /has 2 GiB, 1 GiB are wanted; go back to 2/,
  },
];

describe("check", () => {
  for (const { why, kind, inputs, old, expected } of checks) {
    test(`${kind.token}: ${why}`, () => {
      const failures = kind.check(inputs, old);
      if (expected) assert.match(failures.map(({ reason }) => reason).join("\n"), expected);
      else assert.deepEqual(failures, []);
    });
  }
});

const diffs: { why: string; kind: Kind; old: Values; outputs: Values; inputs: Values; expected: string[] }[] = [
  {
    why: "nothing changed",
    kind: volume,
    old: volumeInputs,
    outputs: volumeOutputs,
    inputs: volumeInputs,
    expected: [],
  },
  {
    why: "how the guest is reached is no difference",
    kind: volume,
    old: volumeInputs,
    outputs: volumeOutputs,
    inputs: { ...volumeInputs, guest: { ...guest, server: "other" } },
    expected: [],
  },
  {
    why: "grown in the spec",
    kind: volume,
    old: volumeInputs,
    outputs: volumeOutputs,
    inputs: { ...volumeInputs, bytes: 3 * GiB },
    expected: ["bytes"],
  },
  {
    why: "unmounted by hand",
    kind: volume,
    old: volumeInputs,
    outputs: { ...volumeOutputs, observed: { mounted: false } },
    inputs: volumeInputs,
    expected: ["observed.mounted"],
  },
  {
    why: "Cinder took the wish to grow and dropped it",
    kind: volume,
    old: { ...volumeInputs, bytes: 3 * GiB },
    outputs: volumeOutputs,
    inputs: { ...volumeInputs, bytes: 3 * GiB },
    expected: ["observed.bytes"],
  },
  {
    why: "a volume that was grown by hand beyond the spec stays as it is",
    kind: volume,
    old: volumeInputs,
    outputs: { ...volumeOutputs, size: 9 * GiB, observed: { ...mounted, bytes: 9 * GiB, deviceBytes: 9 * GiB } },
    inputs: volumeInputs,
    expected: [],
  },
  {
    why: "nothing is known of a guest that did not answer",
    kind: volume,
    old: volumeInputs,
    outputs: { ...volumeOutputs, reachable: false },
    inputs: volumeInputs,
    expected: ["reachable"],
  },
  {
    why: "a rebuilt server mounts it again, and nothing is replaced",
    kind: volume,
    old: volumeInputs,
    outputs: volumeOutputs,
    inputs: { ...volumeInputs, machineId: "s/2" },
    expected: ["machineId"],
  },
  {
    why: "in another server: unmounted in the old one first",
    kind: volume,
    old: volumeInputs,
    outputs: volumeOutputs,
    inputs: { ...volumeInputs, server: "s2" },
    expected: ["server replaces"],
  },
  {
    why: "its server is about to be replaced: only a replacement is unmounted first",
    kind: volume,
    old: volumeInputs,
    outputs: volumeOutputs,
    inputs: { ...volumeInputs, server: UNKNOWN },
    expected: ["server replaces"],
  },
  { why: "nothing changed", kind: size, old: sizeInputs, outputs: sizeOutputs, inputs: sizeInputs, expected: [] },
  {
    why: "another flavor in the spec",
    kind: size,
    old: sizeInputs,
    outputs: sizeOutputs,
    inputs: { ...sizeInputs, flavor: "f2" },
    expected: ["flavor"],
  },
  {
    why: "parameters alone do not resize anything",
    kind: size,
    old: sizeInputs,
    outputs: sizeOutputs,
    inputs: { ...sizeInputs, database: { ...database, parameters: { max_connections: 9 } } },
    expected: [],
  },
  {
    why: "an interrupted resize waits for its confirmation",
    kind: size,
    old: sizeInputs,
    outputs: { ...sizeOutputs, unconfirmed: true },
    inputs: sizeInputs,
    expected: ["actual"],
  },
  {
    why: "resized by hand",
    kind: size,
    old: sizeInputs,
    outputs: { ...sizeOutputs, actual: "f9" },
    inputs: sizeInputs,
    expected: ["actual"],
  },
  {
    why: "a recipe that changed since is no difference: only a new system disk takes it",
    kind: software,
    old: softwareInputs,
    outputs: softwareOutputs,
    inputs: softwareInputs,
    expected: [],
  },
  {
    why: "an installation that was interrupted goes on",
    kind: software,
    old: softwareInputs,
    outputs: { ...softwareOutputs, recipe: "" },
    inputs: softwareInputs,
    expected: ["recipe"],
  },
  {
    why: "a new system disk has nothing on it; the machine is not replaced for that",
    kind: software,
    old: softwareInputs,
    outputs: softwareOutputs,
    inputs: { ...softwareInputs, machineId: "s/2" },
    expected: ["machineId"],
  },
  { why: "the same server", kind: hostKey, old: keyInputs, outputs: keyInputs, inputs: keyInputs, expected: [] },
  {
    why: "another image means another root disk, and so another key",
    kind: hostKey,
    old: keyInputs,
    outputs: keyInputs,
    inputs: { ...keyInputs, image: "i2" },
    expected: ["image"],
  },
  {
    why: "how it was learnt does not matter any more",
    kind: hostKey,
    old: { ...keyInputs, way: "console" },
    outputs: keyInputs,
    inputs: { ...keyInputs, way: "user-data", bootKey: "ssh-ed25519 AAAA" },
    expected: [],
  },
  {
    why: "the key that the guest has is the one of its own",
    kind: ownHostKey,
    old: ownKeyInputs,
    outputs: { ...ownKeyInputs, turned: true },
    inputs: ownKeyInputs,
    expected: [],
  },
  {
    why: "an interrupted run may have left the given one",
    kind: ownHostKey,
    old: ownKeyInputs,
    outputs: { ...ownKeyInputs, turned: false },
    inputs: ownKeyInputs,
    expected: ["turned"],
  },
  {
    why: "a new system disk has the given one again",
    kind: ownHostKey,
    old: ownKeyInputs,
    outputs: { ...ownKeyInputs, turned: true },
    inputs: { ...ownKeyInputs, hostKey: UNKNOWN },
    expected: ["hostKey"],
  },
  {
    why: "a stack keeps its key, whatever it is called now",
    kind: loginKey,
    old: { comment: "a" },
    outputs: { comment: "a" },
    inputs: { comment: "b" },
    expected: [],
  },
];

describe("diff", () => {
  for (const { why, kind, old, outputs, inputs, expected } of diffs) {
    test(`${kind.token}: ${why}`, () => {
      const changes = kind.diff({ inputs: old, outputs }, inputs);
      assert.deepEqual(
        changes.map(({ path, replaces }) => `${path}${replaces ? " replaces" : ""}`),
        expected,
      );
    });
  }
});

test("a login key is made once, as OpenSSH writes it, and its private half is marked secret", async () => {
  const context = { urn: "u", note: () => {}, noteOnInstance: () => {}, signal: new AbortController().signal };
  const { outputs } = await loginKey.create(context, { comment: "coffer-x" });
  assert.match(String(outputs.publicKey), /^ssh-ed25519 AAAA\S+ coffer-x$/);
  assert.match(String(outputs.privateKey), /^-----BEGIN OPENSSH PRIVATE KEY-----/);
  assert.deepEqual(loginKey.secrets, ["privateKey"]);
});

const words: { why: string; was?: string; is: string; expected?: RegExp }[] = [
  { why: "the same way", was: "user-data", is: "user-data" },
  { why: "a record from before there were two", is: "console" },
  { why: "its user-data has no key to give", was: "console", is: "user-data", expected: /made with hostKey: console/ },
  {
    why: "its console tells the key of its user-data",
    was: "user-data",
    is: "console",
    expected: /write hostKey: user-data/,
  },
];

describe("a rebuild learns the host key in the way that the server was made for, or is refused in the preview", () => {
  for (const { why, was, is, expected } of words) {
    test(why, async () => {
      const context = { urn: "u", note: () => {}, noteOnInstance: () => {}, signal: new AbortController().signal };
      const old = { inputs: keyInputs, outputs: { ...keyInputs, ...(was === undefined ? {} : { way: was }) } };
      const preview = hostKey.previewUpdate(context, old, { ...keyInputs, way: is, rebuilt: "1" });
      if (expected) await assert.rejects(preview, expected);
      else assert.equal((await preview).hostKey, UNKNOWN);
    });
  }
});
