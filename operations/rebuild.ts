/**
 * `rebuild`: a machine on a new system disk, from its datastore's current image; data and configuration stay. Where the
 * target has machines around its guests, the database is ended and a snapshot of the data volume is taken first. A run
 * that was interrupted anywhere is mended by the next one: each step may be done twice, and `up` brings the database back.
 */
import { type GuestAddress, GuestError } from "../access/guest.ts";
import { closeAll, openGuest, openMachine } from "../access/index.ts";
import type { MachineAddress, MachineState } from "../access/machine.ts";
import { applySource, type Plan } from "./apply.ts";
import { messageOf, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { noInstance, readInstances } from "./instances.ts";
import type { InstanceRecord } from "./records.ts";
import { type LockedRequest, readSource, type Session, withLockedStack } from "./session.ts";

/** A database gets this long to shut down before its volume is taken away. */
const endSeconds = 120;
const unmountSeconds = 150;
/** The operating system ends the database too, and has its own time for it. */
const stopMs = 300_000;
const snapshotMs = 600_000;
/** A guest that does not answer for so long does not count as one that can end its database. */
const answerMs = 30_000;

export interface RebuildRequest extends LockedRequest {
  name: string;
  approve(plan: Plan & { snapshot: boolean }): Promise<boolean>;
}

export interface RebuildResult {
  name: string;
  /** False: it runs on the current image already, and its target gives no new disk for its own sake. */
  applied: boolean;
  /** The id of the snapshot of the data volume from before; it is kept. */
  snapshot?: string;
}

export async function rebuild(request: RebuildRequest): Promise<RebuildResult> {
  const { name } = request;
  const { source, chosen } = await readSource(request);
  const names = source.spec.instances.map((instance) => instance.name);
  if (!names.includes(name)) throw noInstance(name, chosen.name, names);
  return withLockedStack({ ...request, rebuilt: [name] }, chosen, source, async (session) => {
    const { records, guests, building } = await readInstances(session);
    const [record, address] = [records[name], guests[name]];
    if (!record || !address) throw noInstance(name, chosen.name, Object.keys(records), building);
    const machine = machineAddressOf(address);
    let snapshot: string | undefined;
    const { applied } = await applySource(session, source, {
      // Without a machine around it, a new system disk is a new container; its volume stays.
      allowReplace: machine ? [] : [name],
      only: [name],
      environment: { COFFER_REBUILD: `${name}=${Date.now().toString(36)}` },
      approve: (plan) => request.approve({ ...plan, snapshot: machine !== undefined }),
      onApproved: async ({ changes }) => {
        if (changes.length && machine) snapshot = await makeReady(session, { record, address, machine });
      },
    });
    return { name, applied, ...(snapshot === undefined ? {} : { snapshot }) };
  });
}

export interface SeenMachine {
  power: MachineState["power"];
  /** The guest takes commands. */
  answers: boolean;
}

export type RebuildStep =
  /** The database ends cleanly and its volume is unmounted, by the guest itself. */
  | { kind: "detach" }
  /** The machine is shut down; the guest could not be asked. */
  | { kind: "stop" }
  | { kind: "snapshot" };

/** What comes before a machine gets its new disk. Pure. */
export function planRebuild({ power, answers }: SeenMachine): readonly RebuildStep[] {
  if (power === "running" && answers) return [{ kind: "detach" }, { kind: "snapshot" }];
  // A machine in error may still run.
  if (power === "running" || power === "other") return [{ kind: "stop" }, { kind: "snapshot" }];
  return [{ kind: "snapshot" }];
}

interface Subject {
  record: InstanceRecord;
  address: GuestAddress;
  machine: MachineAddress;
}

/** Returns the snapshot's id. */
async function makeReady(session: Session, subject: Subject): Promise<string> {
  const { name } = subject.record;
  let snapshot = "";
  try {
    const { power } = await openMachine(subject.machine).state();
    const answers = power === "running" && (await guestAnswers(subject.address));
    for (const { kind } of planRebuild({ power, answers })) {
      if (kind === "detach") await detach(session, subject);
      else if (kind === "stop") await stop(session, subject);
      else snapshot = await takeSnapshot(session, subject);
    }
    return snapshot;
  } catch (error) {
    if (error instanceof OperationError && error.reason === "interrupted") throw error;
    throw new OperationError("failed", `instance "${name}" was not rebuilt: ${messageOf(error)}`, {
      remedy: `its disks are as they were; bring its database back with \`coffer up\`, mend the cause, then again: coffer rebuild ${name}`,
      cause: error,
    });
  } finally {
    await closeAll();
  }
}

async function guestAnswers(address: GuestAddress): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const words = `the guest did not answer within ${answerMs / 1000} s`;
    timer = setTimeout(() => reject(new GuestError("timeout", words)), answerMs);
  });
  try {
    const asked = openGuest(address).then((guest) => guest.service.status());
    await Promise.race([asked, late]);
    return true;
  } catch (error) {
    if (error instanceof GuestError) return false;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function detach({ report }: Session, { record, address }: Subject): Promise<void> {
  await step(report, "detach", `ending the database of "${record.name}" and unmounting its volume`, async () => {
    const guest = await openGuest(address);
    const argv = ["coffer-volume", "detach", String(endSeconds)];
    await guest.must(argv, { timeout: (endSeconds + unmountSeconds) * 1000 });
  });
}

async function stop({ report, signal }: Session, { record, machine }: Subject): Promise<void> {
  const text = `the guest of "${record.name}" does not answer, so its machine is shut down: if that does not end the database either, its data is as after a power cut, and it recovers at its next start`;
  report({ kind: "note", severity: "warning", text });
  await step(report, "stop", `stopping the machine of "${record.name}"`, () =>
    openMachine(machine).stop({ timeout: stopMs, ...(signal ? { signal } : {}) }),
  );
}

async function takeSnapshot({ report, signal, stack }: Session, { record, machine }: Subject): Promise<string> {
  return step(report, "snapshot", `snapshot of the data volume of "${record.name}"`, async (outcome) => {
    const labels = {
      "coffer.stack": stack.stackId,
      "coffer.role": "snapshot",
      "coffer.instance": record.uuid,
      "coffer.name": record.name,
    };
    const options = { timeout: snapshotMs, ...(signal ? { signal } : {}) };
    const id = await openMachine(machine).snapshot(record.volume, labels, options);
    outcome.detail(id);
    return id;
  });
}

/** Undefined where the target has no more to a machine than its guest. */
function machineAddressOf({ target, name, server, cloud }: GuestAddress): MachineAddress | undefined {
  if (typeof server !== "string") return undefined;
  return { target, name, server, ...(typeof cloud === "string" ? { cloud } : {}) };
}
