/** What is really there of one instance: one session with its server, one command more for its certificate. Bounded; never throws. */
import type { Guest, GuestAddress } from "../../access/guest.ts";
import { GuestError } from "../../access/guest.ts";
import { openGuest } from "../../access/index.ts";
import type {
  Database,
  Engine,
  ObservedDatabase,
  ObservedServer,
  ObservedUser,
  OpenServer,
  ServerSpec,
  Session,
  User,
} from "../../engines/engine.ts";
import { ownSession } from "../../engines/shared/look.ts";
import { lookAtCertificate } from "../../provider/resources/certificate.ts";
import type { Values } from "../../provider/values.ts";
import { messageOf } from "../errors.ts";
import { lookMs, within } from "../machine-look.ts";

export interface Wish {
  name: string;
  engine: Engine;
  server: ServerSpec;
  /** Undefined: not managed, and not looked at. */
  databases: readonly Database[] | undefined;
  users: readonly User[] | undefined;
  passwords: Readonly<Record<string, string>>;
  /** The inputs of its certificate; undefined: it has none yet. */
  certificate: Values | undefined;
}

export type Reality =
  | ({ state: "seen"; observed: ObservedServer; certificate?: Certificate } & Contents)
  /** Somebody stopped the machine, it is proven not to exist, or nothing is known. */
  | { state: "stopped" | "gone" | "unreachable"; problem: string };

interface Contents {
  databases?: readonly ObservedDatabase[];
  users?: readonly ObservedUser[];
  /** What could not be read of a server that answers, and why. */
  problems: readonly string[];
}

export interface Certificate {
  /** ISO 8601; "": there is none. */
  expires: string;
  /** Why it has to be issued anew. */
  reasons: readonly string[];
}

/** Milliseconds for all questions to a guest that answers: a busy one, without hardware help, takes seconds for each. */
const askMs = 60_000;

export async function lookAtInstance(wish: Wish, address: GuestAddress | undefined): Promise<Reality> {
  if (!address) return { state: "unreachable", problem: "its address is not recorded; run `coffer up`" };
  try {
    const guest = await openGuest(address);
    await within(lookMs, `the guest of "${wish.name}"`, () => guest.reach());
    return await within(askMs, `the database server of "${wish.name}"`, () => ask(wish, guest));
  } catch (error) {
    const problem = messageOf(error);
    const known = error instanceof GuestError ? error.problem : undefined;
    return { state: known === "stopped" ? "stopped" : known === "absent" ? "gone" : "unreachable", problem };
  }
}

async function ask(wish: Wish, guest: Guest): Promise<Reality> {
  const { engine, server, certificate } = wish;
  const said: { contents: Contents; certificate?: Certificate } = { contents: { problems: [] } };
  // What comes first decides whether the server answers; the rest is asked in the same session.
  const session: Session = (act) =>
    ownSession(() => engine.open(guest))(async (open) => {
      const result = await act(open);
      said.contents = await contentsOf(wish, open);
      if (certificate) said.certificate = await lookAtCertificate(guest, certificate, (look) => look(open));
      return result;
    });
  const observed = await engine.observe(guest, server, session);
  return {
    state: "seen",
    observed,
    ...said.contents,
    ...(said.certificate ? { certificate: said.certificate } : {}),
  };
}

type Wishes = Pick<Wish, "databases" | "passwords"> & { users: readonly User[] };

/** Users that are listed as an apply sees them; strangers with all that they may do, also in databases that are not listed. */
async function usersOf(
  { databases = [], users, passwords }: Wishes,
  open: OpenServer,
  real: readonly ObservedDatabase[],
): Promise<readonly ObservedUser[]> {
  const granted = users.flatMap(({ grants }) => grants.map(({ database }) => database));
  const listed = [...new Set([...databases.map(({ name }) => name), ...granted])];
  const seen = await open.users(listed, passwords);
  const isListed = ({ name, host }: ObservedUser) => users.some((user) => user.name === name && user.host === host);
  const others = real.map(({ name }) => name).filter((name) => !listed.includes(name));
  if (!others.length || seen.every(isListed)) return seen;
  const strangers = await open.users([...listed, ...others], passwords);
  return [...seen.filter(isListed), ...strangers.filter((user) => !isListed(user))];
}

async function contentsOf({ databases, users, passwords }: Wish, open: OpenServer): Promise<Contents> {
  const problems: string[] = [];
  const found: { databases?: readonly ObservedDatabase[]; users?: readonly ObservedUser[] } = {};
  if (databases) {
    const extended = databases.filter(({ extensions }) => extensions?.length).map(({ name }) => name);
    await open.databases(extended).then(
      (all) => Object.assign(found, { databases: all }),
      (error: unknown) => problems.push(messageOf(error)),
    );
  }
  if (users) {
    await usersOf({ databases, users, passwords }, open, found.databases ?? []).then(
      (all) => Object.assign(found, { users: all }),
      (error: unknown) => problems.push(messageOf(error)),
    );
  }
  return { ...found, problems };
}
