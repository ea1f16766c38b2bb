/** What the verbs on a recorded instance that change no spec share: the lock, the record, the words when they fail. */
import { appendFile } from "node:fs/promises";
import { type Guest, type GuestAddress, GuestError } from "../access/guest.ts";
import { closeAll, openGuest } from "../access/index.ts";
import type { Engine } from "../engines/engine.ts";
import { engineOf } from "../engines/index.ts";
import { fileError, messageOf, OperationError } from "./errors.ts";
import { lookAt, noInstance, readInstances } from "./instances.ts";
import type { InstanceRecord } from "./records.ts";
import { type InstanceRow, rowOf } from "./rows.ts";
import { type LockedRequest, type Session, withLockedStack } from "./session.ts";
import { chooseStack } from "./stack-choice.ts";
import { openStack } from "./stack-setup.ts";
import { places } from "./workspace.ts";

export interface InstanceVerb {
  name: "restart" | "stop" | "start" | "reboot";
  /** As in "could not be restarted". */
  done: string;
}

export interface Subject {
  session: Session;
  record: InstanceRecord;
  address: GuestAddress;
  guest: Guest;
  engine: Engine;
}

/** Runs `act` under the stack's lock, notes how it ended in actions.log, and gives the instance's row afterwards. */
export async function onInstance(
  request: LockedRequest & { name: string },
  verb: InstanceVerb,
  act: (subject: Subject) => Promise<void>,
): Promise<InstanceRow> {
  const { workspace, name } = request;
  const chosen = await chooseStack(workspace, request);
  if (!(await openStack(workspace, chosen.name))) throw noInstance(name, chosen.name, []);
  return withLockedStack(request, chosen, undefined, async (session) => {
    const known = await readInstances(session);
    const record = known.records[name];
    const address = known.guests[name];
    if (!record || !address) throw noInstance(name, chosen.name, Object.keys(known.records), known.building);
    try {
      await act({ session, record, address, guest: await openGuest(address), engine: engineOf(record.engine) });
      await note(session, verb, name, "done");
      return rowOf(record, await lookAt(record, address));
    } catch (error) {
      await note(session, verb, name, `failed: ${messageOf(error)}`);
      if (error instanceof GuestError) {
        throw new OperationError("failed", `instance "${name}" could not be ${verb.done}: ${error.message}`, {
          remedy: remedyOf(error, name),
          cause: error,
        });
      }
      throw error;
    } finally {
      await closeAll();
    }
  });
}

function remedyOf({ problem }: GuestError, name: string): string {
  if (problem === "absent") return "run `coffer up`: it makes the machine again, on the same data";
  if (problem === "unreachable") return `see what its machine says: coffer show ${name}`;
  return `look at its last words: coffer logs ${name}; and at its machine: coffer show ${name}`;
}

async function note({ workspace, stack }: Session, verb: InstanceVerb, name: string, outcome: string): Promise<void> {
  const { actions } = places(workspace);
  const record = { at: new Date().toISOString(), stack: stack.name, action: verb.name, instance: name, outcome };
  await appendFile(actions, `${JSON.stringify(record)}\n`, { mode: 0o600 }).catch((error: unknown) => {
    throw fileError(error, "write", actions);
  });
}
