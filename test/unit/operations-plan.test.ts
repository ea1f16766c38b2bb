import assert from "node:assert/strict";
import { test } from "node:test";
import { belongsTo } from "../../operations/apply.ts";
import { type Change, ChangeCollector, summarize } from "../../operations/changes.ts";
import { type EngineEvent, parseEvent, type StepMetadata } from "../../operations/engine-events.ts";
import { pathKeys, showValue } from "../../operations/property-changes.ts";
import { concerns, planRefusals, type Refusal } from "../../operations/refusals.ts";

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const component = "urn:pulumi:demo::coffer::coffer:components:Instance::orders";
const inside = "urn:pulumi:demo::coffer::coffer:components:Instance$";

function step(op: string, type: string, name: string, more: Partial<StepMetadata> = {}): EngineEvent {
  const urn = `${inside}${type}::${name}`;
  const state = { type, urn, parent: component };
  return { timestamp: 0, resourcePreEvent: { metadata: { op, urn, type, old: state, new: state, ...more } } };
}

function collect(...events: EngineEvent[]): readonly Change[] {
  const collector = new ChangeCollector();
  for (const event of events) collector.add(event);
  return collector.changes();
}

test("debug messages hold secrets in clear and are dropped unread", () => {
  const line = JSON.stringify({ timestamp: 1, diagnosticEvent: { severity: "debug", message: "password hunter2" } });
  assert.equal(parseEvent(line), undefined);
  assert.equal(parseEvent("Downloading plugin..."), undefined);
  assert.equal(parseEvent('{"sequence":1,"cut'), undefined);
  assert.equal(parseEvent(line.replace("debug", "warning"))?.diagnosticEvent?.severity, "warning");
});

test("what stays the same, is only read, or is Pulumi's own is no change", () => {
  const provider = step("create", "pulumi:providers:docker", "default");
  assert.deepEqual(
    collect(step("same", "coffer:guest:Users", "orders-users"), step("refresh", "coffer:guest:Users", "x"), provider),
    [],
  );
});

test("an update names each value that differs, without secrets", () => {
  const state = (inputs: Record<string, unknown>) => ({ type: "t", urn: "u", parent: component, inputs });
  const [change] = collect(
    step("update", "coffer:guest:Server", "orders-database-server", {
      old: state({ parameters: { a: 1, b: 2 }, guest: secret, users: [{ name: "app", grants: ["x"] }] }),
      new: state({
        parameters: { a: 3 },
        guest: secret,
        users: [{ name: "app", grants: ["x", "y"] }],
        machineId: unknown,
      }),
      detailedDiff: {
        "parameters.a": { diffKind: "update", inputDiff: true },
        "parameters.b": { diffKind: "delete", inputDiff: true },
        users: { diffKind: "update", inputDiff: true },
        machineId: { diffKind: "add", inputDiff: true },
        guest: { diffKind: "update", inputDiff: true },
        "observed.running": { diffKind: "update", inputDiff: false },
      },
    }),
  );
  assert.deepEqual(change?.properties, [
    { path: "parameters.a", kind: "update", replaces: false, drift: false, before: "1", after: "3" },
    { path: "parameters.b", kind: "delete", replaces: false, drift: false, before: "2" },
    { path: "users[0].grants[1]", kind: "add", replaces: false, drift: false, after: '"y"' },
    { path: "machineId", kind: "add", replaces: false, drift: false, after: '"(known after the apply)"' },
    { path: "guest", kind: "update", replaces: false, drift: false, before: '"[secret]"', after: '"[secret]"' },
    { path: "observed.running", kind: "update", replaces: false, drift: true },
  ]);
  assert.equal(change?.resource.instance, "orders");
});

test("a replacement in three steps is one change that says why", () => {
  const replaced = { detailedDiff: { image: { diffKind: "update-replace" as const, inputDiff: true } } };
  const changes = collect(
    step("delete-replaced", "docker:index/container:Container", "orders-server"),
    step("replace", "docker:index/container:Container", "orders-server", {
      ...replaced,
      old: { type: "t", urn: "u", parent: component, inputs: { image: "a" } },
      new: { type: "t", urn: "u", parent: component, inputs: { image: "b" } },
    }),
    step("create-replacement", "docker:index/container:Container", "orders-server"),
  );
  assert.deepEqual(
    changes.map(({ action, properties }) => [action, properties.map(({ path, replaces }) => [path, replaces])]),
    [["replace", [["image", true]]]],
  );
});

