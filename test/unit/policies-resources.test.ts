/** Each policy on the resources of a Pulumi program, with both verdicts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../policies/settings.ts";
import { GiB, inResource } from "./policies-fixture.ts";

const container = "docker:index/container:Container";
const rule = "openstack:networking/secGroupRule:SecGroupRule";
const ingress = { direction: "ingress", ethertype: "IPv4", protocol: "tcp", portRangeMin: 3306, portRangeMax: 3306 };
const limits = { vcpus: 2, memoryBytes: 4 * GiB, volumeBytes: 10 * GiB };
const tagged = { tags: { required: ["owner"] } };

const resourceCases: readonly {
  why: string;
  type: string;
  properties: object;
  settings?: Partial<Settings>;
  breaks?: string;
}[] = [
  { why: "a rule for one network", type: rule, properties: { ...ingress, remoteIpPrefix: "10.0.0.0/8" } },
  { why: "a rule for another group", type: rule, properties: { ...ingress, remoteGroupId: "g" } },
  { why: "the way out", type: rule, properties: { direction: "egress", ethertype: "IPv4" } },
  {
    why: "another port",
    type: rule,
    properties: { ...ingress, portRangeMin: 443, portRangeMax: 443, remoteIpPrefix: "0.0.0.0/0" },
  },
  { why: "ping", type: rule, properties: { direction: "ingress", ethertype: "IPv4", protocol: "icmp" } },
  {
    why: "the whole internet",
    type: rule,
    properties: { ...ingress, remoteIpPrefix: "0.0.0.0/0" },
    breaks: "whole-internet",
  },
  { why: "no source at all is every source", type: rule, properties: ingress, breaks: "whole-internet" },
  {
    why: "a range with a database's port in it",
    type: rule,
    properties: { ...ingress, portRangeMin: 1024, portRangeMax: 65535, remoteIpPrefix: "::/0", ethertype: "IPv6" },
    breaks: "whole-internet",
  },
  { why: "published on this machine", type: container, properties: { ports: [{ internal: 5432, ip: "127.0.0.1" }] } },
  {
    why: "another service's port",
    type: container,
    properties: { image: "nginx", ports: [{ internal: 80, ip: "0.0.0.0" }] },
  },
  {
    why: "published everywhere",
    type: container,
    properties: { ports: [{ internal: 5432, ip: "0.0.0.0" }] },
    breaks: "public-allow-list",
  },
  {
    why: "no address is every address",
    type: container,
    properties: { ports: [{ internal: 5432 }] },
    breaks: "public-allow-list",
  },
  {
    why: "an image from anywhere",
    type: "docker:index/remoteImage:RemoteImage",
    properties: { name: "mariadb:latest" },
    breaks: "image-source",
  },
  { why: "harmless variables", type: container, properties: { envs: ["TZ=UTC"] } },
  {
    why: "a password in a variable",
    type: container,
    properties: { envs: ["MARIADB_PASSWORD=hunter2"] },
    breaks: "no-password",
  },
  {
    why: "a password in metadata",
    type: "openstack:compute/instance:Instance",
    properties: { metadata: { db_password: "hunter2" } },
    breaks: "no-password",
  },
  { why: "within the limits", type: "coffer:guest:Server", properties: limits, settings: { limits } },
  {
    why: "a flavor whose size only the cloud knew",
    type: "coffer:guest:Server",
    properties: { ...limits, vcpus: 3 },
    settings: { limits },
    breaks: "flavor-limit",
  },
  {
    why: "a volume of another program",
    type: "openstack:blockstorage/volume:Volume",
    properties: { size: 11 },
    settings: { limits },
    breaks: "volume-limit",
  },
  { why: "an active version", type: "coffer:index:Identity", properties: { datastore: "mariadb@10.11", active: true } },
  {
    why: "an inactive version",
    type: "coffer:index:Identity",
    properties: { datastore: "mariadb@10.11", active: false },
    breaks: "deprecated-version",
  },
  {
    why: "a port with its tags",
    type: "openstack:networking/port:Port",
    properties: { tags: ["owner=ada"] },
    settings: tagged,
  },
  {
    why: "a port without",
    type: "openstack:networking/port:Port",
    properties: {},
    settings: tagged,
    breaks: "required-tags",
  },
  { why: "nothing that anybody has a rule for", type: "random:index/randomPet:RandomPet", properties: { name: "x" } },
  { why: "values that a preview does not know yet", type: rule, properties: { direction: undefined } },
];

for (const { why, type, properties, settings, breaks } of resourceCases) {
  test(`resource: ${why}: ${breaks ?? "passes"}`, () => {
    assert.deepEqual([...new Set(inResource(type, properties, settings))], breaks === undefined ? [] : [breaks]);
  });
}
