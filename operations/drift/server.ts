/** Where a database server is not what the spec says: parameters, files, whether it runs. Pure. */
import type { Engine, ObservedServer, Parameters, ServerSpec } from "../../engines/engine.ts";
import type { Difference } from "./row.ts";

export interface ServerSides {
  engine: Engine;
  /** As the spec wants it, and as it was applied last; one of them is there. */
  wanted: ServerSpec | undefined;
  recorded: ServerSpec | undefined;
  observed: ObservedServer;
}

export function serverDifferences(sides: ServerSides): Difference[] {
  const { engine, observed } = sides;
  const desired = sides.wanted ?? sides.recorded;
  if (!desired) return [];
  const plan = engine.planServer(desired, observed);
  if (plan.refusals.length) return plan.refusals.map((real) => server("", real, "none"));
  const found = [...runningDifferences(observed), ...parameterDifferences(sides, desired), ...fileDifferences(sides)];
  // What `up` would do is told in any case.
  return found.length ? found : plan.steps.map(({ kind, summary }) => server(kind, summary, "up"));
}

const server = (name: string, real: string, mend: Difference["mend"]): Difference => ({
  what: "server",
  name,
  spec: "in order",
  state: "in order",
  real,
  mend,
});

function runningDifferences({ prepared, running, enabled, healthy }: ObservedServer): Difference[] {
  if (!prepared) return [server("", "its data directory is not there", "none")];
  if (!running) return [server("", "stopped", "up")];
  return [
    ...(enabled ? [] : [server("", "not started when its machine starts", "up")]),
    ...(healthy ? [] : [server("", "runs and does not answer", "none")]),
  ];
}

function parameterDifferences({ engine, wanted, recorded, observed }: ServerSides, desired: ServerSpec): Difference[] {
  const rules = new Map(engine.parameters(desired.version).map((rule) => [rule.name, rule]));
  const { live, waiting } = differing(engine, desired, observed);
  const [inSpec, inState] = [wordsOf(engine, wanted), wordsOf(engine, recorded)];
  const named = [...Object.keys(wanted?.parameters ?? {}), ...Object.keys(recorded?.parameters ?? {})];
  const names = [...new Set([...named, ...live, ...waiting])].filter((name) => rules.has(name)).sort();
  return names.flatMap((name): Difference[] => {
    const [spec, state] = [inSpec(name), inState(name)];
    const off = live.has(name) || waiting.has(name);
    if (spec === state && !off) return [];
    const reading = observed.parameters[name];
    const value = reading && engine.written(desired.version, name, reading);
    const real = !off ? (spec ?? state) : value === undefined ? rules.get(name)?.default : String(value);
    const held = waiting.has(name) && desired.restart === "hold";
    const row: Difference = {
      what: "parameter",
      name,
      spec,
      state,
      real: real ?? null,
      mend: held ? "restart" : "up",
      ...(waiting.has(name) && !held ? { note: "restarts the server" } : {}),
    };
    if (spec !== state || !wanted || value === undefined) return [row];
    const owned = rules.get(name)?.owned;
    if (owned !== undefined) return [{ ...row, note: `belongs to Coffer: ${owned}` }];
    const [problem] = engine.checkParameters(
      desired.version,
      { ...wanted.parameters, [name]: value },
      wanted.memoryBytes,
    );
    if (problem) return [{ ...row, note: `no spec may say it: ${problem.message}` }];
    return [{ ...row, adoption: { kind: "parameter", name, value } }];
  });
}

/** The parameters whose value in effect is not the desired one: those that change in the running server, and the others. */
function differing(engine: Engine, desired: ServerSpec, observed: ObservedServer) {
  // Where restarts are held, a plan tells the two apart.
  const plan = engine.planServer({ ...desired, restart: "hold" }, observed);
  const live = plan.steps.flatMap((step) => (step.kind === "apply-live" ? Object.keys(step.parameters) : []));
  return { live: new Set(live), waiting: new Set(plan.waiting ?? []) };
}

/** What a side says of a parameter; null where there is no such side. */
function wordsOf(engine: Engine, spec: ServerSpec | undefined): (name: string) => string | null {
  if (!spec) return () => null;
  const own = new Map(engine.ownSettings(spec).map(({ name, value }) => [name, value]));
  const given: Parameters = spec.parameters;
  return (name) => {
    const value = Object.hasOwn(given, name) ? given[name] : own.get(name);
    return value === undefined ? "default" : String(value);
  };
}

/** Files that are neither what the spec makes of them nor what the last apply did. */
function fileDifferences({ engine, wanted, recorded, observed }: ServerSides): Difference[] {
  const rendered = [wanted, recorded].filter((one) => one !== undefined).map((one) => engine.renderConfiguration(one));
  return (rendered[0] ?? []).flatMap(({ path }): Difference[] => {
    const real = observed.configuration[path];
    const known = rendered.map((files) => files.find((file) => file.path === path)?.content);
    if (!observed.prepared || (real !== undefined && known.includes(real))) return [];
    const words = real === undefined ? null : "another text";
    return [{ what: "file", name: path, spec: "as rendered", state: "as rendered", real: words, mend: "up" }];
  });
}
