import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RealObject } from "../../access/inventory.ts";
import { serverOf } from "../../operations/power.ts";
import { asksGuest, type PowerFacts, type PowerVerb, planPower } from "../../operations/power-plan.ts";

const running = { running: true, words: "ACTIVE" };
const stopped = { running: false, words: "SHUTOFF" };
const serving = ["await-guest", "start-database", "await-healthy"];

const cases: {
  why: string;
  verb: PowerVerb;
  facts?: Partial<PowerFacts>;
  steps?: readonly string[];
  refused?: RegExp;
}[] = [
  { why: "the database ends before its machine", verb: "stop", steps: ["end-database", "stop-machine"] },
  { why: "what is stopped stays as it is", verb: "stop", facts: { machine: stopped }, steps: [] },
  {
    why: "a silent guest cannot end its database",
    verb: "stop",
    facts: { silence: "no route" },
    refused: /ended cleanly first \(machine: ACTIVE\): no route.*coffer stop orders --force presses the power button/,
  },
  { why: "force stops it all the same", verb: "stop", facts: { silence: "x", force: true }, steps: ["stop-machine"] },
  {
    why: "force ends the database where the guest answers",
    verb: "stop",
    facts: { force: true },
    steps: ["end-database", "stop-machine"],
  },
  {
    why: "a machine that is being built is left alone",
    verb: "stop",
    facts: { machine: { running: false, busy: "build", words: "BUILD, task spawning" } },
    refused: /BUILD, task spawning.*wait/,
  },
  {
    why: "a stopped machine is started first",
    verb: "start",
    facts: { machine: stopped },
    steps: ["start-machine", ...serving],
  },
  { why: "a running machine may have a stopped database", verb: "start", steps: serving },
  {
    why: "a machine that is rebooting is waited for",
    verb: "start",
    facts: { machine: { running: false, busy: "reboot", words: "REBOOT" } },
    steps: serving,
  },
  {
    why: "what is broken is not started",
    verb: "start",
    facts: { machine: { running: false, broken: "ERROR: No valid host", words: "ERROR: No valid host" } },
    refused: /No valid host.*reboot orders --force/,
  },
  { why: "the database ends before a reboot", verb: "reboot", steps: ["end-database", "reboot-machine", ...serving] },
  {
    why: "a stopped machine is only started",
    verb: "reboot",
    facts: { machine: stopped },
    steps: ["start-machine", ...serving],
  },
  {
    why: "a silent guest is not cut off unasked",
    verb: "reboot",
    facts: { silence: "x" },
    refused: /coffer reboot orders --force cuts the power/,
  },
  {
    why: "force cuts the power of a silent guest",
    verb: "reboot",
    facts: { silence: "x", force: true },
    steps: ["reboot-machine hard", ...serving],
  },
  {
    why: "force brings back what is in error",
    verb: "reboot",
    facts: { force: true, machine: { running: false, broken: "ERROR", words: "ERROR" } },
    steps: ["reboot-machine hard", ...serving],
  },
  {
    why: "a resize is not disturbed, not even by force",
    verb: "reboot",
    facts: { force: true, machine: { running: false, busy: "resize", words: "VERIFY_RESIZE" } },
    refused: /VERIFY_RESIZE.*coffer up/,
  },
];

for (const { why, verb, facts, steps = [], refused } of cases) {
  test(`${verb}: ${why}`, () => {
    const plan = planPower({ verb, name: "orders", force: false, machine: running, ...facts });
    const told = plan.steps.map((step) =>
      step.kind === "reboot-machine" && step.hard ? `${step.kind} hard` : step.kind,
    );
    assert.deepEqual(told, steps);
    const words = plan.refusal ? `${plan.refusal.message}; ${plan.refusal.remedy}` : "";
    assert.match(words, refused ?? /^$/);
  });
}

const asked: { why: string; verb: PowerVerb; machine: PowerFacts["machine"]; asks: boolean }[] = [
  { why: "a machine that runs has a database to end", verb: "stop", machine: running, asks: true },
  { why: "before a reboot, too", verb: "reboot", machine: running, asks: true },
  { why: "a start ends none", verb: "start", machine: running, asks: false },
  { why: "nobody answers in a stopped machine", verb: "stop", machine: stopped, asks: false },
  { why: "one that is being moved is left alone", verb: "stop", machine: { ...running, busy: "resize" }, asks: false },
  { why: "one in error has no guest to speak of", verb: "stop", machine: { ...running, broken: "ERROR" }, asks: false },
];
for (const { why, verb, machine, asks } of asked)
  test(`whether the guest is asked: ${why}`, () => assert.equal(asksGuest({ verb, machine }), asks));

const anyFacts: fc.Arbitrary<PowerFacts> = fc
  .record({
    verb: fc.constantFrom<PowerVerb>("stop", "start", "reboot"),
    force: fc.boolean(),
    running: fc.boolean(),
    busy: fc.constantFrom(undefined, undefined, "build" as const, "reboot" as const, "resize" as const),
    broken: fc.constantFrom(undefined, undefined, "ERROR"),
    silent: fc.boolean(),
  })
  .map(({ verb, force, running, busy, broken, silent }) => {
    const machine = { running, words: "x", ...(busy ? { busy } : {}), ...(broken ? { broken } : {}) };
    return { verb, name: "n", force, machine, ...(silent && asksGuest({ verb, machine }) ? { silence: "x" } : {}) };
  });

test("a running machine never goes down before its database, unless its guest is silent and force was given", () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const kinds = planPower(facts).steps.map(({ kind }) => kind);
      const down = kinds.findIndex((kind) => kind === "stop-machine" || kind === "reboot-machine");
      if (down < 0 || kinds.slice(0, down).includes("end-database")) return;
      assert.ok(facts.force && (facts.silence !== undefined || facts.machine.broken !== undefined));
    }),
  );
});

test("start and reboot end with a database that answers, or say why they do nothing; stop starts nothing", () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { steps, refusal } = planPower(facts);
      const kinds = steps.map(({ kind }) => kind);
      if (facts.verb === "stop") assert.ok(!kinds.some((kind) => /start|reboot|await/.test(kind)));
      else if (refusal) assert.deepEqual(kinds, []);
      else assert.deepEqual(kinds.slice(-3), serving);
    }),
  );
});

test("of several machines with one instance's marks the one of the address is meant", () => {
  const server = (id: string, name: string, instance = "u"): RealObject => {
    return { kind: "server", id, name, role: "server", instance, attachedTo: [] };
  };
  const objects = [server("1", "a"), server("2", "b"), server("3", "c", "other")];
  const address = { target: "t", name: "orders", uuid: "u" };
  assert.equal(serverOf(objects, { ...address, server: "2" })?.id, "2");
  assert.equal(serverOf(objects, { ...address, container: "b" })?.id, "2");
  assert.equal(serverOf(objects, { ...address, server: "3" })?.id, "1");
  assert.equal(serverOf(objects, { ...address, uuid: "nobody" }), undefined);
});
