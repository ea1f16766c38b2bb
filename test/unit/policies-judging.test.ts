/** Rules on facts that specs and resources rarely bring about, and what judging makes of findings. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fact } from "../../policies/fact.ts";
import { dayOf, judge } from "../../policies/judge.ts";
import { isWholeInternet } from "../../policies/rules/network.ts";
import type { Settings } from "../../policies/settings.ts";
import { placed, specFacts } from "../../policies/spec-facts.ts";
import { loadSpec } from "../../spec/index.ts";
import { dockerSpec, GiB, inSpec, judgement, openstackSpec } from "./policies-fixture.ts";

const networks: readonly { why: string; network: string; whole: boolean }[] = [
  { why: "as wide as one organisation has", network: "10.0.0.0/8", whole: false },
  { why: "wider", network: "10.0.0.0/7", whole: true },
  { why: "IPv6, as wide as one organisation has", network: "2001::/16", whole: false },
  { why: "IPv6, wider", network: "2001::/15", whole: true },
  { why: "IPv6's private range", network: "fd00::/8", whole: false },
  { why: "what has fd in the middle is not private", network: "20fd::/3", whole: true },
  { why: "an address without a prefix is one address", network: "10.0.0.1", whole: false },
  { why: "no address", network: "x/0", whole: false },
];
for (const { why, network, whole } of networks)
  test(`the whole internet: ${why}`, () => assert.equal(isWholeInternet(network), whole));

const limits = { vcpus: 2, memoryBytes: 4 * GiB, volumeBytes: 10 * GiB };
const at = {};
const facts: readonly { why: string; fact: Fact; settings?: Partial<Settings>; says?: string }[] = [
  { why: "nothing is known of a machine", fact: { kind: "flavor", at }, settings: { limits } },
  {
    why: "a name is not known, and only names are limited",
    fact: { kind: "flavor", at, vcpus: 9 },
    settings: { limits: { flavors: ["a"] } },
  },
  {
    why: "CPUs are known, and only memory is limited",
    fact: { kind: "flavor", at, vcpus: 9 },
    settings: { limits: { memoryBytes: 1 } },
  },
  {
    why: "memory is known, and only CPUs are limited",
    fact: { kind: "flavor", at, memoryBytes: 9 * GiB },
    settings: { limits: { vcpus: 1 } },
  },
  {
    why: "too much memory",
    fact: { kind: "flavor", at, memoryBytes: 5 * GiB },
    settings: { limits },
    says: "this machine has 5 GiB of memory",
  },
  { why: "volumes have no limit", fact: { kind: "volume", at, bytes: 99 * GiB } },
  {
    why: "an address that nobody may use",
    fact: { kind: "exposure", at, by: "floating-ip", allow: [] },
    says: "the database gets a public address and no network is allowed to use it",
  },
  {
    why: "published under a name: nobody knows where",
    fact: { kind: "exposure", at, by: "published", address: "host" },
    says: "the database's port is published on host, where Docker filters nothing by source",
  },
  {
    why: "published on a private address of IPv6",
    fact: { kind: "exposure", at, by: "published", address: "fe80::1" },
  },
  {
    why: "an image by its id",
    fact: { kind: "image", at, choice: { by: "id", id: "i1", stock: false } },
    says: 'the image by id "i1" comes from no recipe of Coffer',
  },
  {
    why: "one of two tags is allowed",
    fact: { kind: "image", at, choice: { by: "tags", tags: ["a", "b"], stock: false } },
    settings: { images: { allow: ["a"] } },
    says: 'the image by tags "a, b" comes from no recipe of Coffer',
  },
  {
    why: "both tags are allowed",
    fact: { kind: "image", at, choice: { by: "tags", tags: ["a", "b"], stock: false } },
    settings: { images: { allow: ["a", "b"] } },
  },
  {
    why: "a tag with its value behind a colon",
    fact: { kind: "tags", at, tags: ["owner:ada"] },
    settings: { tags: { required: ["owner"] } },
  },
  {
    why: "a tag that ends like it",
    fact: { kind: "tags", at, tags: ["co-owner:"] },
    settings: { tags: { required: ["owner"] } },
    says: "required tags are missing: owner",
  },
];
for (const { why, fact, settings = {}, says } of facts)
  test(`a rule: ${why}`, () => {
    const found = judge([fact], judgement(settings)).map(({ message }) => message);
    assert.deepEqual(found, says === undefined ? [] : [says]);
  });

test("findings come in the order of the file, with what was received and what is allowed", () => {
  const text = openstackSpec("{ public: true, allow: [0.0.0.0/0, 128.0.0.0/1] } # AKIAIOSFODNN7EXAMPLE").replace(
    "target:",
    "# AKIAIOSFODNN7EXAMPLF\ntarget:",
  );
  const found = inSpec(text);
  assert.deepEqual(
    found.map(({ rule, problem }) => [rule, problem.line, problem.column]),
    [
      ["no-password", 2, 1],
      ["no-password", 16, 5],
      ["whole-internet", 16, 37],
      ["whole-internet", 16, 48],
    ],
  );
  const source = { bytes: text, file: "f", spec: loadSpec(text, "f") };
  const violation = found.find(({ rule }) => rule === "whole-internet");
  assert.ok(violation);
  const [one] = placed(source, [{ ...violation, received: "r", allowed: "a" }]);
  assert.deepEqual([one?.problem.received, one?.problem.allowed], ["r", "a"]);
});

test("a spec's facts: only versions that an instance is on, and who may use a public address", () => {
  const text = openstackSpec("{ public: true, allow: [10.0.0.0/8] }")
    .replace('{ "10.11": {} }', '{ "10.11": { active: false }, "11.8": { image: other } }, default: "11.8"')
    .replace("datastore: mariadb", "datastore: mariadb@10.11");
  const found = specFacts({ bytes: text, file: "f", spec: loadSpec(text, "f") });
  const of = (kind: Fact["kind"]) => found.filter((fact) => fact.kind === kind);
  const path = ["datastores", "mariadb", "versions", "10.11", "image"];
  assert.deepEqual(of("image"), [{ kind: "image", at: { path }, choice: "recipe" }]);
  const orders = { instance: "orders", path: ["instances", "orders", "datastore"] };
  assert.deepEqual(of("version"), [{ kind: "version", at: orders, datastore: "mariadb@10.11", active: false }]);
  assert.deepEqual(of("exposure"), [
    {
      kind: "exposure",
      at: { instance: "orders", path: ["instances", "orders", "access", "public"] },
      by: "floating-ip",
      allow: ["10.0.0.0/8"],
    },
  ]);
  assert.deepEqual(
    of("opening").map((fact) => fact.kind === "opening" && fact.port),
    [3306],
    "the port of its own engine",
  );
  const closed = openstackSpec("{ allow: [10.0.0.0/8] }");
  const kinds = specFacts({ bytes: closed, file: "f", spec: loadSpec(closed, "f") }).map(({ kind }) => kind);
  assert.ok(!kinds.includes("exposure"), "no public address");
  const docker = dockerSpec({});
  const tagged = specFacts({ bytes: docker, file: "f", spec: loadSpec(docker, "f") }).map(({ kind }) => kind);
  assert.ok(!tagged.includes("tags"), "Docker has none");
});

test("a spec's facts of several instances and datastores: each version's own image, each engine's own port", () => {
  const text = `coffer: 1
target: { openstack: { network: private, access: { admin: [192.0.2.1], allow: [10.0.0.0/8] } } }
datastores:
  mariadb: { versions: { "10.11": { image: a } } }
  unused: { engine: mariadb, versions: { "10.11": { image: b } } }
  postgresql: { versions: { "15": { image: c } } }
instances:
  orders: { datastore: mariadb, flavor: small, volume: 2 }
  ledger: { datastore: postgresql, flavor: small, volume: 2 }
`;
  const found = specFacts({ bytes: text, file: "f", spec: loadSpec(text, "f") });
  const images = found.flatMap((fact) => (fact.kind === "image" && fact.choice !== "recipe" ? [fact.choice] : []));
  assert.deepEqual(images, [
    { by: "name", name: "a", stock: false },
    { by: "name", name: "c", stock: false },
  ]);
  const ports = found.flatMap((fact) => (fact.kind === "opening" ? [[fact.at.instance, fact.port]] : []));
  assert.deepEqual(ports, [
    ["orders", 3306],
    ["ledger", 5432],
  ]);
});

test("a day is UTC's", () => assert.equal(dayOf(new Date("2026-12-31T23:59:59Z")), "2026-12-31"));
