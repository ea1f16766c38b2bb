/** policies.yaml: what is wrong with it is said with its place; severities, exceptions and the team's rules take effect. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { judge } from "../../policies/judge.ts";
import { judgeSpec, loadPolicies } from "../../policies/policies.ts";
import { rules } from "../../policies/rules/index.ts";
import { noSettings } from "../../policies/settings.ts";
import { loadSpec, SpecError } from "../../spec/index.ts";
import { dockerSpec, inSpec, judgement, openstackSpec, today } from "./policies-fixture.ts";

const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

/** A checkout's root with these files. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "coffer-policies-"));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const load = (text: string, files = {}) => loadPolicies(folderWith({ "policies.yaml": text, ...files }));

test("without a file Coffer's rules hold, without limits", async () => {
  assert.deepEqual(await loadPolicies(folderWith({})), { rules, settings: noSettings });
});

test("units are the spec's", async () => {
  const { settings } = await load("policies: 1\nlimits: { vcpus: 8, memory: 32G, volume: 500, flavors: [small] }\n");
  assert.deepEqual(settings.limits, {
    flavors: ["small"],
    vcpus: 8,
    memoryBytes: 32 * 1024 ** 3,
    volumeBytes: 500 * 1024 ** 3,
  });
});

test("what the file says is what holds; what it does not say limits nothing", async () => {
  const { settings } = await load(`policies: 1
tags: { required: [owner] }
images: { allow: ["debian-*"] }
severity: { image-source: mandatory }
exceptions:
  - { rule: whole-internet, stack: shop, reason: ten chars., expires: "2026-12-31" }
  - { rule: no-password, stack: shop, instance: orders, reason: ten chars., expires: "2026-12-31" }
`);
  const held = { stack: "shop", reason: "ten chars.", expires: "2026-12-31" };
  assert.deepEqual(settings, {
    limits: {},
    tags: { required: ["owner"] },
    images: { allow: ["debian-*"] },
    severity: { "image-source": "mandatory" },
    exceptions: [
      { rule: "whole-internet", ...held },
      { rule: "no-password", ...held, instance: "orders" },
    ],
    team: [],
  });
  assert.deepEqual((await load("policies: 1\n")).settings, noSettings);
});

const reason = "decided by Ada in the security round";
const wrong: readonly { why: string; text: string; says: RegExp }[] = [
  { why: "empty", text: "", says: /^policies\.yaml:1:1: the file is empty/ },
  { why: "no YAML", text: "policies: [", says: /^policies\.yaml:/ },
  { why: "a list", text: "- policies: 1", says: /^policies\.yaml:1:1: this is of the wrong type/ },
  { why: "no version", text: "limits: {}", says: /policies: this is missing/ },
  {
    why: "a word that is not known",
    text: "policies: 1\nlimit: {}",
    says: /^policies\.yaml:2:1: limit: .*did you mean "limits"/,
  },
  { why: "a size without a unit", text: "policies: 1\nlimits: { memory: 32 }", says: /2:19: limits\.memory/ },
  {
    why: "no severity that switches off",
    text: "policies: 1\nseverity: { no-password: off }",
    says: /2:26: severity\.no-password: .*mandatory or advisory/,
  },
  {
    why: "a severity of no rule",
    text: "policies: 1\nseverity: { image-sorce: advisory }",
    says: /2:13: severity\.image-sorce: there is no rule of this id.*did you mean "image-source"/,
  },
  {
    why: "an exception of no rule",
    text: `policies: 1\nexceptions: [ { rule: whole-intranet, stack: shop, reason: ${reason}, expires: "2026-12-31" } ]`,
    says: /2:23: exceptions\[0\]\.rule: there is no rule/,
  },
  {
    why: "an exception for ever",
    text: `policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: ${reason} } ]`,
    says: /exceptions\[0\]\.expires: this is missing/,
  },
  {
    why: "a day that is none",
    text: `policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: ${reason}, expires: "2026-02-30" } ]`,
    says: /exceptions\[0\]\.expires: .*a day such as/,
  },
  {
    why: "a moment is no day",
    text: `policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: ${reason}, expires: "2026-12-31T00:00" } ]`,
    says: /exceptions\[0\]\.expires: .*a day such as/,
  },
  {
    why: "words that end in a day",
    text: `policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: ${reason}, expires: "12026-12-31" } ]`,
    says: /exceptions\[0\]\.expires: .*a day such as/,
  },
  {
    why: "no day at all",
    text: `policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: ${reason}, expires: "never" } ]`,
    says: /exceptions\[0\]\.expires: .*a day such as/,
  },
  {
    why: "a reason of spaces",
    text: 'policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: "ok          ", expires: "2026-12-31" } ]',
    says: /exceptions\[0\]\.reason: .*a sentence/,
  },
  {
    why: "no reason to speak of",
    text: 'policies: 1\nexceptions: [ { rule: whole-internet, stack: shop, reason: ok, expires: "2026-12-31" } ]',
    says: /exceptions\[0\]\.reason: .*a sentence/,
  },
  {
    why: "a team's file that is not there",
    text: "policies: 1\nteam: [team/gone.ts]",
    says: /2:8: team\[0\]: this file cannot be loaded/,
  },
];

for (const { why, text, says } of wrong) {
  test(`refused: ${why}`, async () => {
    await assert.rejects(
      load(text),
      (error) => (error instanceof SpecError && says.test(error.message)) || assert.fail(String(error)),
    );
  });
}

const open = openstackSpec("{ allow: [0.0.0.0/0] }");
const exception = { rule: "whole-internet", stack: "shop", instance: "orders", reason, expires: "2026-06-15" };
const exceptions: readonly {
  why: string;
  change: Partial<typeof exception> | { instance: undefined };
  severity: string;
  says?: RegExp;
}[] = [
  { why: "on its last day", change: {}, severity: "advisory" },
  { why: "of the whole stack", change: { instance: undefined }, severity: "advisory" },
  {
    why: "the day after",
    change: { expires: "2026-06-14" },
    severity: "mandatory",
    says: /its exception expired on 2026-06-14/,
  },
  { why: "of another stack", change: { stack: "shop2" }, severity: "mandatory" },
  { why: "of another instance", change: { instance: "ledger" }, severity: "mandatory" },
  { why: "of another rule", change: { rule: "no-password" }, severity: "mandatory" },
];

for (const { why, change, severity, says = /whole internet/ } of exceptions) {
  test(`an exception ${why}: ${severity}`, () => {
    assert.equal(today, "2026-06-15");
    const { instance, ...rest } = { ...exception, ...change };
    const [violation, ...others] = inSpec(open, {
      exceptions: [{ ...rest, ...(instance === undefined ? {} : { instance }) }],
    });
    assert.deepEqual([violation?.severity, others], [severity, []]);
    assert.match(violation?.message ?? "", says);
    assert.deepEqual(violation?.excepted, severity === "advisory" ? { reason, expires: rest.expires } : undefined);
  });
}

test("an old exception that was renewed below holds", () => {
  const both = [{ ...exception, expires: "2026-01-31" }, exception];
  assert.equal(inSpec(open, { exceptions: both })[0]?.excepted?.expires, "2026-06-15");
});

test("the settings' severity takes the place of the rule's", () => {
  const [violation] = inSpec(dockerSpec({ version: "{ active: false }" }), {
    severity: { "deprecated-version": "mandatory" },
  });
  assert.deepEqual([violation?.rule, violation?.severity], ["deprecated-version", "mandatory"]);
});

const ruleModule = resolve(import.meta.dirname, "../../policies/rule.ts");
const teamFile = (id: string) => `import { rule } from ${JSON.stringify(ruleModule)};
export const rules = [
  rule({
    id: ${JSON.stringify(id)}, severity: "mandatory", title: "Names", remedy: "rename it", page: "https://wiki.example/names", about: "instance",
    judge: ({ spec }) => (spec.name.startsWith("shop-") ? undefined : { message: "the name does not begin with shop-" }),
  }),
];
`;

test("the team's rules judge beside ours, with both verdicts, and can be excepted", async () => {
  const yaml = `policies: 1\nteam: [team/names.ts]\nseverity: { instance-names: advisory }\n`;
  const loaded = await load(yaml, { "team/names.ts": teamFile("instance-names") });
  assert.deepEqual(
    loaded.rules.map(({ id }) => id),
    [...rules.map(({ id }) => id), "instance-names"],
  );
  const said = (text: string) =>
    judgeSpec({ bytes: text, file: "shop.yaml", spec: loadSpec(text, "shop.yaml") }, { ...judgement({}), ...loaded });
  const [violation] = said(dockerSpec({}));
  assert.deepEqual(
    [violation?.rule, violation?.severity, violation?.problem.path],
    ["instance-names", "advisory", "instances.orders"],
  );
  assert.deepEqual(said(dockerSpec({}).replace("  orders:", "  shop-orders:")), []);
});

/** Rules as text; each is a whole rule, but for what is said of it. */
function rulesOf(...changes: readonly object[]): string {
  const whole = { id: "names", severity: "mandatory", title: "t", remedy: "r", page: "p", about: "volume" };
  const texts = changes.map((change) => `{ judge: () => undefined, ...${JSON.stringify({ ...whole, ...change })} }`);
  return `export const rules = [${texts.join(", ")}];`;
}

