/**
 * coffer:guest:Volume: the data volume in its guest: found by its id, given a file system only when it is blank, mounted,
 * and grown. Its Delete is what makes every removal and replacement of a machine safe: it ends the database server and
 * unmounts before the volume is detached, or fails.
 * Inputs: guest, server (id), attachment (id), volume (id), bytes, volumeType and volumeZone (undefined: any). Outputs: the
 * inputs, `observed` (mounted, file system uuid, bytes), `size`, `type` and `zone` (of the volume itself), `reachable`.
 */
import { type Guest, GuestError } from "../../access/guest.ts";
import { openGuest, openMachine } from "../../access/index.ts";
import type { Machine } from "../../access/machine.ts";
import { NotYet, waitFor } from "../../engines/shared/wait.ts";
import { inputChanges } from "../changes.ts";
import { addressOf, inGuest, isUnread, readInGuest } from "../in-guest.ts";
import { type Change, type Context, HalfMade, type Kind } from "../kind.ts";
import { hasUnknown, UNKNOWN, type Values } from "../values.ts";

const GiB = 1024 ** 3;
/** A database gets this long to shut down before a volume is taken away. */
const stopSeconds = 120;
/** After a crash: the file system's check, and the wait that proves that no other machine has it mounted. */
const attachMs = 900_000;
const growMs = 300_000;
const seenMs = 120_000;
/** With `--force`, a guest that does not answer for so long is given up. */
const forcedMs = 10_000;

interface Observed {
  mounted: boolean;
  uuid?: string;
  /** Of the file system and of the device. */
  bytes?: number;
  deviceBytes?: number;
}

export const volume: Kind = {
  token: "coffer:guest:Volume",
  secrets: ["guest"],
  live: true,

  check(inputs, old) {
    if (!old || hasUnknown(inputs.bytes) || Number(inputs.bytes) >= Number(old.bytes)) return [];
    const [before, after] = [Number(old.bytes) / GiB, Number(inputs.bytes) / GiB];
    const reason = `a volume cannot shrink: it has ${before} GiB, ${after} GiB are wanted; go back to ${before}, or create a smaller instance and move the data`;
    return [{ property: "bytes", reason }];
  },

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs).map(asReplacement);
    if (changes.length || hasUnknown(inputs.bytes)) return changes;
    if (isUnread(old.outputs)) return [{ path: "reachable", kind: "update", fromInputs: false }];
    const observed = old.outputs.observed as unknown as Observed;
    if (!observed.mounted) return [{ path: "observed.mounted", kind: "update", fromInputs: false }];
    if (Number(old.outputs.size) < Number(inputs.bytes) || Number(observed.deviceBytes) < Number(inputs.bytes)) {
      return [{ path: "observed.bytes", kind: "update", fromInputs: false }];
    }
    return [];
  },

  preview: (_context, inputs) => ({ ...inputs, observed: UNKNOWN, size: UNKNOWN, reachable: true }),

  async create(context, inputs) {
    const id = `${addressOf(inputs).uuid}/volume`;
    return { id, outputs: await converge(context, id, inputs) };
  },

  read: (context, _id, inputs, outputs) =>
    readInGuest(context, inputs, outputs, async (guest) => ({ ...inputs, ...(await look(guest, inputs)) })),

  async previewUpdate(context, old, inputs) {
    mustStay(old, inputs);
    const [before, after] = [Number(old.inputs.bytes) / GiB, Number(inputs.bytes) / GiB];
    if (after > before) context.note("info", `grows the volume from ${before} to ${after} GiB while it is in use`);
    return { ...old.outputs, ...inputs, observed: UNKNOWN, size: UNKNOWN, reachable: true };
  },

  async update(context, id, old, inputs) {
    mustStay(old, inputs);
    return converge(context, id, inputs);
  },

  delete: (context, _id, outputs) => release(context, outputs),
};

/**
 * Where the volume is. While its machine is replaced these are unknown, and only "replace" makes Pulumi unmount there
 * first.
 */
const place: readonly string[] = ["server", "volume"];

const asReplacement = (change: Change): Change =>
  place.includes(change.path) ? { ...change, replaces: true } : change;

