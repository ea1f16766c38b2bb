/** Which facts policies see of a resource: all that is known, and nothing that a preview does not know yet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imageName, recipes } from "../../images/index.ts";
import type { Fact } from "../../policies/fact.ts";
import { resourceFacts } from "../../policies/resource-facts.ts";
import { GiB } from "./policies-fixture.ts";

const at = { instance: "orders" };
const group = "openstack:networking/secGroupRule:SecGroupRule";
const container = "docker:index/container:Container";
const database = "coffer:guest:Server";
const ingress = { direction: "ingress", ethertype: "IPv4", protocol: "tcp", portRangeMin: 3306, portRangeMax: 3306 };
const everywhere = [{ internal: 3306, ip: "0.0.0.0" }];
const opening = (network: string, ...ports: number[]): Fact[] =>
  ports.map((port) => ({ kind: "opening", at, network, port }));
const published = (address: string): Fact => ({ kind: "exposure", at, by: "published", address });
const recipe = recipes[0];
assert.ok(recipe);

const cases: readonly { why: string; type: string; properties: object; facts: readonly Fact[] }[] = [
  {
    why: "a network",
    type: group,
    properties: { ...ingress, remoteIpPrefix: "10.0.0.0/8" },
    facts: opening("10.0.0.0/8", 3306),
  },
  {
    why: "one address",
    type: group,
    properties: { ...ingress, remoteIpPrefix: "192.0.2.1" },
    facts: opening("192.0.2.1/32", 3306),
  },
  {
    why: "one address of IPv6",
    type: group,
    properties: { ...ingress, remoteIpPrefix: "2001:db8::1" },
    facts: opening("2001:db8::1/128", 3306),
  },
  { why: "no source is every source", type: group, properties: ingress, facts: opening("0.0.0.0/0", 3306) },
  {
    why: "so is an empty one",
    type: group,
    properties: { ...ingress, remoteIpPrefix: "" },
    facts: opening("0.0.0.0/0", 3306),
  },
  {
    why: "and of IPv6 all of that",
    type: group,
    properties: { ...ingress, ethertype: "IPv6" },
    facts: opening("::/0", 3306),
  },
  {
    why: "no ports are all ports",
    type: group,
    properties: { direction: "ingress" },
    facts: opening("0.0.0.0/0", 3306, 5432),
  },
  {
    why: "port 0 is all ports, as Neutron has it",
    type: group,
    properties: { ...ingress, portRangeMin: 0, portRangeMax: 0 },
    facts: opening("0.0.0.0/0", 3306, 5432),
  },
  {
    why: "a range that ends before the second",
    type: group,
    properties: { ...ingress, portRangeMin: 1, portRangeMax: 5431 },
    facts: opening("0.0.0.0/0", 3306),
  },
  {
    why: "a range that begins behind the first",
    type: group,
    properties: { ...ingress, portRangeMin: 3307, portRangeMax: 5432 },
    facts: opening("0.0.0.0/0", 5432),
  },
  {
    why: "any protocol is TCP, too",
    type: group,
    properties: { ...ingress, protocol: "any" },
    facts: opening("0.0.0.0/0", 3306),
  },
  {
    why: "no protocol as well",
    type: group,
    properties: { ...ingress, protocol: undefined },
    facts: opening("0.0.0.0/0", 3306),
  },
  { why: "UDP opens no database", type: group, properties: { ...ingress, protocol: "udp" }, facts: [] },
  {
    why: "members of another group are no network",
    type: group,
    properties: { ...ingress, remoteGroupId: "g" },
    facts: [],
  },
  { why: "the way out", type: group, properties: { ...ingress, direction: "egress" }, facts: [] },
  {
    why: "a container with a database and a port beside it",
    type: container,
    properties: {
      image: "x",
      memory: 512,
      ports: [...everywhere, undefined, { internal: 80, ip: "0.0.0.0" }].filter(Boolean),
      envs: ["A=b"],
      labels: [{ label: "l", value: "v" }],
    },
    facts: [
      { kind: "flavor", at, memoryBytes: 512 * 2 ** 20 },
      published("0.0.0.0"),
      { kind: "image", at, choice: { by: "name", name: "x", stock: false } },
      { kind: "text", at, value: "A=b" },
      { kind: "text", at, value: "label=l" },
      { kind: "text", at, value: "value=v" },
    ],
  },
  {
    why: "a port without an address is published everywhere",
    type: container,
    properties: { ports: [{ internal: 3306, ip: "" }] },
    facts: [published("0.0.0.0")],
  },
  {
    why: "one that is published on this host",
    type: container,
    properties: { ports: [{ internal: 3306, ip: "127.0.0.1" }] },
    facts: [published("127.0.0.1")],
  },
  {
    why: "a port that is not known yet is none",
    type: container,
    properties: { ports: [undefined, { internal: "3306" }] },
    facts: [],
  },
  {
    why: "Coffer's own image",
    type: "docker:index/remoteImage:RemoteImage",
    properties: { name: imageName(recipe) },
    facts: [{ kind: "image", at, choice: "recipe" }],
  },
  { why: "an image without a name", type: "docker:index/remoteImage:RemoteImage", properties: { name: "" }, facts: [] },
  {
    why: "a database server",
    type: database,
    properties: { vcpus: 2, memoryBytes: GiB, volumeBytes: 2 * GiB, parameters: { a: "1", b: [{ c: "2" }, 3, null] } },
    facts: [
      { kind: "flavor", at, vcpus: 2, memoryBytes: GiB },
      { kind: "volume", at, bytes: 2 * GiB },
      { kind: "text", at, value: "a=1" },
      { kind: "text", at, value: "c=2" },
    ],
  },
  {
    why: "a database server of unknown sizes",
    type: database,
    properties: { vcpus: "?" },
    facts: [{ kind: "flavor", at }],
  },
  { why: "a volume of unknown size", type: "openstack:blockstorage/volume:Volume", properties: {}, facts: [] },
  {
    why: "a volume",
    type: "openstack:blockstorage/volume:Volume",
    properties: { size: 3, description: "d" },
    facts: [
      { kind: "volume", at, bytes: 3 * GiB },
      { kind: "text", at, value: "d" },
    ],
  },
  {
    why: "tags, as far as they are known",
    type: "openstack:networking/port:Port",
    properties: { tags: ["a", 1] },
    facts: [{ kind: "tags", at, tags: ["a"] }],
  },
  {
    why: "tags that are not known are none",
    type: "openstack:networking/port:Port",
    properties: {},
    facts: [{ kind: "tags", at, tags: [] }],
  },
  {
    why: "a version",
    type: "coffer:index:Identity",
    properties: { datastore: "d@1", active: true },
    facts: [{ kind: "version", at, datastore: "d@1", active: true }],
  },
  {
    why: "a version of which nobody knows whether it is active",
    type: "coffer:index:Identity",
    properties: { datastore: "d@1" },
    facts: [],
  },
  { why: "an active one without a name", type: "coffer:index:Identity", properties: { active: true }, facts: [] },
  { why: "something else", type: "random:index/randomPet:RandomPet", properties: {}, facts: [] },
];
for (const { why, type, properties, facts } of cases)
  test(`facts of a resource: ${why}`, () => assert.deepEqual(resourceFacts(type, { ...properties }, "orders"), facts));

test("a resource of no instance has facts of the stack", () => {
  const facts = resourceFacts("openstack:networking/port:Port", { tags: [] }, undefined);
  assert.deepEqual(facts, [{ kind: "tags", at: {}, tags: [] }]);
});
