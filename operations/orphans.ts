/** `orphans`: what bears Coffer's marks and is in no state, and removing what is leaked. Data is never removed here. */
import { type RealObject, removalOrder } from "../access/inventory.ts";
import type { Deployment } from "./deployment.ts";
import { messageOf, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { inventoryAt, type Location, locationOf, locationsOf } from "./locations.ts";
import { settleRuns } from "./mend.ts";
import { type KnownState, type OrphanPlan, type OrphanRow, planOrphans } from "./orphans-plan.ts";
import { type LockedRequest, type OperationRequest, openSession, readSource, withLockedStack } from "./session.ts";
import { chooseStack, knownStacks } from "./stack-choice.ts";
import { openStack, type Stack } from "./stack-setup.ts";
import { readDeployment } from "./state.ts";
import { datastoresOf } from "./volumes.ts";

export interface OrphanTables {
  /** Data volumes and snapshots. */
  retained: readonly OrphanRow[];
  leaked: readonly OrphanRow[];
}

export interface FoundOrphans extends OrphanTables {
  /** The datastore that recorded instances have, for the words that adopt a volume. */
  datastores: Readonly<Record<string, string>>;
}

export interface RemovedOrphan extends OrphanRow {
  removed: boolean;
  /** Why it was not removed. */
  problem?: string;
}

/** Of the chosen stack, or with `all` of every stack wherever this checkout's stacks are. Changes nothing. */
export async function listOrphans(request: OperationRequest & { all: boolean }): Promise<FoundOrphans> {
  return request.all ? ofAll(request) : ofOne(request);
}

async function ofOne(request: OperationRequest): Promise<FoundOrphans> {
  const { session } = await openSession(request);
  if (!session) return { retained: [], leaked: [], datastores: {} };
  const deployment = await readDeployment(session.workspace, session.place, session.stack.name);
  const { plan } = await look(deployment, session.stack);
  return { ...tablesOf(plan), datastores: datastoresOf(deployment) };
}

async function ofAll(request: OperationRequest): Promise<FoundOrphans> {
  const { workspace, report, signal } = request;
  const states: KnownState[] = [];
  const locations: Location[] = request.file === undefined ? [] : [locationOf((await readSource(request)).source.spec)];
  const datastores: Record<string, string> = {};
  for (const { name } of await knownStacks(workspace)) {
    const { session } = await openSession({ workspace, report, stack: name, ...(signal ? { signal } : {}) });
    if (!session) continue;
    const deployment = await readDeployment(workspace, session.place, name);
    states.push(stateOf(deployment, session.stack));
    locations.push(...locationsOf(deployment, session.stack));
    Object.assign(datastores, datastoresOf(deployment));
  }
  const places = locations.length ? locations : locationsOf(undefined, {});
  const distinct = new Map(places.map((place) => [JSON.stringify([place.target, place.cloud]), place]));
  const objects = await Promise.all([...distinct.values()].map((place) => inventoryAt(place).list()));
  return { ...tablesOf(planOrphans(objects.flat(), states)), datastores };
}

export interface DeleteOrphansRequest extends LockedRequest {
  approve(tables: OrphanTables): Promise<boolean>;
}

export interface DeletedOrphans extends OrphanTables {
  /** What was leaked, each with its result, in the order of removal; `leaked` is what is left of it. */
  removed: readonly RemovedOrphan[];
  datastores: Readonly<Record<string, string>>;
}

/**
 * Removes what is leaked of one stack, under its lock, so that no apply is about to record any of it. One that cannot be
 * removed does not stop the others.
 */
export async function deleteOrphans(request: DeleteOrphansRequest): Promise<DeletedOrphans> {
  const chosen = await chooseStack(request.workspace, request);
  if (!(await openStack(request.workspace, chosen.name)))
    return { retained: [], leaked: [], removed: [], datastores: {} };
  return withLockedStack(request, chosen, undefined, async (session) => {
    const { workspace, place, stack, report, signal } = session;
    await settleRuns({
      workspace,
      place,
      stack: stack.name,
      stackId: stack.stackId,
      report,
      ...(signal ? { signal } : {}),
    });
    const deployment = await readDeployment(workspace, place, stack.name);
    const { plan, homes } = await look(deployment, stack);
    const { retained, leaked } = tablesOf(plan);
    const datastores = datastoresOf(deployment);
    if (!leaked.length) return { retained, leaked, removed: [], datastores };
    if (!(await request.approve({ retained, leaked })))
      throw new OperationError("failed", "not confirmed", { remedy: "nothing was changed" });
    const removed: RemovedOrphan[] = [];
    for (const object of removalOrder(plan.leaked.map((one) => one.object))) {
      signal?.throwIfAborted();
      const row = leaked.find(({ kind, id }) => kind === object.kind && id === object.id);
      const home = homes.get(object);
      if (row && home) removed.push({ ...row, ...(await remove(object, home, report)) });
    }
    // What a server had is free now.
    return { ...tablesOf((await look(deployment, stack)).plan), removed, datastores };
  });
}

async function remove(
  object: RealObject,
  home: Location,
  report: LockedRequest["report"],
): Promise<Pick<RemovedOrphan, "removed" | "problem">> {
  const { kind, id, name } = object;
  try {
    await step(report, `${kind} ${id}`, `removing the ${kind} ${name}`, () => inventoryAt(home).remove(object));
    return { removed: true };
  } catch (error) {
    return { removed: false, problem: messageOf(error) };
  }
}

async function look(deployment: Deployment | undefined, stack: Stack) {
  const homes = new Map<RealObject, Location>();
  for (const location of locationsOf(deployment, stack)) {
    for (const object of await inventoryAt(location).list(stack.stackId)) homes.set(object, location);
  }
  return { plan: planOrphans([...homes.keys()], [stateOf(deployment, stack)]), homes };
}

function stateOf(deployment: Deployment | undefined, { stackId, name }: Stack): KnownState {
  const ids = deployment?.resources.flatMap(({ id }) => (id === undefined ? [] : [id])) ?? [];
  return { stackId, name, ids: new Set(ids) };
}

function tablesOf({ retained, leaked }: OrphanPlan): OrphanTables {
  return { retained: retained.map(({ row }) => row), leaked: leaked.map(({ row }) => row) };
}