/**
 * What a volume was made with, it keeps; the spec may follow what an administrator has changed. Another wish is no
 * difference that could be put right, and in silence it would look like one that was.
 */
function mustStay(old: { inputs: Values; outputs: Values }, inputs: Values): void {
  for (const [wish, real, word] of lasting) {
    const wanted = inputs[wish];
    const has = old.outputs[real];
    if (hasUnknown(wanted) || !wanted || wanted === old.inputs[wish] || !has || wanted === has) continue;
    const name = addressOf(inputs).name;
    throw new Error(
      `the data volume of "${name}" is of ${word} "${String(has)}", and cannot become "${String(wanted)}" here: take that back in the spec; or create a new instance with it and move the data; or have the cloud's administrators move the volume, and the spec may say so afterwards`,
    );
  }
}

/** The input that wishes, the output that tells, the word for people. */
const lasting = [
  ["volumeType", "type", "type"],
  ["volumeZone", "zone", "availability zone"],
] as const;

async function converge(context: Context, id: string, inputs: Values): Promise<Values> {
  return inGuest(context, inputs, async (guest) => {
    try {
      const named = String(inputs.volume);
      const attached = await guest.must(["coffer-volume", "attach", named], { timeout: attachMs });
      if (/"formatted":\s*true/.test(attached.stdout)) context.note("info", "made a file system on the blank volume");
      const wanted = Number(inputs.bytes);
      const machine = machineIn(inputs);
      if ((await machine.volume(named)).bytes < wanted) {
        await machine.growVolume(named, wanted, { timeout: growMs, signal: context.signal });
      }
      await growFileSystem(guest, named, wanted);
      return { ...inputs, ...(await look(guest, inputs)), reachable: true };
    } catch (error) {
      throw new HalfMade({ id, outputs: { ...inputs, observed: { mounted: false }, reachable: false } }, error);
    }
  });
}

/** The hypervisor tells the guest of the new size after the cloud has answered. */
async function growFileSystem(guest: Guest, named: string, wanted: number): Promise<void> {
  const what = `the guest of "${guest.name}" to see the volume's ${wanted / GiB} GiB`;
  await waitFor(what, { timeout: seenMs }, async () => {
    const grown = await guest.must(["coffer-volume", "grow", named], { timeout: growMs });
    const { deviceBytes = 0 } = JSON.parse(grown.stdout) as Observed;
    return deviceBytes < wanted ? new NotYet(`it sees ${deviceBytes / GiB} GiB`) : undefined;
  });
}

async function look(guest: Guest, inputs: Values): Promise<Values> {
  const [status, { bytes: size, type, zone }] = await Promise.all([
    guest.must(["coffer-volume", "status"]),
    machineIn(inputs).volume(String(inputs.volume)),
  ]);
  return { observed: JSON.parse(status.stdout) as Values, size, type, zone };
}

const machineIn = (inputs: Values): Machine => openMachine({ ...addressOf(inputs), server: String(inputs.server) });

/** Ends the database server and unmounts. A machine that is proven not to run has nothing mounted. */
async function release(context: Context, outputs: Values): Promise<void> {
  const address = addressOf(outputs);
  const forced = (process.env.COFFER_FORCE ?? "").split(",").includes(address.name);
  const state = await machineIn(outputs).state();
  if (state.power === "absent" || state.power === "stopped") return;
  try {
    const guest = await bounded(openGuest(address), forced ? forcedMs : undefined);
    const detached = guest.must(["coffer-volume", "detach", String(stopSeconds)], {
      timeout: (stopSeconds + 30) * 1000,
    });
    await bounded(detached, forced ? forcedMs : undefined);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (forced) {
      context.note("warning", `removed by force, without a clean end of the database: ${said}`);
      return;
    }
    throw new GuestError(
      "failed",
      `the database of "${address.name}" could not be ended cleanly, so its volume stays where it is (the server is ${state.words}): ${said}; mend that, or remove the instance all the same with: coffer force-delete ${address.name}`,
      { cause: error },
    );
  }
}

async function bounded<T>(work: Promise<T>, limit: number | undefined): Promise<T> {
  if (limit === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`its guest did not answer within ${limit / 1000} s`)), limit);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
