/**
 * coffer:guest:Server: the database server inside a guest: prepared, configured and running.
 * Outputs: the inputs, and `observed` (what the engine saw), `hadData` (once true, always true), `serverVersion`,
 * `pendingRestart`, `reachable`.
 */
import { type Guest, GuestError, layout } from "../../access/guest.ts";
import {
  type Engine,
  type ObservedServer,
  type Parameters,
  pendingRestart,
  type ServerPlan,
  type ServerSpec,
  type TlsMode,
} from "../../engines/engine.ts";
import { engineOf } from "../../engines/index.ts";
import type { LogSettings } from "../../engines/logs.ts";
import { inputChanges } from "../changes.ts";
import { inGuest, isUnread, readInGuest, recorded, stepsOf } from "../in-guest.ts";
import { type Change, type CheckFailure, type Context, HalfMade, type Kind } from "../kind.ts";
import { sharedSession } from "../reads.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

/** How long a server may take to answer after a start; crash recovery of a busy one takes minutes. */
const healthyMs = 300_000;
/** A clean plan needs one round; a second one absorbs what the server rounded. More is a defect worth an error. */
const maxRounds = 3;

export const server: Kind = {
  token: "coffer:guest:Server",
  secrets: ["guest"],
  live: true,

  check(inputs, old) {
    const failures: CheckFailure[] = [];
    for (const property of ["engine", "version", "uuid"]) {
      if (hasUnknown(inputs[property])) continue;
      if (typeof inputs[property] !== "string")
        failures.push({ property, reason: `must be text, received ${typeof inputs[property]}` });
    }
    if (old && typeof inputs.engine === "string" && old.engine !== inputs.engine) {
      failures.push({
        property: "engine",
        reason: `an instance keeps its engine: it has ${String(old.engine)} data, ${inputs.engine} cannot read it; create a new instance and move the data`,
      });
    }
    if (old && typeof inputs.version === "string" && old.engine === inputs.engine && old.version !== inputs.version) {
      failures.push({
        property: "version",
        reason: `the version of an instance with data cannot be changed by up (recorded ${String(old.version)}, wanted ${inputs.version}); go back to ${String(old.version)}`,
      });
    }
    return failures;
  },

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs, ["parameters"]);
    if (hasUnknown({ ...inputs, guest: null })) return changes;
    if (isUnread(old.outputs)) changes.push({ path: "reachable", kind: "update", fromInputs: false });
    else changes.push(...drift(inputs, old.outputs, changes));
    return changes;
  },

  preview: (_context, inputs) => ({
    ...inputs,
    observed: UNKNOWN,
    serverVersion: UNKNOWN,
    pendingRestart: UNKNOWN,
    reachable: true,
  }),

  async create(context, inputs) {
    const id = String(inputs.uuid);
    return { id, outputs: await converge(context, id, inputs, {}) };
  },

  async read(context, _id, inputs, outputs) {
    return readInGuest(context, inputs, outputs, async (guest) => {
      const observed = await engineIn(inputs).observe(guest, specOf(inputs), sharedSession(engineIn(inputs), guest));
      if (!observed.prepared && outputs.hadData === true) await mustBeMounted(guest);
      return outputsOf(inputs, observed, outputs);
    });
  },

  async previewUpdate(context, old, inputs) {
    if (hasUnknown({ ...inputs, guest: null }) || old.outputs.reachable === false) {
      return { ...inputs, observed: UNKNOWN, serverVersion: UNKNOWN, pendingRestart: UNKNOWN, reachable: true };
    }
    const plan = planFor(inputs, observedOf(old.outputs), old.outputs);
    for (const step of stepsOf(plan)) context.note(step.kind === "restart" ? "warning" : "info", step.summary);
    noteWaiting(context, plan);
    return { ...old.outputs, ...inputs, observed: UNKNOWN, pendingRestart: UNKNOWN };
  },

  update: (context, id, old, inputs) => converge(context, id, inputs, old.outputs),

  // The data volume outlives the server, and the guest is stopped by its own resource.
  async delete() {},
};

/** The engine's plan, but for data that was there and is not: that is never made anew in silence. */
function planFor(inputs: Values, observed: ObservedServer, before: Values): ServerPlan {
  const plan = engineIn(inputs).planServer(specOf(inputs), observed);
  if (before.hadData !== true || !plan.steps.some((step) => step.kind === "prepare")) return plan;
  const refusal = `the data directory of this instance was there and is gone from its volume; Coffer does not put an empty one in its place. Bring the data back, or give it up by deleting the instance and creating it anew`;
  return { steps: [], refusals: [...plan.refusals, refusal] };
}

/** Configured, running and answering, as the inputs say; for whoever moved the machine under the server. */
export async function convergeServer(context: Context, inputs: Values): Promise<void> {
  await converge(context, String(inputs.uuid), inputs, { hadData: true });
}

