/** What an observation begins with: the service's status and the files of the volume, and at the same time the server itself. */
import { type Guest, GuestError, type ServiceStatus } from "../../access/guest.ts";
import type { OpenServer, ServerReadings, ServerSpec, Session } from "../engine.ts";

/** One command, for each is a login in the guest. What follows the status is what `script` prints. */
export async function look(
  guest: Guest,
  script: string,
  args: readonly string[] = [],
): Promise<{ status: ServiceStatus; lines: readonly string[] }> {
  const stdin = `coffer-service status </dev/null || exit 1\n${script}`;
  const { stdout } = await guest.must(["sh", "-s", "--", ...args], { stdin });
  const [first = "", ...lines] = stdout.split("\n");
  try {
    return { status: JSON.parse(first) as ServiceStatus, lines };
  } catch (error) {
    const received = JSON.stringify(first.slice(0, 200));
    const words = `the status of the service of ${guest.name} is no JSON: received ${received}`;
    throw new GuestError("failed", words, { cause: error });
  }
}

/**
 * Undefined: the server does not answer. A guest that is gone, or cannot be reached, is an error all the same, and so is a
 * mistake of this program.
 */
export async function ask(session: Session, desired: ServerSpec): Promise<ServerReadings | undefined> {
  try {
    return await session((server) => server.readings(desired));
  } catch (error) {
    if (error instanceof GuestError && error.problem !== "failed") throw error;
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return undefined;
  }
}

/** Both at once, and the error of the first that has one; nothing is left under way. */
export async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

/** A session that is opened for this use alone, and closed whatever happens. */
export function ownSession(open: () => Promise<OpenServer>): Session {
  return async (act) => {
    const server = await open();
    try {
      return await act(server);
    } finally {
      await server.close();
    }
  };
}
