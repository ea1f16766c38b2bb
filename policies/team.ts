/** Rules of the team: TypeScript files that `team:` of policies.yaml names, each with `export const rules`. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Fault } from "../spec/problem.ts";
import type { AnyRule } from "./rule.ts";
import type { KnownRules } from "./settings.ts";

/** Ours and then the team's. `folder` is what the files' names are relative to. */
export async function withTeam(
  ours: readonly AnyRule[],
  folder: string,
  files: readonly string[],
): Promise<KnownRules> {
  const rules = [...ours];
  const faults: Fault[] = [];
  for (const [index, file] of files.entries()) {
    const wrong = (message: string) =>
      faults.push({
        code: "team-rules",
        path: ["team", index],
        message,
        allowed: "a file with `export const rules = [rule({ ... })]`",
      });
    const found = await rulesIn(resolve(folder, file));
    if (typeof found === "string") wrong(found);
    else {
      const taken = new Set(rules.map(({ id }) => id));
      for (const rule of found) {
        if (taken.has(rule.id)) wrong(`its rule "${rule.id}" has the id of another rule`);
        else rules.push(rule);
        taken.add(rule.id);
      }
    }
  }
  return { rules, faults };
}

/** The rules, or why there are none, in words. */
async function rulesIn(path: string): Promise<readonly AnyRule[] | string> {
  let module: { rules?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { rules?: unknown };
  } catch (error) {
    return `this file cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { rules } = module;
  if (!Array.isArray(rules) || rules.length === 0) return "this file exports no list `rules`";
  const list: readonly unknown[] = rules;
  return list.every(isRule) ? list : "this file's `rules` has something that `rule({ ... })` did not make";
}

function isRule(value: unknown): value is AnyRule {
  if (typeof value !== "object" || value === null) return false;
  const { id, severity, title, remedy, page, about, judge } = value as Record<string, unknown>;
  return (
    typeof id === "string" &&
    /^[a-z][a-z0-9-]*$/.test(id) &&
    (severity === "mandatory" || severity === "advisory") &&
    [title, remedy, page, about].every((word) => typeof word === "string") &&
    typeof judge === "function"
  );
}
