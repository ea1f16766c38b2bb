/** Which steps bring a server to what it is to be. Pure. */
import { layout } from "../../access/guest.ts";
import type { ObservedServer, ServerPlan, ServerSpec, ServerStep } from "../engine.ts";
import { markerRefusal } from "../shared/marker.ts";
import { renderConfiguration } from "./configuration.ts";
import { settings } from "./settings.ts";
import { tableOf } from "./table.ts";
import { reads } from "./values.ts";

/** In `apply-live`, for a parameter that nothing sets any more. */
export const toDefault = "DEFAULT";

/**
 * The order of steps: what changes live comes before the file, so that a value which the server refuses never waits
 * in the file for the next start; what needs a restart comes after it.
 */
export function planServer(desired: ServerSpec, observed: ObservedServer): ServerPlan {
  const refusal = refusalOf(desired, observed);
  if (refusal !== undefined) return { steps: [], refusals: [refusal] };
  const steps: ServerStep[] = [];
  if (!observed.prepared)
    steps.push({
      kind: "prepare",
      from: { from: "blank" },
      summary: `make a new MariaDB ${desired.version} data directory`,
    });

  const files = renderConfiguration(desired).filter((file) => observed.configuration[file.path] !== file.content);
  const change = changes(desired, observed, files.length > 0);
  const hold = desired.restart === "hold" && observed.running;
  const restart = change.restart.length > 0 && !hold;
  const live = Object.keys(change.live);
  if (live.length > 0 && !restart)
    steps.push({
      kind: "apply-live",
      parameters: change.live,
      summary: `set without a restart: ${live.map((name) => `${name} = ${change.live[name]}`).join(", ")}`,
    });
  if (files.length > 0)
    steps.push({
      kind: "configure",
      files: files.map((file) => file.path),
      summary: `write ${files.map((file) => file.path).join(", ")}`,
    });
  if (!observed.running || !observed.enabled) steps.push({ kind: "start", summary: "start MariaDB" });
  if (observed.running && restart)
    steps.push({
      kind: "restart",
      because: change.restart,
      summary: `restart MariaDB: ${change.restart.join(", ")} ${change.restart.length === 1 ? "takes" : "take"} effect at a start`,
    });
  const waiting = hold && change.restart.length > 0 ? { waiting: change.restart } : {};
  return { steps, refusals: [], ...waiting };
}

function refusalOf(desired: ServerSpec, observed: ObservedServer): string | undefined {
  const refusal = markerRefusal(observed.marker, { uuid: desired.uuid, engine: "mariadb", version: desired.version });
  if (refusal !== undefined) return refusal;
  if (observed.prepared && observed.marker === undefined)
    return (
      `${layout.data} has files but the volume has no marker that says whose they are; ` +
      "move the files away, or use another volume"
    );
  const { slow, general } = desired.logs ?? {};
  if ((slow || general) && !observed.boundsLogs)
    return (
      "the guest does not bound the slow and the general log, because its software is older than they are: they stay off; " +
      "`coffer rebuild` the instance without `logs`, then switch them on"
    );
  const version = observed.serverVersion;
  if (version !== undefined && !version.startsWith(`${desired.version}.`))
    return `the guest runs MariaDB ${version}, but the instance is to run ${desired.version}; give it an image of that version`;
  return undefined;
}

/**
 * What differs between the settings and the readings of a server that answers. An observation that was made for other settings has
 * no reading of a parameter that nothing set then; that one is new as long as the `file` is still to be written.
 */
function changes(
  desired: ServerSpec,
  observed: ObservedServer,
  file: boolean,
): { live: Record<string, string>; restart: string[] } {
  const live: Record<string, string> = {};
  const restart: string[] = [];
  if (!observed.healthy) return { live, restart };
  const table = tableOf(desired.version).parameters;
  const wanted = new Map(settings(desired).map((setting) => [setting.name, setting]));
  for (const { name, value, readable } of wanted.values()) {
    const row = table[name];
    const reading = observed.parameters[name];
    if (!row || !readable || (reading ? reads(row, value, reading.value) : !file)) continue;
    if (reading?.dynamic ?? row.dynamic) live[name] = value;
    else restart.push(name);
  }
  // `observe` reports a parameter that nothing sets only while it is not at its default.
  for (const [name, reading] of Object.entries(observed.parameters)) {
    if (wanted.has(name)) continue;
    if (reading.dynamic) live[name] = toDefault;
    else restart.push(name);
  }
  // Where TLS itself waits for a restart, asking for it would let nobody in.
  if (restart.includes("ssl_cert") && live.require_secure_transport === "ON") {
    delete live.require_secure_transport;
    restart.push("require_secure_transport");
  }
  return { live, restart };
}
