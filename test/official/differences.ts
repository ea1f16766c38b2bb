/** Holds a table of the stand-in against the facts of the official plugin. */
import { type Field, type Fields, inputFields, type Schema } from "../../toolchain/docker-plugin/schema.ts";
import type { FromProvider, Rule } from "./facts.ts";

type Facts = FromProvider["resources"][string];

/** What the stand-in does otherwise on purpose. */
const known: Readonly<Record<string, string>> = {
  "docker:index/container:Container cpus: check":
    "the official plugin sends any text, and the create fails; the stand-in says so before anything is made",
};

/** Texts that a check of the official plugin's takes and refuses, by the name of its function. */
const samples: Readonly<Record<string, { takes: readonly string[]; refuses: readonly string[] }>> = {
  validateDurationGeq0: { takes: ["0s", "1m30s", "1.5s", "90s"], refuses: ["-1s", "5", "soon", ""] },
  validateDockerContainerPath: { takes: ["/a", "/", "C:\\a"], refuses: ["a", "./a", "~/a"] },
  validateStringIsBase64Encoded: { takes: ["aGk=", "aGlo", ""], refuses: ["aGk", "a b", "%%%%"] },
};

/** Texts that any pattern is tried with, beside its own alternatives. */
const texts = ["", "0", "0-2", "0,3", "1,", "0644", "0999", "644", "no", "always", "bind", "z", "Z", "x y", "é"];

/** Returns a line for each difference that is not known; none when the table is true. */
export function differences(schema: Schema, facts: Facts): string[] {
  const found: string[] = [];
  const compare = (at: string, what: string, ours: unknown, official: unknown): void => {
    const [one, other] = [JSON.stringify(ours), JSON.stringify(official)];
    if (one !== other) found.push(`${schema.token} ${at}: ${what}: ${one}, official: ${other}`);
  };
  const named = facts.properties.name?.required !== true;
  compare("", "autoName", schema.autoName, named);
  compare("", "timeouts", schema.timeouts, facts.timeouts);
  const before = facts.deleteBeforeReplace ? "always" : named ? "whenNamed" : "never";
  compare("", "deleteBeforeReplace", schema.deleteBeforeReplace, before);
  compareAll(schema.fields, facts.properties, "", compare);
  for (const [name, rule] of Object.entries(facts.properties)) {
    const field = schema.fields[name];
    if (!field) continue;
    compare(name, "an input", field.output !== true, rule.input === true);
    if (field.output || field.notServed !== undefined) continue;
    compare(name, "replaces", (field.change ?? "replace") === "replace", rule.replaces === true);
  }
  return found.filter((line) => !Object.keys(known).some((start) => line.startsWith(`${start}:`)));
}

type Compare = (at: string, what: string, ours: unknown, official: unknown) => void;

function compareAll(fields: Fields, rules: Readonly<Record<string, Rule>>, path: string, compare: Compare): void {
  compare(path, "names", Object.keys(fields).sort(), Object.keys(rules).sort());
  const inputs = inputFields(fields).map(([name]) => name);
  for (const [name, rule] of Object.entries(rules)) {
    const field = fields[name];
    if (field && field.notServed === undefined)
      compareOne(field, rule, path === "" ? name : `${path}.${name}`, inputs.includes(name), compare);
  }
}

function compareOne(field: Field, rule: Rule, at: string, input: boolean, compare: Compare): void {
  compare(at, "type", field.type, rule.type);
  if (field.of || rule.of) compareAll(field.of ?? {}, rule.of ?? {}, at, compare);
  if (!input) return;
  compare(at, "required", field.required === true, rule.required === true);
  compare(at, "default", field.default, rule.default);
  compare(at, "conflicts", field.conflicts, rule.conflicts);
  compareChecks(field, rule, at, compare);
  // A name of its own making counts as given; an output within a list is none of its own here.
  if (at === "name" || at.startsWith("networkDatas.")) return;
  // A rule of its own takes "not given" for "as it was", or compares the whole.
  if (rule.suppresses) compare(at, "a rule of its own", field.computed === true || field.compare !== undefined, true);
  else compare(at, "computed", field.computed === true, rule.computed === true);
}

function compareChecks({ min, oneOf, matches }: Field, { check }: Rule, at: string, compare: Compare): void {
  const least = check?.startsWith(">= ") ? Number(check.slice(3)) : undefined;
  compare(at, "least", min, least);
  if (least !== undefined) return;
  const takes = (text: string): boolean => (oneOf?.includes(text) ?? true) && (matches?.rule(text) ?? true);
  const pattern = check?.startsWith("/") ? new RegExp(check.slice(1, -1)) : undefined;
  const own = check?.match(/[\w-]+/g) ?? [];
  if (pattern) for (const text of [...texts, ...own]) compare(at, `check: "${text}"`, takes(text), pattern.test(text));
  else if (check) {
    const tried = samples[check];
    if (!tried) throw new Error(`nobody wrote what ${check} takes`);
    for (const text of tried.takes) compare(at, `check: "${text}"`, takes(text), true);
    for (const text of tried.refuses) compare(at, `check: "${text}"`, takes(text), false);
  } else compare(at, "check", oneOf !== undefined || matches !== undefined, false);
}
