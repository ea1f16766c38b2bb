/** Waiting for a host key and looking a guest up, against answers that a real cloud gives only in trouble. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GuestError, type GuestProblem } from "../../access/guest.ts";
import { makeKeyPair } from "../../access/key-pair.ts";
import { lookUpServer } from "../../access/openstack/addresses.ts";
import { type Cloud, CloudError, type CloudProblem } from "../../access/openstack/cloud.ts";
import { readHostKey } from "../../access/openstack/host-key.ts";
import { startFailure } from "../../access/openstack/ssh-process.ts";
import { Slots } from "../../access/openstack/ssh-slots.ts";
import type { Reach } from "../../access/reach.ts";

const uuid = "8a7c0f0e-0000-4000-8000-000000000001";
const key = makeKeyPair().publicKey;
const active = { id: "nova-1", status: "ACTIVE", metadata: { "coffer.instance": uuid } };
const errored = { ...active, status: "ERROR", fault: { message: "No valid host was found." } };
const refused = (problem: CloudProblem, words = "words") => new CloudError(problem, words);

/** Answers by path; an Error is thrown, a function is asked. What is asked for and not there is a mistake of the test. */
function cloudOf(answers: Readonly<Record<string, unknown>>): Cloud {
  const answer = async (path: string): Promise<unknown> => {
    if (!Object.hasOwn(answers, path)) throw new Error(`the test has no answer for ${path}`);
    const wanted = answers[path];
    const found: unknown = typeof wanted === "function" ? wanted() : wanted;
    if (found instanceof Error) throw found;
    return found;
  };
  return {
    name: "test",
    region: undefined,
    projectId: async () => "p",
    call: async <T>(_service: string, path: string) => (await answer(path)) as T,
    list: async <T>(_service: string, path: string) => (await answer(path)) as T[],
    upload: async () => {},
  };
}

const problem = (kind: GuestProblem, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof GuestError, String(error));
  assert.equal(error.problem, kind, error.message);
  assert.match(error.message, words);
  return true;
};
const consoleOf = (server: unknown, log: unknown) =>
  cloudOf({ "/servers/nova-1": server, "/servers/nova-1/action": log });

test("the key is on the console at once", async () => {
  const cloud = consoleOf({ server: active }, { output: `coffer-host-key: ${key}\n` });
  assert.equal(await readHostKey(cloud, "nova-1"), key);
});

for (const problem of ["unreachable", "timeout"] as const)
  test(`Nova does not answer once while the key is waited for: ${problem}`, async () => {
    const answers = [refused(problem), { server: active }];
    const cloud = consoleOf(() => answers.shift(), { output: `coffer-host-key: ${key}\n` });
    assert.equal(await readHostKey(cloud, "nova-1"), key);
  });

const troubles: readonly { why: string; server: unknown; log: unknown; kind: GuestProblem; words: RegExp }[] = [
  {
    why: "the server failed",
    server: { server: errored },
    log: {},
    kind: "failed",
    words: /orders: the server failed: status ERROR, fault: No valid host/,
  },
  {
    why: "the server was stopped",
    server: { server: { ...active, status: "SHUTOFF" } },
    log: {},
    kind: "stopped",
    words: /before it said its key/,
  },
  {
    why: "the server is gone",
    server: refused("absent", "Instance nova-1 could not be found."),
    log: {},
    kind: "absent",
    words: /cloud "test" does not have it/,
  },
  {
    why: "a 404 of something that is not Nova",
    server: refused("absent", "404 page not found"),
    log: {},
    kind: "failed",
    words: /page not found/,
  },
  { why: "the cloud does not answer", server: refused("unreachable"), log: {}, kind: "unreachable", words: /words/ },
  {
    why: "a policy closes the console",
    server: { server: active },
    log: refused("credentials"),
    kind: "failed",
    words: /does not let its console be read \(words\).*or write hostKey: user-data under target.openstack/,
  },
  {
    why: "the hypervisor has no consoles",
    server: { server: active },
    log: refused("failed"),
    kind: "failed",
    words: /console be read/,
  },
  {
    why: "no key in time, and why one might wait",
    server: { server: active },
    log: { output: "\u001b[1mGRUB\u0007\r\nkernel panic\n" },
    kind: "timeout",
    words:
      /waited 0.001 s for the SSH host key of orders .*status ACTIVE\); the console's last lines:\nGRUB\nkernel panic$/,
  },
  {
    why: "no console in time",
    server: { server: { ...active, status: "BUILD" } },
    log: refused("conflict"),
    kind: "timeout",
    words: /status BUILD\); the console is empty/,
  },
];
for (const { why, server, log, kind, words } of troubles) {
  test(`a wait for the key ends: ${why}`, async () => {
    const wait = readHostKey(consoleOf(server, log), "nova-1", { timeout: 1, name: "orders" });
    await assert.rejects(wait, problem(kind, words));
  });
}

