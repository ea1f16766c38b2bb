/** What all resources inside a guest share: reaching it, and what to record when it cannot be reached. */
import type { Guest, GuestAddress } from "../access/guest.ts";
import { GuestError } from "../access/guest.ts";
import { openGuest } from "../access/index.ts";
import type { Plan } from "../engines/engine.ts";
import type { Context } from "./kind.ts";
import type { Value, Values } from "./values.ts";

/** How long a guest that was just made may take until it answers. */
const arrivalMs = 300_000;
const retryMs = 500;
/** A wait that is longer is told. */
const silentMs = 20_000;

/** The address in the inputs. A program error when it is absent: components always set it. */
export function addressOf(inputs: Values): GuestAddress {
  const guest = inputs.guest;
  if (guest === null || typeof guest !== "object" || Array.isArray(guest))
    throw new Error('the input "guest" must be an object');
  return guest as unknown as GuestAddress;
}

/**
 * Runs `act` in the guest, after waiting (milliseconds) until the guest answers. A stopped or absent guest fails at once.
 */
export async function inGuest<T>(
  context: Context,
  inputs: Values,
  act: (guest: Guest) => Promise<T>,
  limit = arrivalMs,
): Promise<T> {
  const address = addressOf(inputs);
  const began = Date.now();
  const deadline = began + limit;
  let told = false;
  for (;;) {
    context.signal.throwIfAborted();
    try {
      const guest = await openGuest(address);
      await guest.reach();
      return await act(guest);
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      if (error.problem === "stopped")
        throw new GuestError("stopped", `${error.message}; start it with: coffer start ${address.name}`, {
          cause: error,
        });
      if (error.problem !== "unreachable") throw error;
      if (Date.now() > deadline) {
        const waited = `waited ${limit / 1000} s until the guest of "${address.name}" answers: ${error.message}`;
        throw new GuestError("timeout", waited, { cause: error });
      }
      if (!told && Date.now() > began + silentMs) {
        told = true;
        context.note("info", `waits until the guest answers, ${limit / 1000} s at most: ${error.message}`);
      }
    }
    await new Promise((again) => setTimeout(again, retryMs));
  }
}

/**
 * Reads the truth. A guest that cannot be reached, or that is proven to be absent, gives the last recorded outputs with
 * `reachable: false` and a warning: in-guest resources are never "gone" because their guest is, or users would be
 * made anew with other passwords. One that somebody stopped gives them with `stopped: true` as well: it stays as it is.
 */
export async function readInGuest(
  context: Context,
  inputs: Values,
  outputs: Values,
  observe: (guest: Guest) => Promise<Values>,
): Promise<Values> {
  const address = addressOf(inputs);
  try {
    const guest = await openGuest(address);
    return { ...(await observe(guest)), reachable: true, stopped: undefined, problem: undefined };
  } catch (error) {
    const { name } = address;
    const problem = error instanceof Error ? error.message : String(error);
    const stopped = error instanceof GuestError && error.problem === "stopped";
    if (stopped) {
      const words = `it is stopped and is not looked into (start it with: coffer start ${name}): ${problem}`;
      context.noteOnInstance(name, "info", words);
    } else {
      const words = `cannot read the true state, the recorded one is shown: ${problem}`;
      context.noteOnInstance(name, "warning", words);
    }
    return { ...outputs, reachable: false, stopped, problem };
  }
}

/**
 * The last Read did not see the guest, which is expected to answer: it has to be seen before anything is said of it. A
 * guest that somebody stopped is not expected to, and what is recorded of it stands until it runs again.
 */
export const isUnread = (outputs: Values): boolean => outputs.reachable === false && outputs.stopped !== true;

/** The steps of a plan; what it refuses is the user's to solve. */
export function stepsOf<S>({ steps, refusals }: Plan<S>): readonly S[] {
  if (refusals.length) throw new Error(refusals.join("\n"));
  return steps;
}

/** Plain data that came out of an engine, as property values (they are JSON by contract). */
export function recorded(data: unknown): Value {
  return JSON.parse(JSON.stringify(data)) as Value;
}
