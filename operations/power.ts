/** `stop`, `start` and `reboot`: an instance's machine, with its database server ended cleanly before and healthy after. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Guest, type GuestAddress, GuestError, layout } from "../access/guest.ts";
import type { Inventory, RealObject } from "../access/inventory.ts";
import { messageOf, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { type InstanceVerb, onInstance, type Subject } from "./instance-verb.ts";
import { inventoryAt } from "./locations.ts";
import { lookMs, machineWords, within } from "./machine-look.ts";
import { asksGuest, type PowerFacts, type PowerStep, type PowerVerb, planPower } from "./power-plan.ts";
import type { InstanceRow } from "./rows.ts";
import type { LockedRequest } from "./session.ts";

export interface PowerRequest extends LockedRequest {
  name: string;
  /** Go on where the guest does not answer: data is then as after a power cut. */
  force: boolean;
}

/** Milliseconds that a database server has to end. */
const endMs = 120_000;
/** Milliseconds until a guest answers that is expected to: it may be booting. */
const answerMs = 60_000;
/** Milliseconds until a machine that was just started has booted, with a check of its file system; slow without hardware help. */
const bootMs = 600_000;
/** Crash recovery of a big database takes minutes. */
export const healthyMs = 300_000;
/** Milliseconds in which a guest that boots may answer before its own services do. */
const settleMs = 30_000;
const pollMs = 500;

const verbs: Readonly<Record<PowerVerb, InstanceVerb>> = {
  stop: { name: "stop", done: "stopped" },
  start: { name: "start", done: "started" },
  reboot: { name: "reboot", done: "rebooted" },
};

/** Errors are OperationErrors: refused where the guest does not answer and `force` is not given. */
export function power(request: PowerRequest, verb: PowerVerb): Promise<InstanceRow> {
  return onInstance(request, verbs[verb], (subject) => movePower(subject, verb, request.force));
}

/** The same without lock and record, for verbs that have both. */
export async function movePower(subject: Subject, verb: PowerVerb, force: boolean): Promise<void> {
  const { session, record } = subject;
  const { inventory, server } = await findMachine(subject);
  const machine = { ...server, running: server.running === true, words: machineWords(server) };
  const silence = asksGuest({ verb, machine }) ? await silenceOf(subject, force) : undefined;
  const facts: PowerFacts = { verb, name: record.name, force, machine, ...(silence === undefined ? {} : { silence }) };
  const { steps, refusal } = planPower(facts);
  if (refusal) throw new OperationError("failed", refusal.message, { remedy: refusal.remedy });
  let cut = false;
  for (const one of steps) {
    session.signal?.throwIfAborted();
    try {
      await carryOut(
        { ...subject, inventory, server },
        cut && one.kind === "reboot-machine" ? { ...one, hard: true } : one,
      );
    } catch (error) {
      if (!(force && one.kind === "end-database" && error instanceof GuestError)) throw error;
      // Its operating system would wait for it just as long.
      cut = true;
      session.report({ kind: "note", severity: "warning", text: `not ended cleanly: ${error.message}` });
    }
  }
}

interface Machine extends Subject {
  inventory: Inventory;
  server: RealObject;
}

async function carryOut(machine: Machine, { kind, ...more }: PowerStep): Promise<void> {
  const { inventory, server, guest, engine, session, record } = machine;
  const tell = (title: string, act: () => Promise<void>) => step(session.report, kind, title, act);
  const whose = `of "${record.name}"`;
  switch (kind) {
    case "end-database":
      return tell(`ending ${engine.title} ${whose} (at most ${endMs / 1000} s)`, () => guest.service.stop(endMs));
    case "stop-machine":
      return tell(`stopping the machine ${whose}`, () => inventory.stopServer(server.id));
    case "start-machine":
      return tell(`starting the machine ${whose}`, () => inventory.startServer(server.id));
    case "reboot-machine": {
      const hard = "hard" in more && more.hard;
      return tell(`rebooting the machine ${whose}${hard ? " by a power cut" : ""}`, () =>
        inventory.rebootServer(server.id, hard),
      );
    }
    case "await-guest":
      return tell(`waiting until the guest ${whose} answers (at most ${bootMs / 1000} s)`, () =>
        awaitGuest(guest, bootMs, session.signal),
      );
    case "start-database":
      return tell(`starting ${engine.title}`, () => guest.service.start());
    case "await-healthy":
      return tell(`waiting until it answers (at most ${healthyMs / 1000} s)`, () =>
        engine.waitHealthy(guest, healthyMs),
      );
  }
}

/** The machine by its marks. Of several of one instance, the one that the address names. */
async function findMachine({
  session,
  record,
  address,
}: Subject): Promise<{ inventory: Inventory; server: RealObject }> {
  const cloud = typeof address.cloud === "string" ? { cloud: address.cloud } : {};
  const inventory = inventoryAt({ target: record.target, ...cloud });
  const objects = await inventory.list(session.stack.stackId);
  const server = serverOf(objects, address);
  if (!server) throw new GuestError("absent", `the machine of "${record.name}" does not exist (any more)`);
  return { inventory, server };
}

/** Pure. */
export function serverOf(objects: readonly RealObject[], address: GuestAddress): RealObject | undefined {
  const own = objects.filter(({ kind, instance }) => kind === "server" && instance === address.uuid);
  return own.find(({ id, name }) => id === address.server || name === address.container) ?? own[0];
}

/** Why the guest does not answer; undefined when it does. With `force` it has one chance. */
async function silenceOf({ session, guest, record }: Subject, force: boolean): Promise<string | undefined> {
  const limit = force ? lookMs : answerMs;
  try {
    await step(session.report, "guest", `looking at the guest of "${record.name}" (at most ${limit / 1000} s)`, () =>
      awaitGuest(guest, limit, session.signal),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof GuestError) || error.problem === "absent") throw error;
    return messageOf(error);
  }
}

/** Waits until the guest answers and has its data volume. A guest that is stopped or absent fails at once. */
async function awaitGuest(guest: Guest, limit: number, signal: AbortSignal | undefined): Promise<void> {
  const began = performance.now();
  let answered: number | undefined;
  for (;;) {
    const left = Math.max(1_000, limit - (performance.now() - began));
    const problem = await within(left, "it", () => notReady(guest)).catch((error: unknown) => {
      if (!(error instanceof GuestError) || error.problem === "stopped" || error.problem === "absent") throw error;
      if (error.problem === "failed") {
        answered ??= performance.now();
        if (performance.now() - answered > settleMs) throw error;
      }
      return error.message;
    });
    if (problem === undefined) return;
    if (performance.now() - began + pollMs > limit) {
      const words = `waited ${limit / 1000} s until the guest of "${guest.name}" answers: ${problem}`;
      throw new GuestError("unreachable", words);
    }
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
}

async function notReady(guest: Guest): Promise<string | undefined> {
  await guest.service.status();
  const { code } = await guest.run(["mountpoint", "-q", layout.root]);
  return code === 0 ? undefined : `its data volume is not mounted at ${layout.root} (yet)`;
}
