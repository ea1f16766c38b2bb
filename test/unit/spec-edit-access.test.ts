/** Edits of volumes and of who may connect. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { loadSpec, setAccess, setVolumeSize } from "../../spec/index.ts";
import { type EditCase, testEdits } from "./spec-edit-fixture.ts";

const guarded = `instances: # all
  a:
    volume:   2   # GiB
    access:
      allow:   # who
        - 10.0.0.0/8   # the office
        - 192.0.2.7    # the shop
      admin: [ 192.0.2.1, 192.0.2.2 ]   # us
      public: false   # not yet
  b: { volume: { size: 1, type: ssd }, access: { admin: [192.0.2.3] } }
  c:
    volume:   # big
      # in GiB
      size: 4
# foot
`;

const edits: readonly EditCase[] = [
  {
    why: "a volume grows",
    edit: (text) => setVolumeSize(text, "a", 3),
    changed: ["volume:   2   #", "volume:   3   #"],
  },
  {
    why: "a volume with more to say grows, in braces",
    edit: (text) => setVolumeSize(text, "b", 3),
    changed: ["size: 1,", "size: 3,"],
  },
  {
    why: "a volume with more to say grows",
    edit: (text) => setVolumeSize(text, "c", 5),
    changed: ["size: 4", "size: 5"],
  },
  {
    why: "an instance becomes public",
    edit: (text) => setAccess(text, "a", { public: true }),
    changed: ["public: false   #", "public: true   #"],
  },
  {
    why: "a list grows and keeps what is said about its entries",
    edit: (text) => setAccess(text, "a", { allow: ["192.0.2.7", "10.0.0.0/8", "2001:db8::/32"] }),
    changed: ["# the shop\n", "# the shop\n        - 2001:db8::/32\n"],
  },
  {
    why: "an entry goes, with what is said about it",
    edit: (text) => setAccess(text, "a", { allow: ["192.0.2.7"] }),
    changed: ["        - 10.0.0.0/8   # the office\n", ""],
  },
  {
    why: "a flow list has other entries",
    edit: (text) => setAccess(text, "a", { admin: ["192.0.2.2", "192.0.2.9"] }),
    changed: ["[ 192.0.2.1, 192.0.2.2 ]", "[ 192.0.2.2, 192.0.2.9 ]"],
  },
  {
    why: "nobody is let in any more",
    edit: (text) => setAccess(text, "a", { admin: [] }),
    changed: ["[ 192.0.2.1, 192.0.2.2 ]", "[]"],
  },
  {
    why: "a list that was not there",
    edit: (text) => setAccess(text, "b", { public: true, allow: ["10.0.0.0/8"] }),
    changed: ["[192.0.2.3] }", "[192.0.2.3], public: true, allow: [ 10.0.0.0/8 ] }"],
  },
  {
    why: "the first word on who may connect",
    edit: (text) => setAccess(text, "c", { public: true, allow: ["10.0.0.0/8", "::/0"] }),
    changed: [
      "size: 4\n",
      "size: 4\n    access:\n      public: true\n      allow:\n        - 10.0.0.0/8\n        - ::/0\n",
    ],
  },
];

testEdits(edits, guarded);

test("an access patch of nothing changes nothing", () => {
  assert.equal(setAccess(guarded, "a", {}), guarded);
});

test("whoever is let in, the lists say so, the loader agrees, and no comment on what stays is lost", () => {
  const spec = readFileSync(new URL("../../stacks/openstack-demo.yaml", import.meta.url), "utf8");
  const pool = ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "172.24.4.1/32", "0.0.0.0/0", "198.51.100.0/24"];
  const allow = fc.uniqueArray(fc.constantFrom(...pool), { maxLength: 4 });
  const admin = fc.uniqueArray(fc.constantFrom(...pool.filter((network) => !network.endsWith("/0"))), {
    minLength: 1,
    maxLength: 3,
  });
  const patch = fc.record({ allow, admin, public: fc.boolean() }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(patch, { minLength: 1, maxLength: 3 }), fc.integer({ min: 2, max: 9 }), (patches, size) => {
      const all = Object.assign({}, ...patches) as (typeof patches)[number];
      fc.pre(!(all.public !== false && all.allow?.length === 0));
      const edited = patches.reduce((text, patch) => setAccess(text, "ledger", patch), spec);
      const after = setVolumeSize(edited, "ledger", size);
      const ledger = loadSpec(after, "f").instances[1];
      const sorted = (list: readonly string[] | undefined) => list && [...list].sort();
      assert.deepEqual(sorted(ledger?.access.allow), sorted(all.allow ?? ["172.24.4.0/24"]));
      assert.deepEqual(sorted(ledger?.access.admin), sorted(all.admin ?? ["172.24.4.1/32"]));
      assert.equal(ledger?.access.public, all.public ?? true);
      assert.equal(ledger?.volume.bytes, size * 2 ** 30);
      assert.deepEqual(loadSpec(after, "f").instances[0], loadSpec(spec, "f").instances[0]);
      const comments = spec.match(/# .*/g) ?? [];
      assert.ok(comments.length);
      for (const comment of comments) assert.ok(after.includes(comment), `${comment} in\n${after}`);
    }),
    { numRuns: 60 },
  );
});
