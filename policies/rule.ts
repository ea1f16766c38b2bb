/** What a rule is. Rules are pure: a fact and the organisation's settings in, a sentence or nothing out. */
import type { FactOf, Kind } from "./fact.ts";
import type { Settings } from "./settings.ts";

/** `mandatory` stops the apply; `advisory` is said. */
export type Severity = "mandatory" | "advisory";

export interface Finding {
  /** One sentence: what is wrong. Never holds a secret. */
  message: string;
  /** What the fact has, where the message does not say it. */
  received?: string;
  allowed?: string;
}

export interface Rule<K extends Kind = Kind> {
  /** For ever: exceptions, settings and the page name it. */
  id: string;
  /** Until the settings say otherwise. */
  severity: Severity;
  title: string;
  /** What to do, one sentence. */
  remedy: string;
  /** The page that explains it. */
  page: string;
  about: K;
  judge(fact: FactOf<K>, settings: Settings): Finding | undefined;
}

/** A rule with its kind forgotten, so that rules of all kinds fit into one list. */
export interface AnyRule extends Omit<Rule, "judge" | "about"> {
  about: Kind;
  judge(fact: FactOf<Kind>, settings: Settings): Finding | undefined;
}

/** Checks the kinds of a rule where it is written, and makes it fit into a list. */
export function rule<K extends Kind>(written: Rule<K>): AnyRule {
  const judge = (fact: FactOf<Kind>, settings: Settings) =>
    isAbout(written.about, fact) ? written.judge(fact, settings) : undefined;
  return { ...written, judge };
}

function isAbout<K extends Kind>(kind: K, fact: FactOf<Kind>): fact is FactOf<K> {
  return fact.kind === kind;
}

export const pageOf = (id: string): string => `docs/policies.md#${id}`;
