/** Rules on an instance's server: its parameters against the flavor, its ports, the volume it adopts. */
import type { Parameters, Problem } from "../engines/engine.ts";
import type { Draft, DraftConfiguration, DraftInstance } from "./draft.ts";
import { configurationOf, flavorSize } from "./draft.ts";
import type { Path } from "./problem.ts";
import { formatPath } from "./problem.ts";
import type { Rule, RuleFault } from "./rule.ts";
import { lazily } from "./rule.ts";

/** With those of a configuration counted for each instance that has it. */
const mostParameters = 200_000;
/** For a configuration that no instance has: nothing is too large for it. */
const unlimited = Number.MAX_SAFE_INTEGER;

export const serverRules: readonly Rule[] = [
  {
    id: "parameters",
    why: "unknown, owned, mistyped and oversized parameters would stop the server or lose what it promises",
    check({ draft }) {
      let total = 0;
      const faults = [...draft.instances.values()].flatMap((instance): RuleFault[] => {
        const together = total > mostParameters ? {} : effectiveParameters(draft, instance);
        total += Object.keys(together).length;
        if (total <= mostParameters) return instanceParameters(draft, instance, together);
        const message = "the instances up to here have too many parameters together to be checked";
        return [{ path: instance.path, atKey: true, message, allowed: `at most ${mostParameters} in a stack` }];
      });
      const attached = new Set([...draft.instances.values()].map((instance) => groupOf(draft, instance)));
      const alone = [...draft.configurations.values()].filter((group) => !attached.has(group));
      return distinct([...faults, ...alone.flatMap((group) => groupParameters(group))]);
    },
  },
  {
    id: "log-threshold",
    why: "what a slow statement is, is said once",
    check({ draft }) {
      return [...draft.instances.values()].flatMap((instance): RuleFault[] => {
        const { path, logs, resolved } = instance;
        const threshold = resolved?.engine.logs.threshold;
        if (logs?.slow?.afterMs === undefined || threshold === undefined) return [];
        if (!Object.hasOwn(effectiveParameters(draft, instance), threshold)) return [];
        const message = `the parameter ${threshold} of this instance says it, too`;
        return [{ path: [...path, "logs", "slow", "after"], message, allowed: "one of the two: leave the other out" }];
      });
    },
  },
  {
    id: "port-role",
    why: "ports are named by the engine, by role",
    check({ draft }) {
      // Where none are published, the word itself is refused.
      if (draft.target?.kind === "openstack") return [];
      return [...draft.instances.values()].flatMap(({ path, ports, resolved }) => {
        if (!resolved) return [];
        const roles = resolved.engine.ports.map((port) => port.role);
        const unknown = Object.keys(ports).filter((role) => !roles.includes(role));
        return unknown.map((role) => ({
          path: [...path, "ports", role],
          atKey: true,
          message: `${resolved.engine.title} has no port of this role`,
          allowed: roles.join(", "),
          candidates: () => roles,
        }));
      });
    },
  },
  {
    id: "port-clash",
    why: "a published port belongs to one instance",
    check({ draft }) {
      if (draft.target?.kind === "openstack") return [];
      const uses = [...draft.instances.values()].flatMap(({ path, ports }) =>
        Object.entries(ports).map(([role, port]) => ({ key: port, path: [...path, "ports", role] })),
      );
      return clashes(uses, (port, first) => `port ${port} is already published by ${first}`);
    },
  },
  {
    id: "adopt-clash",
    why: "two servers on one volume destroy it",
    check({ draft }) {
      const uses = [...draft.instances.values()].flatMap(({ path, adopt }) =>
        adopt === undefined ? [] : [{ key: adopt, path: [...path, "volume", "adopt"] }],
      );
      return clashes(uses, (_, first) => `this volume is already adopted by ${first}`);
    },
  },
];

/** The instance's configuration, when it is one for the instance's datastore and version. */
function groupOf(draft: Draft, instance: DraftInstance): DraftConfiguration | undefined {
  const { resolved } = instance;
  const group = draft.configurations.get(configurationOf(instance) ?? "");
  const fits = group?.resolved?.datastore === resolved?.datastore && group?.resolved?.version === resolved?.version;
  return resolved && fits ? group : undefined;
}

function effectiveParameters(draft: Draft, instance: DraftInstance): Parameters {
  return { ...groupOf(draft, instance)?.parameters, ...instance.parameters };
}

/** The parameters against the flavor's memory; each fault is where the value stands. */
function instanceParameters(draft: Draft, instance: DraftInstance, together: Parameters): RuleFault[] {
  const { resolved, parameters, flavor } = instance;
  if (!resolved) return [];
  const group = groupOf(draft, instance);
  const memory = flavorSize(draft, flavor ?? "")?.memoryBytes ?? unlimited;
  return resolved.engine.checkParameters(resolved.version, together, memory).map((problem) => {
    const own = Object.hasOwn(parameters, String(problem.path[0])) || !group;
    return parameterFault(own ? instance.path : group.path, problem);
  });
}

function groupParameters({ path, resolved, parameters }: DraftConfiguration): RuleFault[] {
  const problems = resolved?.engine.checkParameters(resolved.version, parameters, unlimited) ?? [];
  return problems.map((problem) => parameterFault(path, problem));
}

function parameterFault(owner: Path, problem: Problem): RuleFault {
  const { path, message, allowed, candidates } = problem;
  // The engine's candidates are names of parameters unless the name is one of them: then they are values.
  const atKey = candidates !== undefined && !candidates.includes(String(path[0]));
  return { path: [...owner, "parameters", ...path], atKey, message, allowed, candidates: lazily(candidates) };
}

/** A group's parameters are checked with every instance that has it, and reported once. */
function distinct(faults: readonly RuleFault[]): RuleFault[] {
  return [...new Map(faults.map((fault) => [`${formatPath(fault.path)} ${fault.message}`, fault])).values()];
}

function clashes<Key>(
  uses: readonly { key: Key; path: Path }[],
  words: (key: Key, first: string) => string,
): RuleFault[] {
  const first = new Map<Key, Path>();
  return uses.flatMap(({ key, path }) => {
    const earlier = first.get(key);
    if (earlier) return [{ path, message: words(key, formatPath(earlier)) }];
    first.set(key, path);
    return [];
  });
}
