/** The order of a resize: the database ends before it, answers on the new flavor before it is confirmed, or the old flavor comes back. */
import type { Machine } from "../../access/machine.ts";
import type { Context } from "../kind.ts";

/** The disk may have to be copied to another host. */
const resizeMs = 1_800_000;
const confirmMs = 300_000;

export interface Resizing<Database> {
  machine: Pick<Machine, "flavor" | "resize" | "confirmResize" | "revertResize">;
  wanted: { flavor: string; flavorName: string; database: Database };
  /** The size that last served. */
  before: { flavorName: string; database: Database };
  /** Ends the database server. */
  stop(): Promise<void>;
  /** Configures the database for its machine and starts it; throws when it does not answer. */
  serve(database: Database): Promise<void>;
}

/**
 * Also goes on where an interrupted run stopped: on the new flavor, unconfirmed. Throws when the machine is not on the new flavor at the
 * end; the database then serves on the old one.
 */
export async function resize<Database>(context: Context, resizing: Resizing<Database>): Promise<void> {
  const { machine, wanted } = resizing;
  let now = await machine.flavor();
  if (now.unconfirmed && now.id !== wanted.flavor) {
    await machine.revertResize({ timeout: resizeMs, signal: context.signal });
    now = await machine.flavor();
  }
  if (now.id === wanted.flavor && !now.unconfirmed) return;
  if (now.id !== wanted.flavor) await resizing.stop();
  try {
    if (now.id !== wanted.flavor) {
      context.note("info", `resizes the server to ${wanted.flavorName}`);
      await machine.resize(wanted.flavor, { timeout: resizeMs, signal: context.signal });
    }
    await resizing.serve(wanted.database);
  } catch (error) {
    context.signal.throwIfAborted();
    await comeBack(context, resizing, error);
  }
  await machine.confirmResize({ timeout: confirmMs, signal: context.signal });
}

/** The database serves on the flavor that it had; throws all the same, with what kept it from the new one. */
async function comeBack<Database>(context: Context, resizing: Resizing<Database>, error: unknown): Promise<never> {
  const { machine, wanted, before } = resizing;
  const said = error instanceof Error ? error.message : String(error);
  // Nova may have refused, or found no host: then there is nothing to revert.
  const { unconfirmed } = await machine.flavor();
  if (unconfirmed) {
    context.note("warning", `the database does not answer on ${wanted.flavorName}; the old flavor comes back`);
    await machine.revertResize({ timeout: resizeMs, signal: context.signal });
  }
  await resizing.serve(before.database);
  const what = unconfirmed
    ? `the database did not answer on flavor ${wanted.flavorName}, so the server is back on ${before.flavorName}`
    : `the server could not get flavor ${wanted.flavorName}, so it serves on ${before.flavorName} as before`;
  throw new Error(`${what}: ${said}`, { cause: error });
}
