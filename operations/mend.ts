/**
 * Before an apply: waits for what still runs, takes away what a killed run left, and puts the state right where reality
 * lost something. After it, state and reality say the same.
 */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Inventory, RealObject as Listed } from "../access/inventory.ts";
import { type ResourceRole, restorable, roleOfType } from "../components/kinds.ts";
import type { InstanceSpec } from "../spec/model.ts";
import { type Deployment, forget, notice, record } from "./deployment.ts";
import { OperationError } from "./errors.ts";
import type { Report } from "./events.ts";
import { inventoryAt, type Location, locationsOf } from "./locations.ts";
import { type MendFacts, type MendPlan, type MendStep, planMend, planTakeOver, type RealObject } from "./mend-plan.ts";
import { descendsFrom, runsProgram, withEnvironment } from "./processes.ts";
import { type PulumiPlace, pulumiCommand } from "./pulumi.ts";
import { pulumiLocks, readDeployment, replaceDeployment } from "./state.ts";
import type { Workspace } from "./workspace.ts";

export interface MendRequest {
  workspace: Workspace;
  place: PulumiPlace;
  stack: string;
  stackId: string;
  /** The state, when it was read already. */
  deployment?: Deployment;
  /** Instances that are meant to exist after the apply. */
  instances: readonly InstanceSpec[];
  /** The spec's; those that the state names are looked at too. */
  location: Partial<Location>;
  report: Report;
  signal?: AbortSignal;
}

/** Every process of a run carries this variable, so that what a killed run left behind can be found. */
export const runVariable = "COFFER_RUN";

/** A first start of a server may take minutes, and the engine ends what it began. */
const livePatienceMs = 600_000;
/** Providers end by themselves when they see that their engine is gone. */
const orphanPatienceMs = 20_000;
const pollMs = 250;

/** Mends, and returns the steps that were done. */
export async function mend(request: MendRequest): Promise<readonly MendStep[]> {
  const locked = await settleRuns(request);
  // What another run did while it was waited for is not in a state that was read before.
  const fresh = locked ? { ...request, deployment: undefined } : request;
  const look = await observe(fresh);
  if (!look) return [];
  const { deployment, plan } = look;
  refuse(plan);
  for (const step of plan.steps) {
    request.report({ kind: "note", severity: "warning", text: `mending: ${step.summary}` });
    await carryOut(step, look.found);
  }
  if (plan.steps.length) {
    const urns = plan.steps.flatMap((step) => (step.kind === "forget" ? [step.urn] : []));
    const made = plan.steps.flatMap((step) => (step.kind === "record" ? [step.resource] : []));
    const seen = plan.steps.filter((step) => step.kind === "notice");
    const after = notice(record(forget(deployment, urns), made), seen);
    await replaceDeployment(request.workspace, request.place, request.stack, deployment, after);
  }
  return plan.steps;
}

/** What mending would do; nothing is changed. */
export async function planMending(request: MendRequest): Promise<readonly MendStep[]> {
  const look = await observe(request);
  if (!look) return [];
  refuse(look.plan);
  return look.plan.steps;
}

/**
 * What records the objects that somebody made by hand and the apply would make; undefined where there are none. For a change that
 * is approved, right before it is applied.
 */
export async function takeOver(request: MendRequest): Promise<(() => Promise<void>) | undefined> {
  const look = await observe(request);
  const steps = look ? planTakeOver(look.facts) : [];
  if (!look || !steps.length) return undefined;
  return async () => {
    for (const { summary } of steps) request.report({ kind: "note", severity: "info", text: summary });
    const after = record(
      look.deployment.whole,
      steps.map(({ resource }) => resource),
    );
    await replaceDeployment(request.workspace, request.place, request.stack, look.deployment, after);
  };
}

function refuse(plan: MendPlan): void {
  const [first, ...others] = plan.refusals;
  if (!first) return;
  throw new OperationError("failed", first.message, {
    remedy: first.remedy,
    also: others.map(({ message, remedy }) => `${message}; ${remedy}`),
  });
}

async function observe(request: MendRequest) {
  const { workspace, place, stack, stackId, location } = request;
  const deployment = request.deployment ?? (await readDeployment(workspace, place, stack));
  if (!deployment?.resources.length && !deployment?.pendingOperations.length) return undefined;
  const objects: RealObject[] = [];
  const found = new Map<string, Found>();
  const targets = new Set<string>();
  for (const one of locationsOf(deployment, location)) {
    targets.add(one.target);
    const inventory = inventoryAt(one);
    for (const { object, real } of await realObjects(inventory, stackId, deployment)) {
      objects.push(object);
      if (real) found.set(object.id, { inventory, real });
    }
  }
  const restores = [...targets].map((target) => restorable[target]).find((one) => one !== undefined);
  const facts: MendFacts = {
    deployment,
    objects,
    roleOf: roleOfType,
    instances: request.instances,
    ...(restores ? { restorable: restores } : {}),
  };
  return { deployment, facts, plan: planMend(facts), found };
}

