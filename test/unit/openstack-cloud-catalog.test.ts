import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloudService } from "../../access/openstack/cloud.ts";
import { chooseEndpoint, chooseRegion, discovered, versioned } from "../../access/openstack/cloud-catalog.ts";
import { negotiated, supportedRange } from "../../access/openstack/cloud-microversion.ts";
import { nextPage } from "../../access/openstack/cloud-pages.ts";

const endpoint = (type: string, url: string, region = "R", visible = "public") => ({
  type,
  endpoints: [{ interface: visible, region_id: region, region, url }],
});
const choice = { cloud: "c", region: "R", interface: "public" } as const;

test("a service is found under its old names, the official one first", () => {
  const catalog = [endpoint("volumev3", "http://old/v3/p"), endpoint("block-storage", "http://new/v3/p")];
  assert.equal(chooseEndpoint(catalog, "volume", choice), "http://new/v3/p");
  assert.equal(chooseEndpoint(catalog.slice(0, 1), "volume", choice), "http://old/v3/p");
});

test("what is missing of a service is said", () => {
  const catalog = [endpoint("compute", "http://x", "R2"), endpoint("image", "http://x")];
  assert.throws(() => chooseEndpoint(catalog, "compute", choice), /compute service has no public address in region R;/);
  assert.throws(() => chooseEndpoint(catalog, "network", choice), /no network service .*it has: compute, image$/);
});

test("the region is the one asked for, or the only one", () => {
  const two = [endpoint("compute", "http://x", "R1"), endpoint("compute", "http://x", "R2")];
  assert.equal(chooseRegion(two, "R2", "c"), "R2");
  assert.equal(chooseRegion(two.slice(0, 1), undefined, "c"), "R1");
  assert.throws(() => chooseRegion(two, undefined, "c"), /several regions.*one of: R1, R2$/);
  assert.throws(() => chooseRegion(two, "R3", "c"), /no region "R3"; set region_name to one of: R1, R2$/);
});

const addresses: { why: string; service: CloudService; address: string; wanted: object }[] = [
  { why: "as it should be", service: "compute", address: "http://x/v2.1/", wanted: { known: "http://x/v2.1" } },
  { why: "Nova's old generation", service: "compute", address: "http://x/c/v2", wanted: { known: "http://x/c/v2.1" } },
  { why: "with the project", service: "volume", address: "http://x/v3/p", wanted: { known: "http://x/v3/p" } },
  { why: "without the project", service: "volume", address: "http://x/v3", wanted: { known: "http://x/v3/P" } },
  { why: "Cinder's old generation", service: "volume", address: "http://x/v2/p", wanted: { known: "http://x/v3/p" } },
  { why: "no version", service: "network", address: "http://x:9696/", wanted: { discover: "http://x:9696" } },
  {
    why: "no version behind a prefix",
    service: "image",
    address: "http://x/image",
    wanted: { discover: "http://x/image" },
  },
  {
    why: "Placement has none",
    service: "placement",
    address: "http://x/placement/",
    wanted: { known: "http://x/placement" },
  },
];
for (const { why, service, address, wanted } of addresses) {
  test(`${service} at ${address}: ${why}`, () => assert.deepEqual(versioned(service, address, "P"), wanted));
}

const self = (href: string) => [{ rel: "self", href }];
const documents: { why: string; service: CloudService; answer: unknown; wanted: string | RegExp }[] = [
  {
    why: "a link with an address that only the inside knows",
    service: "network",
    answer: { versions: [{ id: "v2.0", links: self("http://10.0.0.1:9696/v2.0/") }] },
    wanted: "http://x/n/v2.0",
  },
  {
    why: "many minor versions behind one path",
    service: "image",
    answer: { versions: ["v2.15", "v2.0"].map((id) => ({ id, links: self("http://x/v2/") })) },
    wanted: "http://x/n/v2",
  },
  {
    why: "Nova has two of one generation",
    service: "compute",
    answer: { versions: ["v2.0", "v2.1"].map((id) => ({ id, links: self(`http://x/${id === "v2.0" ? "v2" : id}/`) })) },
    wanted: "http://x/n/v2.1",
  },
  {
    why: "Keystone wraps its list once more",
    service: "identity",
    answer: { versions: { values: [{ id: "v3.14", links: self("http://x/v3/") }] } },
    wanted: "http://x/n/v3",
  },
  { why: "no document at all", service: "volume", answer: undefined, wanted: "http://x/n/v3/P" },
  { why: "nonsense", service: "network", answer: { versions: [null, 5, {}] }, wanted: "http://x/n/v2.0" },
  {
    why: "only a generation that we do not speak",
    service: "volume",
    answer: { versions: [{ id: "v2.0", links: [] }] },
    wanted: /does not speak version v3; it has: v2\.0$/,
  },
];
for (const { why, service, answer, wanted } of documents) {
  test(`versions of ${service}: ${why}`, () => {
    const find = () => discovered(service, "http://x/n", "P", answer);
    if (typeof wanted === "string") assert.equal(find(), wanted);
    else assert.throws(find, wanted);
  });
}

const ranges: { why: string; lowest?: string; highest?: string; wanted: string }[] = [
  { why: "inside", lowest: "2.1", highest: "2.93", wanted: "2.79" },
  { why: "an older cloud: numbers, not texts", lowest: "2.1", highest: "2.8", wanted: "2.8" },
  { why: "a cloud from the future", lowest: "2.100", highest: "2.200", wanted: "2.100" },
  { why: "nothing is known", wanted: "2.79" },
];
for (const { why, wanted, ...range } of ranges) {
  test(`microversion: ${why}`, () => assert.equal(negotiated("2.79", range), wanted));
}

test("the range stands in one version or in a list of them", () => {
  const wanted = { lowest: "3.0", highest: "3.70" };
  const entry = { id: "v3.0", min_version: "3.0", version: "3.70" };
  assert.deepEqual(supportedRange({ version: entry }), wanted);
  assert.deepEqual(supportedRange({ versions: [{ id: "v2.0", min_version: "", version: "" }, entry] }), wanted);
  assert.deepEqual(supportedRange("nonsense"), {});
});

const pages: { why: string; body: Record<string, unknown>; wanted: string | undefined }[] = [
  {
    why: "Nova, Cinder, Neutron; the host is a proxy's inside",
    body: {
      items_links: [
        { rel: "previous", href: "http://h/a?x=1" },
        { rel: "next", href: "http://h/b?marker=m&limit=1" },
      ],
    },
    wanted: "?marker=m&limit=1",
  },
  { why: "Glance", body: { next: "/v2/images?marker=m" }, wanted: "?marker=m" },
  { why: "Keystone's last", body: { links: { next: null, self: "x" } }, wanted: undefined },
  { why: "no links", body: {}, wanted: undefined },
];
for (const { why, body, wanted } of pages) {
  test(`next page: ${why}`, () => assert.equal(nextPage(body, "items"), wanted));
}
