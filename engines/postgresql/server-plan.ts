/** What it takes to bring a server from what it is to what it is to be. Pure. */
import type { ObservedServer, ParameterReading, ServerPlan, ServerSpec, ServerStep } from "../engine.ts";
import { markerRefusal } from "../shared/marker.ts";
import { catalogueOf, type Variable } from "./catalogue.ts";
import { renderConfiguration } from "./configuration.ts";
import { hbaPath, settingsOf } from "./settings.ts";
import { bytesOf, fits, printed } from "./values.ts";

/**
 * A reading that is no parameter: whether the running server has loaded the pg_hba.conf that lies on the volume.
 * Its value is `loaded` or `stale`.
 */
export const hbaReading = "pg_hba.conf";

export function planServer(desired: ServerSpec, observed: ObservedServer): ServerPlan {
  const refusal =
    markerRefusal(observed.marker, { uuid: desired.uuid, engine: "postgresql", version: desired.version }) ??
    dataRefusal(observed) ??
    walRefusal(desired);
  if (refusal !== undefined) return { steps: [], refusals: [refusal] };

  const steps: ServerStep[] = [];
  if (!observed.prepared)
    steps.push({ kind: "prepare", from: { from: "blank" }, summary: "make a new data directory on the blank volume" });
  const files = renderConfiguration(desired)
    .filter((file) => observed.configuration[file.path] !== file.content)
    .map((file) => file.path);
  if (files.length > 0) steps.push({ kind: "configure", files, summary: `write ${files.join(" and ")}` });
  if (!observed.running || !observed.enabled)
    steps.push({ kind: "start", summary: observed.running ? "mark the server as meant to run" : "start the server" });
  if (!observed.running) return { steps, refusals: [] };
  const changes = observed.healthy ? differences(desired, observed) : [];
  const held = desired.restart === "hold" ? changes.filter((change) => change.needsRestart) : [];
  const due = changes.filter((change) => !held.includes(change));
  steps.push(...runningSteps(observed, files, due));
  return { steps, refusals: [], ...(held.length > 0 ? { waiting: held.map((change) => change.name) } : {}) };
}

/** Data without a marker could be anybody's. */
function dataRefusal(observed: ObservedServer): string | undefined {
  if (!observed.prepared || observed.marker) return undefined;
  return "the data volume has a data directory but no marker that says whose it is; use another volume, or restore the marker";
}

/** Write-ahead log that may take more than half of the volume would fill it while a checkpoint runs. */
function walRefusal(desired: ServerSpec): string | undefined {
  const setting = settingsOf(desired).get("max_wal_size");
  const bytes = setting && bytesOf(setting.variable, setting.value);
  if (!setting || bytes === undefined || bytes <= desired.volumeBytes / 2) return undefined;
  return (
    `max_wal_size is ${printed(setting.variable, setting.value)}, more than half of the data volume; ` +
    "lower it or make the volume larger"
  );
}

/** What a server that runs needs so that the desired values are in effect. `changes`: those that need not wait. */
function runningSteps(
  observed: ObservedServer,
  files: readonly string[],
  changes: readonly Difference[],
): readonly ServerStep[] {
  if (!observed.healthy)
    return files.length === 0
      ? []
      : [{ kind: "restart", because: files, summary: "restart with the new configuration" }];
  const waiting = changes.filter((change) => change.needsRestart);
  if (waiting.length > 0)
    return [
      {
        kind: "restart",
        because: waiting.map((change) => change.name),
        summary: `restart the server for ${changes.map((change) => change.words).join(", ")}`,
      },
    ];
  const hba = files.includes(hbaPath) || observed.parameters[hbaReading]?.value === "stale";
  if (changes.length === 0 && !hba) return [];
  const words = [...changes.map((change) => change.words), ...(hba ? ["pg_hba.conf"] : [])];
  return [
    {
      kind: "apply-live",
      parameters: Object.fromEntries(changes.map((change) => [change.name, change.to])),
      summary: `apply ${words.join(", ")} without a restart`,
    },
  ];
}

interface Difference {
  name: string;
  /** As the configuration file has it. */
  to: string;
  words: string;
  needsRestart: boolean;
}

/** The parameters whose value in effect is not the desired one, by name. */
function differences(desired: ServerSpec, observed: ObservedServer): readonly Difference[] {
  const catalogue = catalogueOf(desired.version);
  const settings = settingsOf(desired);
  const names = new Set([...settings.keys(), ...Object.keys(observed.parameters)]);
  return [...names].sort().flatMap((name) => {
    const variable = catalogue.get(name);
    const fallback = builtIn(variable);
    // An observation has all that was set when it was made: what it lacks is as the server was built.
    const reading = observed.parameters[name] ?? fallback;
    const wanted = settings.get(name)?.value ?? fallback?.value;
    if (!variable || wanted === undefined) return [];
    if (reading && fits(name, variable, wanted, reading)) return [];
    const to = printed(variable, wanted);
    const words = `${name} ${reading ? readable(variable, reading) : "?"} -> ${to || '""'}`;
    return [{ name, to, words, needsRestart: variable.context === "postmaster" }];
  });
}

/** What a parameter falls back to that nobody sets (any more). */
function builtIn(variable: Variable | undefined): ParameterReading | undefined {
  if (variable?.default === undefined) return undefined;
  return { value: variable.default, dynamic: variable.context !== "postmaster" };
}

function readable(variable: Variable, reading: ParameterReading): string {
  return variable.type === "string" ? reading.value || '""' : printed(variable, reading.value);
}