interface Found {
  inventory: Inventory;
  real: Listed;
}

async function carryOut(step: MendStep, found: ReadonlyMap<string, Found>): Promise<void> {
  if (!("id" in step)) return;
  const one = found.get(step.id);
  if (!one) return;
  if (step.kind === "remove-server") await one.inventory.removeServer(step.id);
  else if (step.kind === "remove-network") await one.inventory.removeNetwork(step.id);
  else if (step.kind === "remove-blank-volume") await one.inventory.deleteVolume(step.id);
  else await one.inventory.remove(one.real);
}

/** Waits for a run that is alive, ends what an ended one left running, and removes its lock. True if there was a lock. */
export async function settleRuns(
  request: Omit<MendRequest, "deployment" | "instances" | "location">,
): Promise<boolean> {
  const { workspace, place, stack, stackId, report, signal } = request;
  let locks = await pulumiLocks(workspace, stack);
  if (!locks.length) return false;
  const deadline = Date.now() + livePatienceMs;
  let told = false;
  for (;;) {
    const alive = await firstAlive(locks);
    if (!alive) break;
    const who = `Pulumi works on stack "${stack}" (process ${alive.pid} on ${alive.host}, since ${alive.since})`;
    if (Date.now() > deadline) {
      throw new OperationError("failed", `${who}; waited ${livePatienceMs / 1000} s`, {
        remedy: `wait until it has ended; if it is gone for sure: eval "$(coffer env)" && pulumi cancel --stack ${stack}`,
      });
    }
    if (!told) report({ kind: "waiting", text: `${who}; waiting for it to end` });
    told = true;
    await sleep(pollMs, undefined, { signal }).catch(() => {
      throw new OperationError("interrupted", "interrupted while waiting for another run");
    });
    locks = await pulumiLocks(workspace, stack);
  }
  await endOrphans(stackId, report);
  if (locks.length) {
    report({
      kind: "note",
      severity: "warning",
      text: `mending: removes the lock of a run that died (process ${locks[0]?.pid})`,
    });
    const { code, stderr } = await pulumiCommand(place, ["cancel", "--yes", "--stack", stack]);
    if (code !== 0) {
      throw new OperationError("failed", `the lock of a run that died could not be removed: ${stderr.trim()}`, {
        remedy: `remove ${locks.map((lock) => lock.path).join(", ")}`,
      });
    }
  }
  return true;
}

async function firstAlive(locks: Awaited<ReturnType<typeof pulumiLocks>>) {
  for (const lock of locks) {
    // From here nothing is known about a process of another host.
    if (lock.host && lock.host !== hostname()) return lock;
    if (lock.pid && (await runsProgram(lock.pid, "pulumi"))) return lock;
  }
  return undefined;
}

/** Providers of a killed engine must not act beside the next run. */
async function endOrphans(stackId: string, report: Report): Promise<void> {
  const deadline = Date.now() + orphanPatienceMs;
  const others = async () => {
    const found = await withEnvironment(runVariable, stackId);
    const own = await Promise.all(found.map((pid) => descendsFrom(pid, process.pid)));
    return found.filter((_, index) => !own[index]);
  };
  let left = await others();
  if (left.length)
    report({ kind: "waiting", text: `processes of a run that died still end their work: ${left.join(", ")}` });
  while (left.length && Date.now() < deadline) {
    await sleep(pollMs);
    left = await others();
  }
  for (const pid of left) {
    report({ kind: "note", severity: "warning", text: `mending: ends process ${pid} of a run that died` });
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Ended meanwhile.
    }
  }
}

/** The stack's own objects, and recorded volumes that carry another stack's label: adopted ones. */
async function realObjects(
  inventory: Inventory,
  stackId: string,
  deployment: Deployment,
): Promise<{ object: RealObject; real?: Listed }[]> {
  const found = (await inventory.list(stackId)).flatMap((real) => {
    const { role } = real;
    return isRole(role) ? [{ object: { ...real, role }, real }] : [];
  });
  const objects: { object: RealObject; real?: Listed }[] = [...found];
  for (const resource of deployment.resources) {
    const { id } = resource;
    if (roleOfType(resource.type) !== "data" || id === undefined) continue;
    if (found.some(({ object }) => object.role === "data" && (object.id === id || object.name === id))) continue;
    const real = await inventory.volume(id);
    if (real) objects.push({ object: { ...real, role: "data" }, real });
  }
  const attachments = objects.flatMap(({ object: { id, name, servers } }) =>
    (servers ?? []).map((server) => ({ object: { role: "attachment" as const, id: `${server}/${id}`, name } })),
  );
  return [...objects, ...attachments];
}

const isRole = (role: string): role is ResourceRole => roles.has(role);
const roles: ReadonlySet<string> = new Set<ResourceRole>([
  "server",
  "data",
  "network",
  "port",
  "security-group",
  "rule",
  "floating-ip",
]);