test("a retained volume is told apart from a deleted one; notes are kept once", () => {
  const type = "docker:index/volume:Volume";
  const note = (message: string): EngineEvent => ({
    timestamp: 0,
    diagnosticEvent: { severity: "warning", message, urn: `${inside}${type}::orders-volume` },
  });
  const old = { type, urn: "u", parent: component, retainOnDelete: true };
  const [change] = collect(
    step("delete", type, "orders-volume", { old, new: null }),
    note("careful\n"),
    note("careful"),
  );
  assert.deepEqual([change?.retained, change?.notes], [true, ["careful"]]);
});

test("what is said about a resource that does not change is kept apart from the changes", () => {
  const collector = new ChangeCollector();
  const say = (urn: string, severity: "info" | "warning"): EngineEvent => ({
    timestamp: 0,
    diagnosticEvent: { severity, message: "runs on an older image\n", urn },
  });
  const users = "coffer:guest:Users";
  collector.add(step("same", users, "orders-users"));
  collector.add(step("update", "coffer:guest:Server", "orders-database-server"));
  collector.add(say(component, "info"));
  collector.add(say(component, "info"));
  collector.add(say(`${inside}${users}::orders-users`, "warning"));
  collector.add(say(`${inside}coffer:guest:Server::orders-database-server`, "info"));
  collector.add(say("urn:pulumi:demo::coffer::pulumi:pulumi:Stack::coffer-demo", "info"));
  assert.deepEqual(
    collector.remarks().map(({ severity, text, resource }) => [severity, text, resource.name, resource.instance]),
    [
      ["info", "runs on an older image", "orders", "orders"],
      ["warning", "runs on an older image", "orders-users", "orders"],
    ],
  );
  assert.deepEqual(
    collector.changes().map(({ notes }) => notes),
    [["runs on an older image"]],
  );
});

test("an instance that was found stopped is known by what was read of it", () => {
  const collector = new ChangeCollector();
  const read = (op: string, name: string, outputs: Record<string, unknown>) => {
    const event = step(op, "coffer:guest:Users", name);
    const metadata = event.resourcePreEvent?.metadata;
    assert.ok(metadata?.new);
    collector.add({ timestamp: 0, resOutputsEvent: { metadata: { ...metadata, new: { ...metadata.new, outputs } } } });
  };
  read("refresh", "orders-users", { reachable: true });
  assert.deepEqual(collector.stopped(), []);
  read("refresh", "orders-users", { reachable: false, stopped: true });
  read("refresh", "orders-databases", { reachable: false, stopped: true });
  assert.deepEqual(collector.stopped(), ["orders"]);
});

test("outputs that differ alone are noticed, secrets and order aside", () => {
  const stack = (old: unknown, now: unknown): EngineEvent => ({
    timestamp: 0,
    resOutputsEvent: {
      metadata: {
        op: "same",
        urn: "urn:pulumi:demo::coffer::pulumi:pulumi:Stack::coffer-demo",
        type: "pulumi:pulumi:Stack",
        old: { type: "", urn: "", outputs: old as Record<string, unknown> },
        new: { type: "", urn: "", outputs: now as Record<string, unknown> },
      },
    },
  });
  const differ = (old: unknown, now: unknown) => {
    const collector = new ChangeCollector();
    collector.add(stack(old, now));
    return collector.recordsDiffer();
  };
  assert.equal(differ({ a: 1, p: secret }, { p: { ...secret, ciphertext: "other" }, a: 1 }), false);
  assert.equal(differ({ a: { c: "oltp" } }, { a: { c: null } }), true);
});

test("property paths with every kind of key", () => {
  assert.deepEqual(pathKeys('a.b[0]["x.y"].c["q\\"q"]'), ["a", "b", "0", "x.y", "c", 'q"q']);
  assert.equal(
    showValue({ b: [secret], a: unknown, __defaults: [] }),
    '{"a":"(known after the apply)","b":["[secret]"]}',
  );
});

const change = (action: Change["action"], type: string, instance: string | undefined, path?: string): Change => ({
  action,
  resource: { urn: "u", type, name: `${instance}-server`, ...(instance === undefined ? {} : { instance }) },
  retained: false,
  properties: path === undefined ? [] : [{ path, kind: "update", replaces: true, drift: false }],
  notes: [],
});

