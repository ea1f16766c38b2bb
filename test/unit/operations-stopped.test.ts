/** Which changes of a plan wait for an instance that somebody stopped, and how they are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../operations/changes.ts";
import { OperationError } from "../../operations/errors.ts";
import { heldEnvironment, markHeld, refuseHeld, staysStopped } from "../../operations/stopped.ts";

const change = (action: Change["action"], type: string, instance: string | undefined, part = "part"): Change => ({
  action,
  resource: { urn: "u", type, name: `${instance}-${part}`, ...(instance === undefined ? {} : { instance }) },
  retained: false,
  properties: [],
  notes: [],
});

const container = "docker:index/container:Container";
const cloudServer = "openstack:compute/instance:Instance";
const users = "coffer:guest:Users";

const marks: { why: string; change: Change; held: boolean }[] = [
  { why: "users are made inside", change: change("create", users, "orders"), held: true },
  { why: "parameters are set inside", change: change("update", "coffer:guest:Server", "orders"), held: true },
  { why: "a file system grows inside", change: change("update", "coffer:guest:Volume", "orders"), held: true },
  {
    why: "a flavor is proven by a database that answers",
    change: change("update", "coffer:guest:Size", "orders"),
    held: true,
  },
  { why: "removing needs no living guest", change: change("delete", users, "orders"), held: false },
  { why: "the machine itself is changed from outside", change: change("update", container, "orders"), held: false },
  { why: "so is its CPU limit", change: change("update", "coffer:guest:Limits", "orders"), held: false },
  { why: "another instance runs", change: change("update", users, "ledger"), held: false },
  { why: "what is shared belongs to no instance", change: change("update", users, undefined), held: false },
];

for (const { why, change: one, held } of marks) {
  test(`held: ${why}`, () => {
    const [marked] = markHeld([one], ["orders"]);
    assert.equal(marked?.held, held ? true : undefined);
    assert.deepEqual(marked?.notes, held ? ["waits for: coffer start orders"] : []);
  });
}

const renewals: { why: string; change: Change; stays: boolean }[] = [
  { why: "a container made anew is started", change: change("replace", container, "orders"), stays: false },
  { why: "so is a server that was gone", change: change("create", cloudServer, "orders"), stays: false },
  { why: "a rebuild starts what it rebuilt", change: change("update", "coffer:guest:HostKey", "orders"), stays: false },
  { why: "another instance's server starts nothing here", change: change("replace", container, "ledger"), stays: true },
  { why: "one that goes starts nothing", change: change("delete", container, "orders"), stays: true },
  { why: "what else is made new starts nothing", change: change("create", users, "orders"), stays: true },
  { why: "a change in place starts nothing", change: change("update", container, "orders"), stays: true },
];

for (const { why, change: one, stays } of renewals) {
  test(`stopped: ${why}`, () => assert.deepEqual(staysStopped([one], ["orders"]), stays ? ["orders"] : []));
}

test("the program is told each held resource by action, type and name", () => {
  assert.deepEqual(heldEnvironment([]), {});
  const held = [change("update", users, "orders", "users"), change("create", users, "ledger", "users")];
  assert.deepEqual(heldEnvironment(held), {
    COFFER_HELD: "update:coffer:guest:Users:orders-users create:coffer:guest:Users:ledger-users",
  });
});

const described: { why: string; properties: Change["properties"]; words: RegExp }[] = [
  { why: "nothing is known of what differs", properties: [], words: /: part$/ },
  { why: "set where nothing was", properties: [property({ after: "3" })], words: /: part \(p unset -> 3\)$/ },
  { why: "taken out", properties: [property({ before: "2" })], words: /: part \(p 2 -> unset\)$/ },
  { why: "a value that is not shown", properties: [property({})], words: /: part \(p\)$/ },
  {
    why: "drift beside a wish: the wish is what waits",
    properties: [property({ drift: true, before: "1", after: "2" }), property({ path: "q", before: "3", after: "4" })],
    words: /: part \(q 3 -> 4\)$/,
  },
];

function property(more: Partial<Change["properties"][number]>): Change["properties"][number] {
  return { path: "p", kind: "update", replaces: false, drift: false, ...more };
}

for (const { why, properties, words } of described)
  test(`what waits is said with its values: ${why}`, () =>
    assert.throws(() => refuseHeld([{ ...change("update", users, "orders"), properties }], "rest"), {
      message: words,
    }));

test("the error names each instance once, every change, and the way out", () => {
  refuseHeld([], "nothing was changed");
  const parameter = { kind: "update" as const, replaces: false };
  const server: Change = {
    ...change("update", "coffer:guest:Server", "orders", "database-server"),
    properties: [
      { ...parameter, path: "parameters.long_query_time", before: "2", after: "3", drift: false },
      { ...parameter, path: "observed.configuration", drift: true },
    ],
  };
  const half: Change = {
    ...change("update", users, "ledger", "users"),
    properties: [{ ...parameter, path: "users", drift: true }],
  };
  const more = change("create", users, "orders", "users");
  assert.throws(
    () => refuseHeld([server, more, half], "everything else is as the spec says"),
    (error: unknown) => {
      assert.ok(error instanceof OperationError);
      assert.equal(error.reason, "failed");
      const words = "is stopped, and this can only be changed while it runs:";
      const orders = `instance "orders" ${words} database-server (parameters.long_query_time 2 -> 3); users`;
      assert.deepEqual([error.message, ...error.also], [orders, `instance "ledger" ${words} users (users)`]);
      assert.match(error.remedy ?? "", /^coffer start orders && coffer start ledger, then .*; everything else is as/);
      return true;
    },
  );
});
