/** `restart`: the database server of an instance, and its machine first when that is stopped. An action with a record. */
import { appendFile } from "node:fs/promises";
import { type Guest, GuestError } from "../access/guest.ts";
import { closeAll, openGuest, openInventory } from "../access/index.ts";
import { engineOf } from "../engines/index.ts";
import { fileError, messageOf, OperationError } from "./errors.ts";
import { step } from "./events.ts";
import { lookAt, noInstance, readInstances } from "./instances.ts";
import type { InstanceRecord } from "./records.ts";
import { type InstanceRow, rowOf } from "./rows.ts";
import { type LockedRequest, type Session, withLockedStack } from "./session.ts";
import { chooseStack } from "./stack-choice.ts";
import { openStack } from "./stack-setup.ts";
import { places } from "./workspace.ts";

/** Crash recovery of a big database takes minutes. */
const healthyMs = 300_000;

export async function restart(request: LockedRequest & { name: string }): Promise<InstanceRow> {
  const { workspace, name } = request;
  const chosen = await chooseStack(workspace, request);
  if (!(await openStack(workspace, chosen.name))) throw noInstance(name, chosen.name, []);
  return withLockedStack(request, chosen, undefined, async (session) => {
    const known = await readInstances(session);
    const record = known.records[name];
    const address = known.guests[name];
    if (!record || !address) throw noInstance(name, chosen.name, Object.keys(known.records), known.building);
    try {
      const engine = engineOf(record.engine);
      const guest = await openGuest(address);
      if (await runs(guest)) {
        await step(session.report, "restart", `restarting ${engine.title} of "${name}"`, () => guest.service.restart());
      } else {
        // A server that has just begun to start is not asked to stop again: it would not listen yet.
        await step(session.report, "machine", `starting the machine of "${name}"`, () => startMachine(session, record));
        await step(session.report, "start", `starting ${engine.title}`, () => guest.service.start());
      }
      await step(session.report, "healthy", "waiting until it answers", () => engine.waitHealthy(guest, healthyMs));
      await note(session, name, "done");
      return rowOf(record, await lookAt(record, address));
    } catch (error) {
      await note(session, name, `failed: ${messageOf(error)}`);
      if (error instanceof GuestError) {
        throw new OperationError("failed", `instance "${name}" could not be restarted: ${error.message}`, {
          remedy:
            error.problem === "absent"
              ? "run `coffer up`: it makes the machine again, on the same data"
              : `look at its last words: coffer logs ${name}`,
          cause: error,
        });
      }
      throw error;
    } finally {
      await closeAll();
    }
  });
}

/** False when the machine is stopped. */
async function runs(guest: Guest): Promise<boolean> {
  try {
    await guest.service.status();
    return true;
  } catch (error) {
    if (error instanceof GuestError && error.problem === "stopped") return false;
    throw error;
  }
}

async function startMachine({ stack }: Session, record: InstanceRecord): Promise<void> {
  const inventory = openInventory(record.target);
  const objects = await inventory.list(stack.stackId);
  const server = objects.find(({ role, instance }) => role === "server" && instance === record.uuid);
  if (!server) throw new GuestError("absent", `the machine of "${record.name}" does not exist (any more)`);
  await inventory.startServer(server.id);
}

async function note({ workspace, stack }: Session, name: string, outcome: string): Promise<void> {
  const { actions } = places(workspace);
  const record = { at: new Date().toISOString(), stack: stack.name, action: "restart", instance: name, outcome };
  await appendFile(actions, `${JSON.stringify(record)}\n`, { mode: 0o600 }).catch((error: unknown) => {
    throw fileError(error, "write", actions);
  });
}