test("a wait for the key can be called off", async () => {
  const calling = new AbortController();
  const wait = readHostKey(consoleOf({ server: active }, { output: "" }), "nova-1", { signal: calling.signal });
  setImmediate(() => calling.abort());
  await assert.rejects(wait, { name: "AbortError" });
});

const lookUp = (answers: Readonly<Record<string, unknown>>, reach: Reach) =>
  lookUpServer(cloudOf(answers), { target: "openstack", name: "orders", uuid, server: "nova-1", reach })();

test("a floating IP that Nova does not show yet is Neutron's to tell", async () => {
  const answers = {
    "/servers/nova-1": { server: active },
    "/ports": [{ id: "port-1" }],
    "/floatingips": [{ floating_ip_address: "172.24.4.9" }],
  };
  assert.deepEqual(await lookUp(answers, { by: "floating-ip" }), [{ host: "172.24.4.9", port: 22 }]);
});

const lookUps: readonly {
  why: string;
  answers: Readonly<Record<string, unknown>>;
  reach: Reach;
  kind: GuestProblem;
  words: RegExp;
}[] = [
  {
    why: "no floating IP",
    answers: { "/servers/nova-1": { server: active }, "/ports": [] },
    reach: { by: "floating-ip" },
    kind: "unreachable",
    words: /has no floating IP.*reach: floating-ip/,
  },
  {
    why: "no fixed address",
    answers: { "/servers/nova-1": { server: active } },
    reach: { by: "fixed-address" },
    kind: "unreachable",
    words: /has no fixed address/,
  },
  {
    why: "Neutron's 404 says nothing of the guest",
    answers: { "/servers/nova-1": { server: active }, "/ports": refused("absent", "could not be found") },
    reach: { by: "floating-ip" },
    kind: "unreachable",
    words: /floating IP of orders/,
  },
  {
    why: "no right to ask",
    answers: { "/servers/nova-1": refused("credentials") },
    reach: { by: "fixed-address" },
    kind: "failed",
    words: /words/,
  },
];
for (const { why, answers, reach, kind, words } of lookUps) {
  test(`looked up in vain: ${why}`, async () => {
    await assert.rejects(lookUp(answers, reach), problem(kind, words));
  });
}

const starts: readonly { why: string; code: number; stderr: string; failure: string | undefined }[] = [
  { why: "sudo knows no such user", code: 1, stderr: "sudo: unknown user x\n", failure: "sudo: unknown user x" },
  { why: "the program's own failure", code: 1, stderr: "no\n", failure: undefined },
  { why: "sudo warns and goes on", code: 1, stderr: "sudo: unable to resolve host x: y\nno\n", failure: undefined },
  {
    why: "sudo warns and fails",
    code: 1,
    stderr: "sudo: unable to resolve host x: y\nsudo: no\n",
    failure: "sudo: no",
  },
  { why: "another code is the program's", code: 2, stderr: "sudo: x\n", failure: undefined },
];
for (const { why, code, stderr, failure } of starts) {
  test(`not started: ${why}`, () => assert.equal(startFailure(code, stderr), failure));
}

test("turns: given in order, given back once, and not waited for without end", async () => {
  const slots = new Slots(1, 20);
  const release = await slots.take("a");
  await assert.rejects(
    slots.take("b"),
    problem("timeout", /^b: waited 0.02 s for a free SSH session; all 1 are in use$/),
  );
  const next = slots.take("c");
  release();
  release();
  const last = await next;
  await assert.rejects(slots.take("d"), problem("timeout", /^d/));
  last();
  (await slots.take("e"))();
});
