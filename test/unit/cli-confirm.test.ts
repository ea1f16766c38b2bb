/** The question before something is changed: on a real terminal, and where there is none. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { askYes, planQuestion } from "../../cli/confirm.ts";
import { keys, onTerminal } from "../support/terminal.ts";

const program = [process.execPath, resolve(import.meta.dirname, "cli-confirm-fixture.ts")];

const answers: { why: string; keys: string; code: number; says: RegExp }[] = [
  { why: "yes goes on", keys: `yes${keys.enter}`, code: 0, says: /went on/ },
  { why: "spaces around it do not matter", keys: `  yes ${keys.enter}`, code: 0, says: /went on/ },
  { why: "no does not", keys: `no${keys.enter}`, code: 1, says: /coffer: not confirmed/ },
  { why: "nor does a part of yes", keys: `y${keys.enter}`, code: 1, says: /coffer: not confirmed/ },
  { why: "nor does the enter key alone", keys: keys.enter, code: 1, says: /coffer: not confirmed/ },
  { why: "Ctrl-D is no yes", keys: keys.ctrlD, code: 1, says: /coffer: not confirmed/ },
  {
    why: "Ctrl-C interrupts",
    keys: keys.ctrlC,
    code: 130,
    says: /coffer: interrupted.*\s+what to do: nothing was changed/,
  },
  { why: "Ctrl-C behind a yes that was not sent", keys: `yes${keys.ctrlC}`, code: 130, says: /coffer: interrupted/ },
];

for (const { why, keys, code, says } of answers) {
  test(`a question on a terminal: ${why}`, async () => {
    const ran = await onTerminal(program, { typed: [{ after: "to go on: ", keys }] });
    assert.match(ran.screen, /This drops a database\.\r\n/);
    assert.match(ran.screen, says);
    assert.doesNotMatch(ran.screen, /defect/);
    assert.equal(ran.code, code);
  });
}

test("without a terminal nobody is asked: the option is named", () => {
  const ran = spawnSync(program[0] ?? "", program.slice(1), { input: "yes\n", encoding: "utf8" });
  assert.equal(ran.status, 2);
  assert.match(ran.stderr, /no terminal to ask on\n {2}This drops a database\.\n {2}what to do: .*--yes/);
});

test("a signal ends the question", async () => {
  const ending = new AbortController();
  const answer = askYes(new PassThrough(), new PassThrough(), "Go?", ending.signal);
  ending.abort();
  await assert.rejects(answer, { reason: "interrupted" });
});

test("the question about a plan has its sums and what is to be agreed to; a plan that only creates has none", () => {
  const of = (action: "create" | "replace", name: string) => ({
    action,
    resource: { urn: name, type: "t", name, instance: "orders" },
    retained: false,
    properties: [],
    notes: [],
  });
  const created = of("create", "orders-users");
  assert.equal(planQuestion({ stack: "demo", changes: [created] }), undefined);
  assert.equal(
    planQuestion({ stack: "demo", changes: [created, of("replace", "orders-server")] }),
    'stack "demo": 1 to create, 1 to replace\n  ! orders: replace server',
  );
});