test("a rule of the team may be advisory, and several may be in one file", async () => {
  const text = rulesOf({}, { id: "more-names", severity: "advisory" });
  const loaded = await load("policies: 1\nteam: [t.ts]\n", { "t.ts": text });
  assert.deepEqual(
    loaded.rules.slice(rules.length).map(({ id }) => id),
    ["names", "more-names"],
  );
});

test("a file of policies that cannot be read is no file without limits", async () => {
  await assert.rejects(loadPolicies(folderWith({ "policies.yaml/x": "" })), /EISDIR/);
});

for (const [why, text, says] of [
  ["an empty list", "export const rules = [];", /exports no list `rules`/],
  ["one rule beside something else", rulesOf({}, { title: 1 }), /has something that `rule/],
  ["nothing at all in the list", "export const rules = [null];", /has something that `rule/],
  ["a word in the list", 'export const rules = ["names"];', /has something that `rule/],
  ["no id", rulesOf({ id: 7 }), /has something that `rule/],
  ["an id that is no text", rulesOf({ id: ["names"] }), /has something that `rule/],
  ["an id with more behind it", rulesOf({ id: "names and more" }), /has something that `rule/],
  ["another severity", rulesOf({ severity: "fatal" }), /has something that `rule/],
  ["no remedy", rulesOf({ remedy: null }), /has something that `rule/],
  ["nothing that judges", rulesOf({ judge: "j" }), /has something that `rule/],
  ["one id twice", rulesOf({}, {}), /"names" has the id of another rule/],
  ["an id that is ours", teamFile("no-password"), /"no-password" has the id of another rule/],
  ["an id that is no id", teamFile("No Password"), /has something that `rule/],
  ["no rules", "export const rule = 1;", /exports no list `rules`/],
  ["a file that throws", 'throw new Error("boom");', /cannot be loaded: boom/],
] as const) {
  test(`the team's file is refused: ${why}`, async () => {
    await assert.rejects(load("policies: 1\nteam: [t.ts]\n", { "t.ts": text }), says);
  });
}

test("one thing is said once, whoever found it twice", () => {
  const at = { instance: "orders" };
  const facts = [1, 2].map(() => ({ kind: "volume" as const, at, bytes: 2 ** 40 }));
  assert.equal(judge(facts, judgement({ limits: { volumeBytes: 2 ** 30 } })).length, 1);
});