async function converge(context: Context, id: string, inputs: Values, before: Values): Promise<Values> {
  return inGuest(context, inputs, async (guest) => {
    const engine = engineIn(inputs);
    const spec = specOf(inputs);
    try {
      for (let round = 0; ; round++) {
        const observed = await engine.observe(guest, spec);
        const plan = planFor(inputs, observed, before);
        const steps = stepsOf(plan);
        if (!steps.length) {
          noteWaiting(context, plan);
          await engine.waitHealthy(guest, healthyMs);
          return outputsOf(inputs, observed.healthy ? observed : await engine.observe(guest, spec), before);
        }
        if (round === maxRounds) {
          const left = steps.map((step) => step.summary).join("; ");
          throw new Error(
            `the server does not keep what was set; after ${maxRounds} rounds there is still to do: ${left}`,
          );
        }
        for (const step of steps) {
          context.signal.throwIfAborted();
          context.note("info", step.summary);
          await engine.executeServer(guest, step, spec);
          if (step.kind === "start" || step.kind === "restart") await engine.waitHealthy(guest, healthyMs);
        }
      }
    } catch (error) {
      throw new HalfMade({ id, outputs: await lastSeen(guest, inputs, before) }, error);
    }
  });
}

function noteWaiting(context: Context, { waiting }: ServerPlan): void {
  if (waiting) context.note("info", `${waiting.join(", ")}: in effect after the next restart (restart: hold)`);
}

/** Data that cannot be seen is not data that is gone: a volume is away while its machine gets another disk. */
async function mustBeMounted(guest: Guest): Promise<void> {
  const { code } = await guest.run(["mountpoint", "-q", layout.root]);
  if (code !== 0) throw new GuestError("failed", `the data volume of "${guest.name}" is not mounted`);
}

/** What can still be seen after a failure; the failure itself is what the user gets to read. */
async function lastSeen(guest: Guest, inputs: Values, before: Values): Promise<Values> {
  try {
    return outputsOf(inputs, await look(guest, inputs), before);
  } catch {
    return { ...inputs, hadData: before.hadData === true, reachable: false };
  }
}

const look = (guest: Guest, inputs: Values): Promise<ObservedServer> => engineIn(inputs).observe(guest, specOf(inputs));
const engineIn = (inputs: Values): Engine => engineOf(String(inputs.engine));

function specOf(inputs: Values): ServerSpec {
  return {
    uuid: String(inputs.uuid),
    version: String(inputs.version),
    memoryBytes: Number(inputs.memoryBytes),
    vcpus: Number(inputs.vcpus),
    volumeBytes: Number(inputs.volumeBytes),
    parameters: (inputs.parameters ?? {}) as unknown as Parameters,
    restart: inputs.restart === "hold" ? "hold" : "allow",
    // What older versions made has none.
    tls: (inputs.tls ?? "basic") as TlsMode,
    ...(inputs.logs ? { logs: inputs.logs as unknown as LogSettings } : {}),
  };
}

function observedOf(outputs: Values): ObservedServer {
  const nothing: ObservedServer = {
    prepared: false,
    running: false,
    enabled: false,
    healthy: false,
    configuration: {},
    parameters: {},
  };
  return outputs.observed ? (outputs.observed as unknown as ObservedServer) : nothing;
}

function outputsOf(inputs: Values, observed: ObservedServer, before: Values): Values {
  const plan = engineIn(inputs).planServer(specOf(inputs), observed);
  return {
    ...inputs,
    observed: recorded(observed),
    hadData: before.hadData === true || observed.prepared,
    serverVersion: observed.serverVersion,
    pendingRestart: [...pendingRestart(plan)],
    reachable: true,
  };
}

/** What the real server differs in, beyond what the spec itself changed. */
function drift(inputs: Values, outputs: Values, known: readonly Change[]): Change[] {
  const plan = planFor(inputs, observedOf(outputs), outputs);
  // A refusal must reach the user: the update that it leads to says it, in the preview already.
  if (plan.refusals.length) return [{ path: "observed", kind: "update", fromInputs: false }];
  const paths = new Set<string>();
  for (const step of plan.steps) {
    if (step.kind === "apply-live") for (const name of Object.keys(step.parameters)) paths.add(`parameters.${name}`);
    else if (step.kind === "restart") for (const name of step.because) paths.add(`parameters.${name}`);
    else
      paths.add(
        step.kind === "configure"
          ? "observed.configuration"
          : step.kind === "start"
            ? "observed.running"
            : "observed.prepared",
      );
  }
  for (const change of known) paths.delete(change.path);
  return [...paths].map((path) => ({ path, kind: "update" as const, fromInputs: false }));
}
