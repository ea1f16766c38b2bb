/**
 * `policies.yaml` at the root of the checkout: an organisation's limits, severities and exceptions. It is a file of its own, so
 * that whoever edits a spec does not edit what the spec is judged by with the same hand.
 */
import { z } from "zod";
import { readDocument } from "../spec/document.ts";
import { type Fault, SpecError } from "../spec/problem.ts";
import { object, text } from "../spec/schema-parts.ts";
import { memoryPattern, parseMemory } from "../spec/units.ts";
import type { AnyRule, Severity } from "./rule.ts";

/** The file's name in the checkout. */
export const settingsFile = "policies.yaml";

export interface Exception {
  rule: string;
  stack: string;
  /** Undefined: the whole stack. */
  instance?: string;
  reason: string;
  /** The last day that it holds, `2026-12-31`. */
  expires: string;
}

export interface Settings {
  limits: { flavors?: readonly string[]; vcpus?: number; memoryBytes?: number; volumeBytes?: number };
  tags: { required: readonly string[] };
  /** Patterns with `*`. */
  images: { allow: readonly string[] };
  /** By rule; the others have their own. */
  severity: Readonly<Record<string, Severity>>;
  exceptions: readonly Exception[];
  /** Files with rules of the team, relative to the settings' folder. */
  team: readonly string[];
}

/** Without a file: no limits, no exceptions. */
export const noSettings: Settings = {
  limits: {},
  tags: { required: [] },
  images: { allow: [] },
  severity: {},
  exceptions: [],
  team: [],
};

/** All rules there are, and what is wrong with the team's files. */
export interface KnownRules {
  rules: readonly AnyRule[];
  faults: readonly Fault[];
}

const memoryWords = "a whole number and K, M or G (binary), for example 32G";
const gibibytes = "a whole number of GiB, at least 1";
const dayWords = 'a day such as "2026-12-31"';
const severityWords = "mandatory or advisory";
const texts = (words: string) => z.array(text(words), `a list: ${words}`);

const limits = object(
  {
    flavors: texts("names of flavors").min(1, "at least one flavor").optional(),
    vcpus: z.number("a number of CPUs").positive("more than 0").optional(),
    memory: z.string(memoryWords).regex(memoryPattern, memoryWords).optional(),
    volume: z.int(gibibytes).min(1, gibibytes).optional(),
  },
  "a mapping with flavors, vcpus, memory and volume",
);

const exception = object(
  {
    rule: text("a rule's id"),
    stack: text("a stack's name"),
    instance: text("an instance's name").optional(),
    reason: text("why, and who decided it").refine((words) => words.trim().length >= 10, {
      error: "a sentence: why, and who decided it",
    }),
    expires: z.string(dayWords).refine(isDay, { error: dayWords }),
  },
  "a mapping with rule, stack, reason and expires",
);

const schema = object(
  {
    policies: z.literal(1, "1, the version of this file"),
    limits: limits.optional(),
    tags: object({ required: texts("tags") }, "a mapping with required").optional(),
    images: object({ allow: texts("names of images, with * for any text") }, "a mapping with allow").optional(),
    severity: z
      .record(z.string(), z.enum(["mandatory", "advisory"], severityWords), "a mapping of rule: severity")
      .optional(),
    exceptions: z.array(exception, "a list of exceptions").optional(),
    team: texts("files with rules, such as policies/team/names.ts").optional(),
  },
  "a mapping with policies, limits, tags, images, severity, exceptions and team",
);

/**
 * What the file says. `rulesOf` finds all rules once the team's files are known, since severities and exceptions name
 * them. Throws a `SpecError` with all problems.
 */
export async function readSettings(
  bytes: Uint8Array | string,
  file: string,
  rulesOf: (team: readonly string[]) => Promise<KnownRules>,
): Promise<{ settings: Settings; rules: readonly AnyRule[] }> {
  const { value, problems } = readDocument(bytes, file, schema);
  const { rules, faults: unread } = await rulesOf(value.team ?? []);
  const ids = rules.map(({ id }) => id);
  const unknown = (path: Fault["path"], atKey: boolean): Fault => ({
    code: "unknown-rule",
    path,
    atKey,
    message: "there is no rule of this id",
    allowed: ids.join(", "),
    candidates: () => ids,
  });
  const faults = [
    ...unread,
    ...Object.keys(value.severity ?? {}).flatMap((id) => (ids.includes(id) ? [] : [unknown(["severity", id], true)])),
    ...(value.exceptions ?? []).flatMap(({ rule }, index) =>
      ids.includes(rule) ? [] : [unknown(["exceptions", index, "rule"], false)],
    ),
  ];
  if (faults.length) throw new SpecError(problems(faults));
  return { settings: settingsOf(value), rules };
}

function settingsOf(value: z.infer<typeof schema>): Settings {
  const { flavors, vcpus, memory, volume } = value.limits ?? {};
  const memoryBytes = memory === undefined ? undefined : parseMemory(memory);
  return {
    limits: {
      ...(flavors ? { flavors } : {}),
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(volume === undefined ? {} : { volumeBytes: volume * 1024 ** 3 }),
    },
    tags: { required: value.tags?.required ?? [] },
    images: { allow: value.images?.allow ?? [] },
    severity: value.severity ?? {},
    exceptions: (value.exceptions ?? []).map(({ instance, ...rest }) => ({
      ...rest,
      ...(instance === undefined ? {} : { instance }),
    })),
    team: value.team ?? [],
  };
}

function isDay(words: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(words)) return false;
  const date = new Date(`${words}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(words);
}
