/** Rules held against facts. Pure: the day is given. */
import type { At, Fact } from "./fact.ts";
import type { AnyRule, Severity } from "./rule.ts";
import type { Exception, Settings } from "./settings.ts";

export interface Violation {
  rule: string;
  /** As the settings have it. An exception that holds makes it advisory. */
  severity: Severity;
  at: At;
  message: string;
  received?: string;
  allowed?: string;
  remedy: string;
  page: string;
  /** The exception that lets it through today. */
  excepted?: { reason: string; expires: string };
}

export interface Judgement {
  rules: readonly AnyRule[];
  settings: Settings;
  stack: string;
  /** `2026-12-31`, in UTC. */
  today: string;
}

/** Everything that breaks a rule, in the order of the rules, then of the facts; each once. */
export function judge(facts: readonly Fact[], { rules, settings, stack, today }: Judgement): Violation[] {
  const found = rules.flatMap((rule) =>
    facts.flatMap((fact): Violation[] => {
      if (fact.kind !== rule.about) return [];
      const finding = rule.judge(fact, settings);
      if (!finding) return [];
      const { id, remedy, page } = rule;
      const severity = settings.severity[id] ?? rule.severity;
      return [excepting({ rule: id, severity, at: fact.at, ...finding, remedy, page }, settings, stack, today)];
    }),
  );
  return [...new Map(found.map((one) => [`${one.rule} ${one.message} ${JSON.stringify(one.at)}`, one])).values()];
}

function excepting(violation: Violation, { exceptions }: Settings, stack: string, today: string): Violation {
  const meant = exceptions.filter((exception) => applies(exception, violation, stack));
  const holds = meant.find(({ expires }) => today <= expires);
  if (holds) return { ...violation, severity: "advisory", excepted: { reason: holds.reason, expires: holds.expires } };
  const [expired] = meant;
  if (!expired) return violation;
  return { ...violation, message: `${violation.message}; its exception expired on ${expired.expires}` };
}

function applies(exception: Exception, { rule, at }: Violation, stack: string): boolean {
  if (exception.rule !== rule || exception.stack !== stack) return false;
  return exception.instance === undefined || exception.instance === at.instance;
}

/** The day in UTC, as exceptions write it. */
export const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
