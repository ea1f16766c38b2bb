/** Each policy with both verdicts on a spec, and what is known of the policies as a whole. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { describe, test } from "node:test";
import { concerns } from "../../operations/refusals.ts";
import { judge } from "../../policies/judge.ts";
import { judgeSpec } from "../../policies/policies.ts";
import { rules } from "../../policies/rules/index.ts";
import type { Settings } from "../../policies/settings.ts";
import { loadSpec } from "../../spec/index.ts";
import { version } from "../../version.ts";
import { dockerSpec, GiB, inSpec, judgement, openstackSpec } from "./policies-fixture.ts";

const root = resolve(import.meta.dirname, "../..");

interface SpecCase {
  why: string;
  spec: string;
  settings?: Partial<Settings>;
  /** `PATH message`; absent: the spec passes. */
  says?: RegExp;
}

const specCases: Readonly<Record<string, readonly SpecCase[]>> = {
  "whole-internet": [
    { why: "a private network", spec: openstackSpec("{ allow: [10.0.0.0/8] }") },
    { why: "a single address", spec: openstackSpec("{ allow: [203.0.113.9] }") },
    { why: "IPv6's private range is wide, and private", spec: openstackSpec('{ allow: ["fc00::/7"] }') },
    {
      why: "all of IPv4",
      spec: openstackSpec("{ allow: [10.0.0.0/8, 0.0.0.0/0] }"),
      says: /^instances\.orders\.access\.allow\[1\] 0\.0\.0\.0\/0 may connect to the database's port 3306/,
    },
    {
      why: "all of IPv6",
      spec: openstackSpec('{ allow: ["::/0"] }'),
      says: /^instances\.orders\.access\.allow\[0\] ::\/0/,
    },
    {
      why: "half of the internet, as its other half's evasion",
      spec: openstackSpec("{ allow: [128.0.0.0/1] }"),
      says: /128\.0\.0\.0\/1/,
    },
    { why: "all global IPv6 addresses", spec: openstackSpec('{ allow: ["2000::/3"] }'), says: /2000::\/3/ },
    {
      why: "said once for the whole target",
      spec: openstackSpec("{}").replace("admin: [192.0.2.1]", "admin: [192.0.2.1], allow: [0.0.0.0/0]"),
      says: /^target\.openstack\.access\.allow\[0\] 0\.0\.0\.0\/0/,
    },
  ],
  "public-allow-list": [
    { why: "public with a list", spec: openstackSpec("{ public: true, allow: [198.51.100.0/24] }") },
    { why: "not public", spec: openstackSpec("{ allow: [] }") },
    { why: "public on Docker means this machine", spec: dockerSpec({ more: "    access: { public: true }\n" }) },
    { why: "a private address of this host", spec: dockerSpec({ bind: "192.168.7.1" }) },
    {
      why: "Docker filters nothing on a public address",
      spec: dockerSpec({ bind: "127.0.0.1, 203.0.113.7" }),
      says: /^target\.docker\.bind\[1\] the database's port is published on 203\.0\.113\.7/,
    },
  ],
  "no-password": [
    {
      why: "where a password comes from is no password",
      spec: dockerSpec({ more: "    users: [ { name: app, password: { env: SHOP_PASSWORD } } ]\n" }),
    },
    { why: "a sentence about passwords", spec: dockerSpec({ comment: "# the password: see the vault" }) },
    {
      why: "parameters that only sound like one",
      spec: dockerSpec({ more: "    parameters: { long_query_time: 2 } # password_encryption: scram\n" }),
    },
    {
      why: "in a comment",
      spec: dockerSpec({ comment: "# root password: hunter2hunter" }),
      says: /^ this looks like a password/,
    },
    {
      why: "in an address",
      spec: dockerSpec({ comment: "# mysql://app:hunter2@db/shop" }),
      says: /^ this looks like an address with a password/,
    },
    {
      why: "a private key",
      spec: dockerSpec({ comment: "# -----BEGIN OPENSSH PRIVATE KEY-----" }),
      says: /a private key/,
    },
    { why: "an access key", spec: dockerSpec({ comment: "# AKIAIOSFODNN7EXAMPLE" }), says: /an access key/ },
  ],
  "required-tags": [
    { why: "nothing is required", spec: openstackSpec("{}") },
    {
      why: "all are there, one with a value",
      spec: openstackSpec("{}", "tags: [prod, owner=ada]"),
      settings: { tags: { required: ["prod", "owner"] } },
    },
    { why: "Docker has no tags", spec: dockerSpec({}), settings: { tags: { required: ["owner"] } } },
    {
      why: "one is missing; another that begins alike is not it",
      spec: openstackSpec("{}", "tags: [prod, ownership]"),
      settings: { tags: { required: ["prod", "owner"] } },
      says: /^target\.openstack\.tags required tags are missing: owner$/,
    },
    {
      why: "no tags at all",
      spec: openstackSpec("{}"),
      settings: { tags: { required: ["owner"] } },
      says: /missing: owner/,
    },
  ],
  "flavor-limit": [
    { why: "no limits", spec: dockerSpec({}) },
    {
      why: "exactly at the limit",
      spec: dockerSpec({}),
      settings: { limits: { vcpus: 2, memoryBytes: 4 * GiB, flavors: ["small"] } },
    },
    { why: "sizes of the cloud are not known here", spec: openstackSpec("{}"), settings: { limits: { vcpus: 1 } } },
    {
      why: "too many CPUs",
      spec: dockerSpec({}),
      settings: { limits: { vcpus: 1.5 } },
      says: /^instances\.orders\.flavor flavor "small" has 2 CPUs/,
    },
    {
      why: "too much memory",
      spec: dockerSpec({}),
      settings: { limits: { memoryBytes: 2 * GiB } },
      says: /has 4 GiB of memory/,
    },
    {
      why: "a name that is not allowed",
      spec: openstackSpec("{}"),
      settings: { limits: { flavors: ["m1.tiny"] } },
      says: /flavor "m1\.small" is not one of those/,
    },
  ],
  "volume-limit": [
    { why: "no limit", spec: dockerSpec({ volume: "2000" }) },
    {
      why: "exactly at the limit",
      spec: dockerSpec({ volume: "10" }),
      settings: { limits: { volumeBytes: 10 * GiB } },
    },
    {
      why: "above it",
      spec: dockerSpec({ volume: "11" }),
      settings: { limits: { volumeBytes: 10 * GiB } },
      says: /^instances\.orders\.volume the data volume has 11 GiB/,
    },
    {
      why: "above it, in the long form",
      spec: dockerSpec({ volume: "{ size: 11 }" }),
      settings: { limits: { volumeBytes: 10 * GiB } },
      says: /^instances\.orders\.volume\.size /,
    },
  ],
  "deprecated-version": [
    { why: "an active version", spec: dockerSpec({}) },
    {
      why: "an inactive one",
      spec: dockerSpec({ version: "{ active: false }" }),
      says: /^instances\.orders\.datastore mariadb@10\.11 is deprecated/,
    },
  ],
  "image-source": [
    { why: "from a recipe", spec: dockerSpec({}) },
    {
      why: "on the allow list",
      spec: dockerSpec({ version: "{ image: registry.example/db/mariadb:1 }" }),
      settings: { images: { allow: ["registry.example/db/*"] } },
    },
    {
      why: "from anywhere",
      spec: dockerSpec({ version: "{ image: mariadb:latest }" }),
      says: /^datastores\.mariadb\.versions\["10\.11"\]\.image the image "mariadb:latest" comes from no recipe/,
    },
    {
      why: "a pattern's dot is a dot",
      spec: dockerSpec({ version: "{ image: registryXexample/mariadb }" }),
      settings: { images: { allow: ["registry.example/*"] } },
      says: /registryXexample/,
    },
  ],
};

