/**
 * One session with the server of each guest, shared by all that is read of it at the same time: Pulumi reads the parts of
 * an instance together, and every session is a process in the guest. It is closed when the last reader has ended, and
 * the next read opens another one. What writes opens its own.
 */
import type { Guest } from "../access/guest.ts";
import type { Engine, OpenServer, Session } from "../engines/engine.ts";

interface Shared {
  opened: Promise<OpenServer>;
  readers: number;
  /** Settled when the readers so far have had their turn: an open server is not for two at once. */
  turn: Promise<unknown>;
}

const sessions = new WeakMap<Guest, Shared>();

export function sharedSession(engine: Engine, guest: Guest): Session {
  return async (act) => {
    const shared = sessions.get(guest) ?? { opened: engine.open(guest), readers: 0, turn: Promise.resolve() };
    sessions.set(guest, shared);
    shared.readers += 1;
    try {
      const server = await shared.opened;
      const mine = shared.turn.then(() => act(server));
      shared.turn = mine.catch(() => undefined);
      return await mine;
    } finally {
      shared.readers -= 1;
      if (shared.readers === 0) {
        sessions.delete(guest);
        await shared.opened.then(
          (server) => server.close(),
          () => undefined,
        );
      }
    }
  };
}
