import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { readPublicKey } from "../../access/public-key.ts";
import { loadSpec, problemsAt, SpecError, specProblems } from "../../spec/index.ts";
import { readNetwork } from "../../spec/network.ts";
import { openstackCases } from "./fixtures/spec/openstack-cases.ts";
import { assertProblem } from "./spec-fixture.ts";

for (const { why, text, problem } of openstackCases) test(`spec: ${why}`, () => assertProblem(text, problem));

const spec = `coffer: 1
target: { openstack: { network: private, access: { admin: [192.0.2.1] } } }
datastores: { mariadb: { versions: { "10.11": {} } } }
instances:
  orders: { datastore: mariadb, flavor: m1.smal, volume: 1 }
  ledger:
    datastore: mariadb
    flavor: m1.small
    volume: 2
    parameters: { innodb_buffer_pool_size: 400M }
`;

test("the first load knows no sizes, the second has the cloud's", () => {
  assert.deepEqual(loadSpec(spec, "f").instances[1]?.flavor, { name: "m1.small" });
  const flavors = new Map([
    ["m1.small", { vcpus: 2, memoryBytes: 2 ** 30 }],
    ["m1.smal", { vcpus: 1, memoryBytes: 2 ** 29 }],
  ]);
  assert.deepEqual(
    loadSpec(spec, "f", { flavors }).instances.map(({ flavor }) => flavor),
    [
      { name: "m1.smal", vcpus: 1, memoryBytes: 2 ** 29 },
      { name: "m1.small", vcpus: 2, memoryBytes: 2 ** 30 },
    ],
  );
});

test("the second load reports unknown flavors and parameters that do not fit, at their lines", () => {
  const flavors = new Map([["m1.small", { vcpus: 1, memoryBytes: 2 ** 28 }]]);
  const problems = specProblems(spec, "f", { flavors });
  assert.partialDeepStrictEqual(problems, [
    { line: 5, column: 41, code: "flavor", allowed: "m1.small", suggestion: "m1.small" },
    { line: 10, code: "parameters", path: "instances.ledger.parameters.innodb_buffer_pool_size" },
  ]);
});

test("the cloud's flavors mean nothing where the spec declares its own", () => {
  const docker =
    'coffer: 1\ntarget: docker\nflavors: { small: { vcpus: 1, memory: 512M } }\ndatastores: { mariadb: { versions: { "10.11": {} } } }\ninstances: { a: { datastore: mariadb, flavor: small, volume: 1 } }\n';
  const flavors = new Map([["small", { vcpus: 64, memoryBytes: 1 }]]);
  assert.deepEqual(loadSpec(docker, "f", { flavors }), loadSpec(docker, "f"));
});

test("faults that the cloud finds become problems at their places, in the order of the file", () => {
  const error = problemsAt(spec, "f.yaml", [
    { path: ["instances", "ledger", "volume", "type"], message: "there is no volume type ssd" },
    { path: ["instances", "orders", "flavor"], message: "no such flavor", allowed: "m1.small", suggestion: "m1.small" },
    { path: ["instances", "orders"], atKey: true, message: "the quota has no place for it", received: "3 instances" },
    { path: ["target", "openstack", "external"], message: "nothing there" },
  ]);
  assert.ok(error instanceof SpecError);
  assert.equal(
    error.message,
    `f.yaml:2:11: target.openstack.external: nothing there
f.yaml:5:3: instances.orders: the quota has no place for it (received 3 instances)
f.yaml:5:41: instances.orders.flavor: no such flavor (received "m1.smal"; allowed: m1.small; did you mean "m1.small"?)
f.yaml:9:5: instances.ledger.volume.type: there is no volume type ssd`,
  );
  assert.deepEqual([...new Set(error.problems.map(({ code }) => code))], ["target"]);
});

test("faults have a place even in a text that is no spec any more", () => {
  const faults = [{ path: ["instances", "a"], message: "gone" }];
  for (const text of ["", "a: [", "\0", Buffer.from([0xff]), "- x\n"]) {
    assert.partialDeepStrictEqual(problemsAt(text, "f", faults).problems, [{ line: 1, column: 1, message: "gone" }]);
  }
});

