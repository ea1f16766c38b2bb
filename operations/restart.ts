/** `restart`: the database server of an instance, and its machine first when that is stopped. An action with a record. */
import { type Guest, GuestError } from "../access/guest.ts";
import { step } from "./events.ts";
import { onInstance } from "./instance-verb.ts";
import { healthyMs, movePower } from "./power.ts";
import type { InstanceRow } from "./rows.ts";
import type { LockedRequest } from "./session.ts";

export function restart(request: LockedRequest & { name: string }): Promise<InstanceRow> {
  return onInstance(request, { name: "restart", done: "restarted" }, async (subject) => {
    const { session, guest, engine, record } = subject;
    // A server that has just begun to start is not asked to stop again: it would not listen yet.
    if (!(await runs(guest))) return movePower(subject, "start", false);
    const { report } = session;
    await step(report, "restart", `restarting ${engine.title} of "${record.name}"`, () => guest.service.restart());
    await step(report, "healthy", "waiting until it answers", () => engine.waitHealthy(guest, healthyMs));
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