for (const rule of rules) {
  describe(`${rule.id} on a spec`, () => {
    const cases = specCases[rule.id] ?? [];
    test("both verdicts are tested", () => {
      assert.deepEqual([...new Set(cases.map(({ says }) => says !== undefined))].sort(), [false, true]);
    });
    for (const { why, spec, settings, says } of cases) {
      test(`${why}: ${says ? "violates" : "passes"}`, () => {
        const found = inSpec(spec, settings).filter((violation) => violation.rule === rule.id);
        assert.equal(found.length, says ? 1 : 0, JSON.stringify(found));
        if (!says) return;
        const [{ problem, severity, page } = assert.fail()] = found;
        assert.match(`${problem.path} ${problem.message}`, says);
        assert.deepEqual([problem.code, severity, page], [rule.id, rule.severity, `docs/policies.md#${rule.id}`]);
        assert.ok(problem.line > 1 || rule.id === "no-password", "it has a place");
      });
    }
  });
}

test("a public address without a list is a violation, wherever it comes from: the loader refuses it already", () => {
  const said = (allow: readonly string[]) =>
    judge([{ kind: "exposure", at: { instance: "orders" }, by: "floating-ip", allow }], judgement({})).map(
      ({ rule }) => rule,
    );
  assert.deepEqual([said([]), said(["10.0.0.0/8"])], [["public-allow-list"], []]);
  assert.throws(() => inSpec(openstackSpec("{ public: true }")), /access\.allow is empty/);
});

test("a password that was found is shown nowhere", () => {
  const [violation] = inSpec(dockerSpec({ comment: "# password: hunter2hunter" }));
  assert.equal(violation?.rule, "no-password");
  assert.doesNotMatch(JSON.stringify(violation), /hunter2/);
  assert.deepEqual([violation?.problem.line, violation?.problem.column], [2, 1]);
});

test("the specs that come with Coffer break nothing", () => {
  const files = globSync("stacks/*.yaml", { cwd: root });
  assert.ok(files.length > 1, files.join());
  for (const file of files) {
    const bytes = readFileSync(join(root, file));
    const source = { bytes, file, spec: loadSpec(bytes, file) };
    assert.deepEqual(
      judgeSpec(source, judgement({})).map(({ problem }) => problem),
      [],
      basename(file),
    );
  }
});

for (const [why, refused, only, stops] of [
  ["its own", "orders", "orders", true],
  ["another's", "ledger", "orders", false],
  ["the stack's", undefined, "orders", true],
  ["anybody's, when everything is applied", "ledger", undefined, true],
] as const) {
  test(`a change of one instance and a violation of ${why}: ${stops ? "refused" : "goes on"}`, () => {
    const refusal = { message: "m", remedy: "r", ...(refused === undefined ? {} : { instance: refused }) };
    assert.equal(concerns(refusal, only && [only]), stops);
  });
}

test("the pack has Coffer's version", () => {
  const { version: packs } = JSON.parse(readFileSync(join(root, "policies/package.json"), "utf8")) as {
    version: string;
  };
  assert.equal(packs, version);
});

test("each rule has a section on the page that it names", () => {
  const page = readFileSync(join(root, "docs/policies.md"), "utf8");
  const sections = [...page.matchAll(/^### (\S+)$/gm)].map(([, id]) => id);
  assert.deepEqual(
    sections,
    rules.map(({ id }) => id),
  );
  for (const { id, severity } of rules) assert.match(page, new RegExp(`^### ${id}\\n\\n\\*\\*${severity}\\*\\*`, "m"));
});