const server = "docker:index/container:Container";
const rules = { instances: ["orders"], statefulTypes: [server], allowReplace: [] };

const refusals: { why: string; change: Change; allow?: string[]; message?: RegExp }[] = [
  {
    why: "a server with data is not replaced unasked",
    change: change("replace", server, "orders", "image"),
    message: /replace its server \(because of: image\)/,
  },
  {
    why: "nor removed while its instance stays",
    change: change("delete", server, "orders"),
    message: /remove its server/,
  },
  { why: "by name it is allowed", change: change("replace", server, "orders"), allow: ["orders"] },
  {
    why: "another instance's name allows nothing",
    change: change("replace", server, "orders"),
    allow: ["ledger"],
    message: /orders/,
  },
  { why: "an instance that left the spec is being deleted", change: change("delete", server, "gone") },
  { why: "an update in place touches no data", change: change("update", server, "orders") },
  { why: "other resources may be replaced", change: change("replace", "coffer:guest:Limits", "orders") },
  { why: "shared resources belong to no instance", change: change("replace", server, undefined) },
];

for (const { why, change: one, allow, message } of refusals) {
  test(`refusals: ${why}`, () => {
    const found = planRefusals([one], { ...rules, allowReplace: allow ?? [] });
    assert.equal(found.length, message ? 1 : 0);
    if (message) assert.match(found[0]?.message ?? "", message);
  });
}

test("a refusal names the part, what makes it so, and the way out", () => {
  const volume = "docker:index/volume:Volume";
  const one: Change = {
    ...change("replace", volume, "orders", "driver"),
    resource: { urn: "u", type: volume, name: "orders-data", instance: "orders" },
  };
  const also = { path: "labels", kind: "update" as const, replaces: false, drift: false };
  const both = { ...one, properties: [...one.properties, also, { ...also, path: "name", replaces: true }] };
  const stateful = { ...rules, statefulTypes: [volume] };
  const remedy = "take the change back in the spec, or allow it by name: --allow-replace orders";
  assert.deepEqual(planRefusals([both], stateful), [
    {
      instance: "orders",
      message:
        'instance "orders": this apply would replace its data (because of: driver, name), and a data that has data is not replaced unasked',
      remedy,
    },
  ]);
  const foreign = { ...both, action: "delete" as const, properties: [], resource: { ...one.resource, name: "shared" } };
  assert.deepEqual(planRefusals([foreign], stateful), [
    {
      instance: "orders",
      message:
        'instance "orders": this apply would remove its shared, and a shared that has data is not removed unasked',
      remedy,
    },
  ]);
});

const concerned: { why: string; instance?: string; only?: string[]; concerns: boolean }[] = [
  { why: "everything is applied", instance: "orders", concerns: true },
  { why: "it is one of those", instance: "orders", only: ["ledger", "orders"], concerns: true },
  { why: "it is about the stack", only: ["ledger"], concerns: true },
  { why: "it is about another one", instance: "orders", only: ["ledger"], concerns: false },
];
for (const { why, instance, only, concerns: expected } of concerned)
  test(`a refusal concerns a change of some instances: ${why}`, () => {
    const refusal: Refusal = { message: "m", remedy: "r", ...(instance === undefined ? {} : { instance }) };
    assert.equal(concerns(refusal, only), expected);
  });

test("a verb's own change: the instance's, and shared things that come or go with it", () => {
  assert.equal(belongsTo(change("update", server, "orders"), ["orders"]), true);
  assert.equal(belongsTo(change("create", "docker:index/network:Network", undefined), ["orders"]), true);
  // It only says which image is current.
  assert.equal(belongsTo(change("replace", "docker:index/remoteImage:RemoteImage", undefined), ["orders"]), true);
  assert.equal(belongsTo(change("update", server, "ledger"), ["orders"]), false);
  assert.equal(belongsTo(change("replace", "docker:index/network:Network", undefined), ["orders"]), false);
});

test("a summary counts each kind once", () => {
  const changes = [change("create", server, "a"), change("create", server, "b"), change("delete", server, "c")];
  assert.equal(summarize(changes), "2 to create, 1 to delete");
  assert.equal(summarize([]), "");
});
