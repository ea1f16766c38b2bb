/** What is read out of Nova's answers: where a guest is, why it cannot be reached, and the host key on its console. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import ssh2 from "ssh2";
import { makeKeyPair } from "../../access/key-pair.ts";
import { hostsOf, type ServerView, whyNot } from "../../access/openstack/addresses.ts";
import { hostKeyIn } from "../../access/openstack/host-key.ts";
import { readPublicKey } from "../../access/public-key.ts";
import type { Bastion, Reach } from "../../access/reach.ts";

const uuid = "8a7c0f0e-0000-4000-8000-000000000001";
const server = (changes: Partial<ServerView> = {}): ServerView => ({
  id: "nova-1",
  status: "ACTIVE",
  metadata: { "coffer.instance": uuid },
  ...changes,
});

const states: readonly { why: string; server: ServerView; problem: string | undefined; words?: RegExp }[] = [
  { why: "it runs", server: server(), problem: undefined },
  {
    why: "it runs, and waits for a resize to be confirmed",
    server: server({ status: "VERIFY_RESIZE" }),
    problem: undefined,
  },
  { why: "somebody stopped it", server: server({ status: "SHUTOFF" }), problem: "stopped", words: /status SHUTOFF/ },
  { why: "it was suspended", server: server({ status: "SUSPENDED" }), problem: "stopped" },
  {
    why: "it is being made",
    server: server({ status: "BUILD", "OS-EXT-STS:task_state": "spawning" }),
    problem: "unreachable",
    words: /status BUILD, task spawning/,
  },
  { why: "it reboots", server: server({ status: "REBOOT" }), problem: "unreachable" },
  {
    why: "Nova gave up",
    server: server({ status: "ERROR", fault: { message: "No valid host was found." } }),
    problem: "failed",
    words: /fault: No valid host was found\..*openstack server show nova-1/,
  },
  { why: "another system runs in it", server: server({ status: "RESCUE" }), problem: "failed" },
  { why: "a state of the future", server: server({ status: "DREAMING" }), problem: "failed", words: /DREAMING/ },
  { why: "it is gone", server: server({ status: "DELETED" }), problem: "absent" },
  {
    why: "it is another instance's",
    server: server({ metadata: { "coffer.instance": "x" } }),
    problem: "failed",
    words: /belongs to the instance x, expected 8a7c.*left alone/,
  },
  {
    why: "it is not ours, even stopped",
    server: server({ metadata: {}, status: "SHUTOFF" }),
    problem: "failed",
    words: /not one of Coffer's/,
  },
];
for (const { why, server, problem, words } of states) {
  test(`reachable or not: ${why}`, () => {
    const trouble = whyNot(server, { name: "orders", uuid });
    assert.equal(trouble?.problem, problem);
    assert.match(trouble?.message ?? "", words ?? /^/);
  });
}

const addresses: ServerView["addresses"] = {
  front: [
    { addr: "2001:db8::5", version: 6, "OS-EXT-IPS:type": "fixed" },
    { addr: "10.0.0.5", version: 4, "OS-EXT-IPS:type": "fixed" },
    { addr: "172.24.4.9", version: 4, "OS-EXT-IPS:type": "floating" },
  ],
  back: [{ addr: "10.1.0.5", version: 4, "OS-EXT-IPS:type": "fixed" }],
};
const bastion: Bastion = { host: "jump", port: 22, user: "me", hostKey: "" };
const reaches: readonly { why: string; reach: Reach; hosts: string[] }[] = [
  {
    why: "the first network first, IPv4 first in it",
    reach: { by: "fixed-address" },
    hosts: ["10.0.0.5", "2001:db8::5", "10.1.0.5"],
  },
  {
    why: "a bastion goes to the fixed ones too",
    reach: { by: "bastion", bastion },
    hosts: ["10.0.0.5", "2001:db8::5", "10.1.0.5"],
  },
  { why: "floating ones alone", reach: { by: "floating-ip" }, hosts: ["172.24.4.9"] },
];
for (const { why, reach, hosts } of reaches) {
  test(`addresses: ${why}`, () => assert.deepEqual(hostsOf(server({ addresses }), reach), hosts));
}
test("addresses: a server that has none yet", () => assert.deepEqual(hostsOf(server(), { by: "floating-ip" }), []));

const key = () => makeKeyPair().publicKey;
const [one, two] = [key(), key()];
const ecdsa = ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }).public;
const rsa = ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 }).public;

const consoles: readonly { why: string; log: string; key: string | undefined }[] = [
  { why: "nothing yet", log: "", key: undefined },
  { why: "Coffer's own line", log: `Debian\r\ncoffer-host-key: ${one}\r\nlogin: `, key: one },
  { why: "with a comment", log: `coffer-host-key: ${one} root@orders\n`, key: one },
  { why: "behind the kernel's or systemd's words", log: `[   12.3] sh[311]: coffer-host-key: ${one}\n`, key: one },
  { why: "with colours", log: `\u001b[0;32mcoffer-host-key: ${one}\u001b[0m\n`, key: one },
  {
    why: "after a reboot the last one counts",
    log: `coffer-host-key: ${one}\nreboot\ncoffer-host-key: ${two}\n`,
    key: two,
  },
  { why: "a line that is still being written is none", log: `coffer-host-key: ${one.slice(0, -4)}`, key: undefined },
  {
    why: "and an earlier whole one counts until it is",
    log: `coffer-host-key: ${one}\ncoffer-host-key: ${two.slice(0, 30)}`,
    key: one,
  },
  {
    why: "kernel words in the middle of it",
    log: `coffer-host-key: ${one.slice(0, 30)}[ 1.2] eth0: up\n${one.slice(30)}`,
    key: undefined,
  },
  {
    why: "cloud-init's block",
    log: `-----BEGIN SSH HOST KEY KEYS-----\n${ecdsa} root@x\n${one} root@x\n${rsa} root@x\n-----END SSH HOST KEY KEYS-----\n`,
    key: one,
  },
  {
    why: "cloud-init's block behind prefixes",
    log: `ci-info: -----BEGIN SSH HOST KEY KEYS-----\nci-info: ${one} root@x\n`,
    key: one,
  },
  {
    why: "only older kinds",
    log: `-----BEGIN SSH HOST KEY KEYS-----\n${rsa} root@x\n${ecdsa} root@x\n-----END SSH HOST KEY KEYS-----\n`,
    key: ecdsa,
  },
  { why: "somebody's login key outside of the block is none", log: `authorized: ${one} me@home\n`, key: undefined },
  { why: "words that are no key", log: "coffer-host-key: none\ncoffer-host-key:\n", key: undefined },
];
for (const { why, log, key } of consoles) {
  test(`console: ${why}`, () => assert.equal(hostKeyIn(log), key));
}

test("console: of a key that was cut anywhere nothing is taken", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: one.length - 1 }), (end) => {
      assert.equal(hostKeyIn(`coffer-host-key: ${one.slice(0, end)}\n`), undefined);
    }),
  );
});

test("keys: every kind that a host may have is parsed; anything else is not", () => {
  for (const line of [one, ecdsa, rsa]) assert.ok(readPublicKey(line), line);
  const [type, blob] = one.split(" ");
  for (const line of [
    "",
    "x",
    `ssh-dss ${blob}`,
    `ssh-rsa ${blob}`,
    `${type}`,
    `${type} ${blob}AAAA`,
    `__proto__ ${blob}`,
  ]) {
    assert.equal(readPublicKey(line), undefined, line);
  }
});
