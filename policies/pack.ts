/**
 * The rules as a policy pack of Pulumi's (CrossGuard): `pulumi up --policy-pack policies`. When the program is Coffer's, the
 * spec is judged first, as `coffer up` does it; then every resource, whichever program made it.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PolicyPack, type ReportViolation, type ResourceValidationArgs } from "@pulumi/policy";
import { parse } from "yaml";
import { loadSpec } from "../spec/index.ts";
import { formatProblems } from "../spec/problem.ts";
import { dayOf, type Judgement, judge, type Violation } from "./judge.ts";
import { judgeSpec, loadPolicies, type PlacedViolation } from "./policies.ts";
import { resourceFacts } from "./resource-facts.ts";
import type { AnyRule } from "./rule.ts";

const root = resolve(import.meta.dirname, "..");
/** The project of Pulumi.yaml. */
const ourProject = "coffer";
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
  const found = args.type === stackType ? await inSpec(rule, args.urn) : inResource(rule, args);
  for (const violation of found) if (violation.severity === level) report(wordsOf(violation));
}

async function inSpec(rule: AnyRule, urn: string): Promise<readonly PlacedViolation[]> {
  ofSpec ??= readSpec(urn);
  return (await ofSpec).filter((violation) => violation.rule === rule.id);
}

/** Nothing for another program than Coffer's. A spec that is not valid is reported by the program. */
async function readSpec(urn: string): Promise<readonly PlacedViolation[]> {
  const { stack, project } = partsOf(urn);
  const file = project === ourProject ? await specOf(stack) : undefined;
  const bytes = file && (await readIfThere(process.env.COFFER_SPEC_SNAPSHOT ?? resolve(root, file)));
  if (!file || !bytes) return [];
  let spec: ReturnType<typeof loadSpec>;
  try {
    spec = loadSpec(bytes, file);
  } catch {
    return [];
  }
  const found = judgeSpec({ bytes, file, spec }, judgement(rules, stack));
  for (const { rule, at } of found) told.add(keyOf(rule, at.instance));
  return found;
}

/** From the stack's configuration, as Coffer writes it: the SDK hands none to a policy pack. */
async function specOf(stack: string): Promise<string | undefined> {
  const bytes = await readIfThere(join(root, ".coffer/config", `Pulumi.${stack}.yaml`));
  const file = (parse(bytes?.toString() ?? "") as { config?: Record<string, unknown> } | null)?.config?.["coffer:spec"];
  return typeof file === "string" ? file : undefined;
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function inResource(rule: AnyRule, { type, urn, props, opts }: ResourceValidationArgs): readonly Violation[] {
  const instance = instanceOf(opts.parent);
  if (told.has(keyOf(rule.id, instance)) || told.has(keyOf(rule.id, undefined))) return [];
  return judge(resourceFacts(type, known(props), instance), judgement([rule], partsOf(urn).stack));
}

const judgement = (these: readonly AnyRule[], stack: string): Judgement => ({
  rules: these,
  settings,
  stack,
  today: dayOf(new Date()),
});

/** `urn:pulumi:STACK::PROJECT::TYPE::NAME`; a type with its parents is `A$B`. */
function partsOf(urn: string): { stack: string; project: string; type: string; name: string } {
  const [head = "", project = "", type = "", ...name] = urn.split("::");
  return {
    stack: head.split(":").slice(2).join(":"),
    project,
    type: type.split("$").pop() ?? "",
    name: name.join("::"),
  };
}

function instanceOf(parent: string | undefined): string | undefined {
  const { type, name } = partsOf(parent ?? "");
  return type === instanceType ? name : undefined;
}

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

const keyOf = (rule: string, instance: string | undefined): string => `${rule} ${instance ?? ""}`;

function wordsOf(violation: Violation | PlacedViolation): string {
  const { message, received, allowed, remedy, excepted, at } = violation;
  const details = [received && `received ${received}`, allowed && `allowed: ${allowed}`].filter(Boolean).join("; ");
  const bare = `${at.instance ? `instance "${at.instance}": ` : ""}${message}${details ? ` (${details})` : ""}`;
  const what = "problem" in violation ? formatProblems([violation.problem]) : bare;
  const next = excepted ? `excepted until ${excepted.expires}: ${excepted.reason}` : `what to do: ${remedy}`;
  return `${what}\n${next}`;
}