const networks: readonly { why: string; text: string; canonical?: string; hostBits?: boolean; everywhere?: boolean }[] =
  [
    { why: "IPv4", text: "10.0.0.0/8", canonical: "10.0.0.0/8" },
    { why: "a bare address is a network of one", text: "192.0.2.7", canonical: "192.0.2.7/32" },
    { why: "and so is an IPv6 one", text: "2001:db8::7", canonical: "2001:db8::7/128" },
    { why: "host bits", text: "10.0.0.1/8", canonical: "10.0.0.0/8", hostBits: true },
    { why: "host bits of IPv6", text: "2001:db8::1/64", canonical: "2001:db8::/64", hostBits: true },
    { why: "a prefix inside a byte", text: "172.16.0.0/12", canonical: "172.16.0.0/12" },
    { why: "capitals and zeros", text: "2001:0DB8:0:0::/33", canonical: "2001:db8::/33" },
    { why: "a dotted tail", text: "64:ff9b::192.0.2.0/120", canonical: "64:ff9b::c000:200/120" },
    { why: "all of IPv4", text: "0.0.0.0/0", canonical: "0.0.0.0/0", everywhere: true },
    { why: "all of IPv6", text: "0::0/0", canonical: "::/0", everywhere: true },
    { why: "all, with host bits", text: "1.2.3.4/0", canonical: "0.0.0.0/0", hostBits: true, everywhere: true },
    { why: "nothing", text: "" },
    { why: "no prefix", text: "10.0.0.0/" },
    { why: "a prefix that is too long", text: "10.0.0.0/33" },
    { why: "a prefix that is too long for IPv6", text: "::/129" },
    { why: "a mask", text: "10.0.0.0/255.0.0.0" },
    { why: "octal, to some", text: "010.0.0.0/8" },
    { why: "a prefix with zeros", text: "10.0.0.0/08" },
    { why: "a negative prefix", text: "10.0.0.0/-1" },
    { why: "two prefixes", text: "10.0.0.0/8/8" },
    { why: "a short form", text: "10/8" },
    { why: "an interface", text: "fe80::1%eth0" },
    { why: "a mapped address never shows up as such", text: "::ffff:10.0.0.1" },
    { why: "a host's name", text: "localhost" },
    { why: "blanks", text: " 10.0.0.0/8" },
    { why: "brackets", text: "[::1]" },
  ];

for (const { why, text, canonical, hostBits = false, everywhere = false } of networks) {
  test(`network: ${why}`, () => {
    const network = readNetwork(text);
    assert.equal(network?.canonical, canonical);
    if (network) assert.deepEqual([network.hostBits, network.everywhere], [hostBits, everywhere]);
  });
}

test("a canonical network is read as itself, and the address alone has no host bits", () => {
  const ipv4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  const ipv6 = fc.tuple(fc.ipV6().filter(isIPv6), fc.integer({ min: 0, max: 128 }));
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6), ([address, length]) => {
      const network = readNetwork(`${address}/${length}`);
      if (!network) return; // IPv6-mapped
      const again = readNetwork(network.canonical);
      assert.deepEqual([again?.canonical, again?.hostBits], [network.canonical, false]);
      assert.equal(readNetwork(network.alone)?.hostBits, false);
      assert.equal(network.hostBits, readNetwork(address)?.canonical.split("/")[0] !== network.canonical.split("/")[0]);
    }),
    { numRuns: 1000 },
  );
});

test("whatever the text, a network is read or not, and nothing is thrown", () => {
  const sign = fc.constantFrom(..."0123456789abcf:./%[]x ");
  fc.assert(
    fc.property(fc.string({ unit: sign, maxLength: 24 }), (text) => void readNetwork(text)),
    { numRuns: 2000 },
  );
});

const blob = (...parts: readonly (string | Buffer)[]): string =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(part));
      return [length, Buffer.from(part)];
    }),
  ).toString("base64");
const ed25519 = `ssh-ed25519 ${blob("ssh-ed25519", Buffer.alloc(32, 7))}`;
const rsa = `ssh-rsa ${blob("ssh-rsa", Buffer.from([1, 0, 1]), Buffer.alloc(257, 3))}`;

const keys: readonly { why: string; line: string; key?: string }[] = [
  { why: "ed25519", line: ed25519, key: ed25519 },
  { why: "RSA", line: rsa, key: rsa },
  { why: "a comment goes", line: `${ed25519} root@host, of 2024`, key: ed25519 },
  { why: "a line's end goes", line: `${ed25519}\n`, key: ed25519 },
  { why: "two lines are two keys", line: `${ed25519} a\n${ed25519}` },
  { why: "a host in front, as ssh-keyscan prints it", line: `host ${ed25519}` },
  { why: "the type alone", line: "ssh-ed25519" },
  { why: "a type that the blob is not of", line: `ssh-rsa ${blob("ssh-ed25519", Buffer.alloc(32))}` },
  { why: "a type that nobody takes any more", line: `ssh-dss ${blob("ssh-dss", "p", "q", "g", "y")}` },
  { why: "a name on a prototype", line: `toString ${blob("toString", "x")}` },
  { why: "a short key", line: `ssh-ed25519 ${blob("ssh-ed25519", Buffer.alloc(31))}` },
  { why: "a part too many", line: `ssh-ed25519 ${blob("ssh-ed25519", Buffer.alloc(32), "x")}` },
  { why: "cut in the middle", line: ed25519.slice(0, -8) },
  { why: "a private key", line: "-----BEGIN OPENSSH PRIVATE KEY-----" },
  { why: "nothing", line: "" },
];

for (const { why, line, key } of keys) {
  test(`public key: ${why}`, () => assert.equal(readPublicKey(line)?.text, key));
}
