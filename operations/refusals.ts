/** What an apply does not do unasked: touch the server or the data volume of an instance that is meant to stay. */
import type { Change } from "./changes.ts";

export interface RefusalRules {
  /** Names of the instances in the spec. */
  instances: readonly string[];
  /** Types of resources whose replacement or removal concerns data, for all targets. */
  statefulTypes: readonly string[];
  /** Instances for which the user allowed it. */
  allowReplace: readonly string[];
}

export interface Refusal {
  /** Absent: it is about the stack. */
  instance?: string;
  /** The policy that is broken, when it is one. */
  rule?: string;
  message: string;
  remedy: string;
}

/** All refusals, one for each instance and resource. Pure. */
export function planRefusals(changes: readonly Change[], rules: RefusalRules): Refusal[] {
  return changes.flatMap((change) => {
    const { instance, type, name } = change.resource;
    if (change.action !== "replace" && change.action !== "delete") return [];
    if (!rules.statefulTypes.includes(type)) return [];
    // An instance that left the spec is being deleted; its volume is retained.
    if (instance === undefined || !rules.instances.includes(instance) || rules.allowReplace.includes(instance))
      return [];
    const what = name.startsWith(`${instance}-`) ? name.slice(instance.length + 1) : name;
    const because = change.properties.filter((property) => property.replaces).map((property) => property.path);
    const reason = because.length ? ` (because of: ${because.join(", ")})` : "";
    const verb = change.action === "replace" ? "replace" : "remove";
    return [
      {
        instance,
        message: `instance "${instance}": this apply would ${verb} its ${what}${reason}, and a ${what} that has data is not ${verb}d unasked`,
        remedy: `take the change back in the spec, or allow it by name: --allow-replace ${instance}`,
      },
    ];
  });
}

/** For a change of `only` some instances: what another breaks is no reason against it. */
export function concerns({ instance }: Refusal, only: readonly string[] | undefined): boolean {
  return only === undefined || instance === undefined || only.includes(instance);
}
