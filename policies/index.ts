/**
 * The rules as a policy pack of Pulumi's (CrossGuard): `pulumi up --policy-pack policies`. When the program is Coffer's, the
 * spec is judged first, as `coffer up` does it; then every resource, whichever program made it.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PolicyPack, type ReportViolation, type ResourceValidationArgs } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { loadSpec } from "../spec/index.ts";
import { formatProblems } from "../spec/problem.ts";
import { dayOf, type Judgement, judge, type Violation } from "./judge.ts";
import { judgeSpec, loadPolicies, type PlacedViolation } from "./policies.ts";
import { resourceFacts } from "./resource-facts.ts";
import type { AnyRule } from "./rule.ts";

const root = resolve(import.meta.dirname, "..");
const stackType = "pulumi:pulumi:Stack";
const instanceType = "coffer:components:Instance";

const { rules, settings } = await loadPolicies(root);
/** What the spec was found to break: its resources are not reported once more. */
const told = new Set<string>();
let ofSpec: Promise<readonly PlacedViolation[]> | undefined;

new PolicyPack("coffer-policies", {
  policies: rules.flatMap((rule) => {
    const { severity, title, page, remedy } = rule;
    const description = `${title}. See ${page}.`;
    const policy = (name: string, level: "mandatory" | "advisory") => ({
      name,
      description,
      enforcementLevel: level,
      remediationSteps: remedy,
      validateResource: (args: ResourceValidationArgs, report: ReportViolation) => validate(rule, level, args, report),
    });
    const level = settings.severity[rule.id] ?? severity;
    // What an exception lets through is said and stops nothing: a mandatory policy can only stop.
    return level === "mandatory"
      ? [policy(rule.id, "mandatory"), policy(`${rule.id}-excepted`, "advisory")]
      : [policy(rule.id, "advisory")];
  }),
});

async function validate(
  rule: AnyRule,
  level: string,
  args: ResourceValidationArgs,
  report: ReportViolation,
): Promise<void> {
  const found = args.type === stackType ? await inSpec(rule) : inResource(rule, args);
  for (const violation of found) if (violation.severity === level) report(wordsOf(violation));
}

async function inSpec(rule: AnyRule): Promise<readonly PlacedViolation[]> {
  ofSpec ??= readSpec();
  return (await ofSpec).filter((violation) => violation.rule === rule.id);
}

/** Nothing for another program than Coffer's. A spec that is not valid is reported by the program. */
async function readSpec(): Promise<readonly PlacedViolation[]> {
  const file = new pulumi.Config("coffer").get("spec");
  if (!file) return [];
  const bytes = await readFile(process.env.COFFER_SPEC_SNAPSHOT ?? resolve(root, file)).catch(() => undefined);
  if (!bytes) return [];
  let spec: ReturnType<typeof loadSpec>;
  try {
    spec = loadSpec(bytes, file);
  } catch {
    return [];
  }
  const found = judgeSpec({ bytes, file, spec }, judgement([...rules]));
  for (const { rule, at } of found) told.add(keyOf(rule, at.instance));
  return found;
}

function inResource(rule: AnyRule, { type, props, opts }: ResourceValidationArgs): readonly Violation[] {
  const instance = instanceOf(opts.parent);
  if (told.has(keyOf(rule.id, instance)) || told.has(keyOf(rule.id, undefined))) return [];
  return judge(resourceFacts(type, known(props), instance), judgement([rule]));
}

const judgement = (these: readonly AnyRule[]): Judgement => ({
  rules: these,
  settings,
  stack: pulumi.getStack(),
  today: dayOf(new Date()),
});

/** The properties whose values are there: asking for one that a preview does not know yet is an error of the SDK. */
function known(props: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(props).flatMap((name): [string, unknown][] => {
      try {
        return [[name, JSON.parse(JSON.stringify(props[name] ?? null))]];
      } catch {
        return [];
      }
    }),
  );
}

/** `urn:pulumi:STACK::PROJECT::TYPE::NAME`; a type with its parents is `A$B`. */
function instanceOf(parent: string | undefined): string | undefined {
  const [, , type = "", ...name] = (parent ?? "").split("::");
  return type.split("$").pop() === instanceType ? name.join("::") : undefined;
}

const keyOf = (rule: string, instance: string | undefined): string => `${rule} ${instance ?? ""}`;

function wordsOf(violation: Violation | PlacedViolation): string {
  const { message, received, allowed, remedy, page, excepted, at } = violation;
  const details = [received && `received ${received}`, allowed && `allowed: ${allowed}`].filter(Boolean).join("; ");
  const bare = `${at.instance ? `instance "${at.instance}": ` : ""}${message}${details ? ` (${details})` : ""}`;
  const what = "problem" in violation ? formatProblems([violation.problem]) : bare;
  const next = excepted ? `excepted until ${excepted.expires}: ${excepted.reason}` : `what to do: ${remedy}`;
  return `${what}\n${next}\n${page}`;
}
