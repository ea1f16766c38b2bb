/** Preview, refusals, apply: the one way in which a stack is changed. */

import { imageTypes, roleOfType, statefulTypes } from "../components/kinds.ts";
import { type Change, describeChange } from "./changes.ts";
import { engineRun, type PreviewedUpdate, previewedUpdate, type RunRequest, type RunResult } from "./engine-run.ts";
import { OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { digestOf, expectsNothing, lastApplied, noteApplied } from "./last-applied.ts";
import { locationOf, locationsOf } from "./locations.ts";
import { brokenWords } from "./machine-look.ts";
import { mend, planMending, takeOver } from "./mend.ts";
import { policyRefusals, policyViolations } from "./policies.ts";
import { concerns, planRefusals, type Refusal } from "./refusals.ts";
import {
  type LockedRequest,
  readSource,
  type Session,
  type SpecSource,
  withLockedStack,
  withSnapshot,
} from "./session.ts";
import { heldEnvironment, markHeld, refuseHeld, staysStopped } from "./stopped.ts";
import { places } from "./workspace.ts";

export interface Plan {
  stack: string;
  changes: readonly Change[];
  /** Only what the stack records about itself changes (no resource does). */
  recordsDiffer: boolean;
  /** What would be put right first, in words. */
  mending: readonly string[];
  refusals: readonly Refusal[];
  /** Instances that were not looked into, because somebody stopped them. They stay stopped. */
  stopped: readonly string[];
}

export interface ApplyOptions {
  /** Instances whose server or volume may be replaced. */
  allowReplace: readonly string[];
  /** Refuse changes of anything else than these instances. */
  only?: readonly string[];
  /** Asked after the preview, before anything changes. */
  approve?(plan: Plan): Promise<boolean>;
  /** Called once the change is sure to be applied, with what it is; also when there is none. */
  onApproved?(plan: Plan): Promise<void>;
  /** For both runs of the engine. */
  environment?: Readonly<Record<string, string>>;
  /** How the user goes on after an apply that failed, where it is not by the same command. */
  again?: string;
}

export interface Applied extends Plan {
  applied: boolean;
}

export interface PreviewRequest extends LockedRequest {
  allowReplace?: readonly string[];
}

/** What `up` would change. Nothing is changed, except that a stack that was not set up yet is. */
export async function preview(request: PreviewRequest): Promise<Plan> {
  const { chosen, source } = await readSource(request);
  return withLockedStack({ ...request, previewOnly: true }, chosen, source, async (session) => {
    const broken = await brokenPolicies(session, source);
    const mending = (await planMending(mendRequest(session, source))).map(({ summary }) => summary);
    const seen = await step(session.report, "preview", "previewing the changes", () =>
      withSnapshot(session, source.bytes, (snapshot) =>
        engineRun({ ...runRequest(session, snapshot, {}), command: "preview" }),
      ),
    );
    const plan = planOf(session, source, seen, { allowReplace: request.allowReplace ?? [] }, mending);
    return { ...plan, refusals: [...broken, ...plan.refusals] };
  });
}

/** Brings reality to the spec. */
export async function applySource(session: Session, source: SpecSource, options: ApplyOptions): Promise<Applied> {
  refuseAll((await brokenPolicies(session, source)).filter((refusal) => concerns(refusal, options.only)));
  const isMended = await step(session.report, "mend", "state and reality", async (outcome) => {
    const done = (await mend(mendRequest(session, source))).length > 0;
    if (!done) outcome.skip("they agree");
    return done;
  });
  const digest = digestOf(source.bytes);
  const { workspace, stack, deployment } = session;
  // A preview alone is quicker than one with an update behind it, and leaves nothing in Pulumi's history.
  const isQuiet = expectsNothing({
    digest,
    last: await lastApplied(workspace, stack.name),
    isMended,
    isRecorded: Boolean(deployment?.resources.length),
    isSpecial: options.environment !== undefined,
  });
  const applied = await withSnapshot(session, source.bytes, (snapshot) =>
    applySnapshot(session, source, snapshot, { ...options, isQuiet }),
  );
  await noteApplied(workspace, stack.name, digest);
  return applied;
}

async function applySnapshot(
  session: Session,
  source: SpecSource,
  snapshot: string,
  options: ApplyOptions & { isQuiet: boolean },
): Promise<Applied> {
  const request = runRequest(session, snapshot, options);
  const run = await step(session.report, "preview", "previewing the changes", () =>
    options.isQuiet ? previewAlone(request) : previewedUpdate(request),
  );
  let plan: Plan;
  try {
    plan = planOf(session, source, run.preview, options, []);
    await approve(session, plan, options);
  } catch (error) {
    await run.refuse();
    throw error;
  }
  const held = plan.changes.filter((change) => change.held);
  if (held.length === plan.changes.length && !plan.recordsDiffer) {
    await run.refuse();
    refuseHeld(held, "everything else is as the spec says");
    return { ...plan, applied: false };
  }
  const takes = await takingOver(session, source, plan);
  if (takes) {
    // The state is the engine's while it runs.
    await run.refuse();
    await takes();
  }
  await step(session.report, "apply", "applying the changes", () =>
    takes
      ? engineRun({ ...request, ...updateOf(request, heldEnvironment(held)), told: run.preview.remarks })
      : run.update(heldEnvironment(held)),
  );
  refuseHeld(held, "everything else is as the spec says");
  return { ...plan, applied: true };
}

/** Refuses what must not be applied, and asks for the rest. Nothing was changed when it throws. */
async function approve(session: Session, plan: Plan, options: ApplyOptions): Promise<void> {
  refuse(plan, options);
  if (plan.changes.length || plan.recordsDiffer) {
    session.report({ kind: "planned", changes: plan.changes });
    if (options.approve && !(await options.approve(plan))) {
      throw new OperationError("failed", "not confirmed", { remedy: "nothing was changed" });
    }
  }
  await options.onApproved?.(plan);
}

/** Two runs of the engine, where the first one probably finds nothing to do. */
async function previewAlone(request: EngineRunRequest): Promise<PreviewedUpdate> {
  const preview = await engineRun({ ...request, command: "preview" });
  return {
    preview,
    update: (environment) => engineRun({ ...request, ...updateOf(request, environment), told: preview.remarks }),
    refuse: async () => {},
  };
}

const updateOf = (request: EngineRunRequest, more: Readonly<Record<string, string>>) => ({
  command: "up" as const,
  environment: { ...request.environment, ...more },
});

/** What records the rules that somebody made by hand and the plan would make; undefined where there is none. */
async function takingOver(session: Session, source: SpecSource, { changes }: Plan) {
  if (!changes.some(({ action, resource }) => action === "create" && roleOfType(resource.type) === "rule")) {
    return undefined;
  }
  const { deployment: _before, ...request } = mendRequest(session, source);
  return takeOver(request);
}

function planOf(
  session: Session,
  source: SpecSource,
  { recordsDiffer, remarks, ...seen }: RunResult,
  { allowReplace }: Pick<ApplyOptions, "allowReplace">,
  mending: readonly string[],
): Plan {
  for (const remark of remarks) session.report({ kind: "note", ...remark });
  const instances = source.spec.instances.map(({ name }) => name);
  const stopped = staysStopped(seen.changes, seen.stopped);
  const changes = markHeld(seen.changes, stopped);
  const refusals = planRefusals(changes, { instances, statefulTypes, allowReplace });
  const stack = session.stack.name;
  return { stack, changes, recordsDiffer: recordsDiffer && !changes.length, mending, refusals, stopped };
}

async function brokenPolicies(session: Session, source: SpecSource): Promise<Refusal[]> {
  const { workspace, stack, report, settled } = session;
  const judged = settled?.bytes === source.bytes ? { ...source, spec: settled.spec } : source;
  return policyRefusals(await policyViolations({ workspace, stack: stack.name, source: judged }), report);
}

function refuseAll([first, ...others]: readonly Refusal[]): void {
  if (!first) return;
  throw new OperationError("input", first.message, {
    remedy: first.remedy,
    also: others.map(({ message }) => message),
  });
}

function refuse(planned: Plan, { only }: ApplyOptions): void {
  refuseAll(planned.refusals);
  if (only === undefined) return;
  const foreign = planned.changes.filter((change) => !belongsTo(change, only));
  if (foreign.length) {
    const whose = only.length ? `those of ${only.map((name) => `"${name}"`).join(", ")}` : "this one";
    throw new OperationError("pending", `other changes than ${whose} are waiting to be applied`, {
      also: foreign.map(describeChange),
      remedy: "apply them first with `coffer up`, or apply everything together with --all",
    });
  }
  const held = planned.changes.filter((change) => change.held);
  refuseHeld(held, "nothing was changed");
}

/** The instances' own resources, and what is shared and made for them or no longer needed after them. */
export function belongsTo(change: Change, instances: readonly string[]): boolean {
  const { instance } = change.resource;
  if (instance !== undefined) return instances.includes(instance);
  if (imageTypes.includes(change.resource.type)) return true;
  return change.action === "create" || change.action === "delete";
}

function mendRequest(session: Session, source: SpecSource) {
  const { workspace, place, stack, deployment, report, signal } = session;
  return {
    workspace,
    place,
    stack: stack.name,
    stackId: stack.stackId,
    instances: source.spec.instances,
    location: locationOf(source.spec),
    report,
    ...(deployment ? { deployment } : {}),
    ...(signal ? { signal } : {}),
  };
}

type EngineRunRequest = Omit<RunRequest, "command" | "told">;

function runRequest(
  session: Session,
  snapshot: string,
  { environment, again, only }: Pick<ApplyOptions, "environment" | "again" | "only">,
): EngineRunRequest {
  return {
    place: session.place,
    stack: session.stack.name,
    logs: places(session.workspace).logs,
    environment: {
      ...environment,
      ...(only ? { COFFER_ONLY: only.join(" ") } : {}),
      COFFER_SPEC_SNAPSHOT: snapshot,
    },
    explain: () => brokenWords(locationsOf(session.deployment, session.stack), session.stack.stackId),
    report: session.report,
    ...(again === undefined ? {} : { again }),
    ...(session.signal ? { signal: session.signal } : {}),
  };
}
