/** Preview, refusals, apply: the one way in which a stack is changed. */

import { imageTypes, roleOfType, statefulTypes } from "../components/kinds.ts";
import { type Change, describeChange, type Remark } from "./changes.ts";
import { engineRun } from "./engine-run.ts";
import { OperationError } from "./errors.ts";
import { step } from "./events.ts";
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
    const { plan } = await makePlan(session, source, { allowReplace: request.allowReplace ?? [] }, mending);
    return { ...plan, refusals: [...broken, ...plan.refusals] };
  });
}

/** Brings reality to the spec. */
export async function applySource(session: Session, source: SpecSource, options: ApplyOptions): Promise<Applied> {
  refuseAll((await brokenPolicies(session, source)).filter((refusal) => concerns(refusal, options.only)));
  await step(session.report, "mend", "state and reality", async (outcome) => {
    if (!(await mend(mendRequest(session, source))).length) outcome.skip("they agree");
  });
  const { plan: planned, remarks } = await makePlan(session, source, options, []);
  refuse(planned, options);
  if (!planned.changes.length && !planned.recordsDiffer) {
    await options.onApproved?.(planned);
    return { ...planned, applied: false };
  }
  session.report({ kind: "planned", changes: planned.changes });
  if (options.approve && !(await options.approve(planned))) {
    throw new OperationError("failed", "not confirmed", { remedy: "nothing was changed" });
  }
  await options.onApproved?.(planned);
  const held = planned.changes.filter((change) => change.held);
  if (held.length < planned.changes.length || planned.recordsDiffer) {
    const environment = { ...options.environment, ...heldEnvironment(held) };
    if (planned.changes.some(({ action, resource }) => action === "create" && roleOfType(resource.type) === "rule")) {
      const { deployment: _before, ...request } = mendRequest(session, source);
      await takeOver(request);
    }
    await step(session.report, "apply", "applying the changes", () =>
      withSnapshot(session, source.bytes, (snapshot) =>
        run(session, "up", snapshot, { ...options, environment, told: remarks }),
      ),
    );
  }
  refuseHeld(held, "everything else is as the spec says");
  return { ...planned, applied: true };
}

async function makePlan(
  session: Session,
  source: SpecSource,
  options: Pick<ApplyOptions, "allowReplace" | "environment">,
  mending: readonly string[],
): Promise<{ plan: Plan; remarks: readonly Remark[] }> {
  const { recordsDiffer, remarks, ...seen } = await step(session.report, "preview", "previewing the changes", () =>
    withSnapshot(session, source.bytes, (snapshot) => run(session, "preview", snapshot, options)),
  );
  for (const remark of remarks) session.report({ kind: "note", ...remark });
  const instances = source.spec.instances.map(({ name }) => name);
  const stopped = staysStopped(seen.changes, seen.stopped);
  const changes = markHeld(seen.changes, stopped);
  const refusals = planRefusals(changes, { instances, statefulTypes, allowReplace: options.allowReplace });
  const stack = session.stack.name;
  const plan = { stack, changes, recordsDiffer: recordsDiffer && !changes.length, mending, refusals, stopped };
  return { plan, remarks };
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

function run(
  session: Session,
  command: "preview" | "up",
  snapshot: string,
  { environment, again, told }: Pick<ApplyOptions, "environment" | "again"> & { told?: readonly Remark[] },
) {
  return engineRun({
    place: session.place,
    command,
    stack: session.stack.name,
    logs: places(session.workspace).logs,
    environment: { ...environment, COFFER_SPEC_SNAPSHOT: snapshot },
    explain: () => brokenWords(locationsOf(session.deployment, session.stack), session.stack.stackId),
    report: session.report,
    ...(told ? { told } : {}),
    ...(again === undefined ? {} : { again }),
    ...(session.signal ? { signal: session.signal } : {}),
  });
}
