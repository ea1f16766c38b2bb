/**
 * coffer:guest:Users: the users of one instance with their grants, as a list. One that leaves the list is dropped;
 * users made by hand are left alone and told of, or dropped where the instance is `exclusive`. Passwords that the spec does
 * not give are generated once, and again for each new number in `generations` (by user key); those of users in `kept` are the
 * server's own. `unlisted`: the spec says nothing of users, so that all but the administrator (`root`), which is always Coffer's
 * to make and to drop, are left alone.
 * Outputs: the inputs, `passwords` (secret, by user key), `observed`, `reachable`, `unfinished`: who was managed before a
 * change that failed half way, and may still have to be dropped; `rootEnabledEver`, and for ever, once there was an administrator,
 * `rootEnabledSince`.
 */
import { randomInt } from "node:crypto";
import type { Guest } from "../../access/guest.ts";
import {
  type Engine,
  isRoot,
  type ManagedUser,
  type ObservedUser,
  type OpenServer,
  type Plan,
  rootUser,
  type SqlStep,
  type TlsMode,
  type User,
  userKey,
} from "../../engines/engine.ts";
import { engineOf } from "../../engines/index.ts";
import { ownSession } from "../../engines/shared/look.ts";
import { takesAway } from "../../engines/shared/losses.ts";
import { readRootMark, writeRootMark } from "../../engines/shared/root-mark.ts";
import { inputChanges } from "../changes.ts";
import { inGuest, isUnread, readInGuest, recorded, stepsOf } from "../in-guest.ts";
import { type CheckFailure, HalfMade, type Kind } from "../kind.ts";
import { sharedSession } from "../reads.ts";
import { hasUnknown, sameValue, UNKNOWN, type Values } from "../values.ts";

type Passwords = Readonly<Record<string, string>>;

const passwordLength = 36;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const users: Kind = {
  token: "coffer:guest:Users",
  secrets: ["guest", "given", "passwords"],
  live: true,

  check(inputs) {
    if (hasUnknown(inputs.given) || hasUnknown(inputs.engine)) return [];
    const failures: CheckFailure[] = [];
    for (const [key, password] of Object.entries(givenIn(inputs))) {
      for (const problem of engineIn(inputs).checkPassword(password)) {
        failures.push({ property: "given", reason: `the password of user ${JSON.stringify(key)}: ${problem.message}` });
      }
    }
    return failures;
  },

  diff(old, inputs) {
    const changes = inputChanges(old.inputs, inputs);
    if (hasUnknown({ ...inputs, guest: null })) return changes;
    if (isUnread(old.outputs)) return [...changes, { path: "reachable", kind: "update", fromInputs: false }];
    const missing = keysIn(inputs).some((key) => !passwordsIn(old.outputs)[key] && !keptIn(inputs).includes(key));
    if (!changes.length && (missing || !isDone(plan(inputs, observedIn(old.outputs), managed(old))))) {
      changes.push({ path: "users", kind: "update", fromInputs: false });
    }
    return changes;
  },

  preview: (_context, inputs) => ({ ...inputs, passwords: UNKNOWN, observed: UNKNOWN, reachable: true }),

  async create(context, inputs) {
    const id = `${String(inputs.uuid)}/users`;
    const passwords = choosePasswords(inputs, { inputs: {}, outputs: {} });
    return {
      id,
      outputs: await inGuest(context, inputs, (guest) => converge(context.note, guest, id, inputs, passwords)),
    };
  },

  read: (context, _id, inputs, outputs) =>
    readInGuest(context, inputs, outputs, async (guest) => {
      const passwords = passwordsIn(outputs);
      const session = sharedSession(engineIn(inputs), guest);
      const observed = await session((server) => observe(server, inputs, passwords));
      const strangers = strangersIn(inputs, observed);
      if (strangers.length && inputs.exclusive !== true) {
        const words = `users that the spec does not list: ${strangers.join(", ")}`;
        context.note("info", `${words}; they stay, unless the instance says exclusive: true`);
      }
      const more = await unfinishedIn(guest, inputs, outputs, observed);
      return { ...inputs, passwords, observed: recorded(observed), ...more };
    }),

  async previewUpdate(context, old, inputs) {
    const unchanged = ["given", "generations"].every((name) => sameValue(inputs[name], old.inputs[name]));
    const same = unchanged && sameValue(keysIn(inputs), keysIn(old.inputs));
    const passwords = same ? old.outputs.passwords : UNKNOWN;
    if (!hasUnknown({ ...inputs, guest: null }) && old.outputs.reachable !== false) {
      for (const step of stepsOf(plan(inputs, observedIn(old.outputs), managed(old))))
        context.note(takesAway(step) ? "warning" : "info", step.summary);
    }
    return { ...old.outputs, ...inputs, passwords, observed: UNKNOWN };
  },

  update: (context, id, old, inputs) => {
    const passwords = choosePasswords(inputs, old);
    return inGuest(context, inputs, (guest) => converge(context.note, guest, id, inputs, passwords, old));
  },

  // Removing an instance never runs DROP: its users stay with its data.
  async delete() {},
};

/** Without `old` the resource is new; of a volume that was taken over, only an administrator is Coffer's already. */
async function converge(
  note: (severity: "info", message: string) => void,
  guest: Guest,
  id: string,
  inputs: Values,
  passwords: Passwords,
  old?: { inputs: Values; outputs: Values },
): Promise<Values> {
  const before = old && ours(inputs, managed(old));
  const wanted = listIn(inputs).some(isRoot);
  const mark = !before || wanted || before.some(isRoot) ? await readRootMark(guest) : undefined;
  const previous = before ?? (mark?.managed ? [rootUser] : []);
  const since = mark?.since || new Date().toISOString();
  // Before there is one: whatever fails then, it is remembered.
  if (wanted && !(mark?.managed && mark.since)) await writeRootMark(guest, { since, managed: true });
  const ever = wanted || mark ? { rootEnabledEver: true, rootEnabledSince: since } : rootOf(old?.outputs ?? {});
  return ownSession(() => engineIn(inputs).open(guest))(async (open) => {
    try {
      const steps = stepsOf(plan(inputs, await observe(open, inputs, passwords), previous));
      await open.executeAll(steps, passwords, ({ summary }) => note("info", summary));
      const observed = recorded(await observe(open, inputs, passwords));
      // Whoever is root from now on was made by hand.
      if (!wanted && mark?.managed) await writeRootMark(guest, { since, managed: false });
      return { ...inputs, passwords, observed, ...ever, reachable: true };
    } catch (error) {
      // The passwords are recorded too: some of the users may have theirs already.
      const unfinished = recorded(previous);
      const outputs: Values = { ...inputs, passwords, observed: [], ...ever, reachable: false, unfinished };
      throw new HalfMade({ id, outputs }, error);
    }
  });
}

/** What is known for ever of an administrator that there was. */
function rootOf({ rootEnabledEver, rootEnabledSince }: Values): Values {
  // Never left out: a preview takes what is not there for something that is not known yet.
  return rootEnabledEver === true ? { rootEnabledEver, rootEnabledSince } : { rootEnabledEver: false };
}

/**
 * Who was managed before a change that failed; and an administrator that an apply made and did not live to record, which the
 * volume tells.
 */
async function unfinishedIn(
  guest: Guest,
  inputs: Values,
  outputs: Values,
  observed: readonly ObservedUser[],
): Promise<Values> {
  const { unfinished } = outputs;
  if (!observed.some(isRoot) || listIn(inputs).some(isRoot)) return { ...rootOf(outputs), unfinished };
  const mark = await readRootMark(guest);
  const more = mark?.managed ? recorded([...((unfinished ?? []) as readonly unknown[]), rootUser]) : unfinished;
  return { ...(mark ? { rootEnabledEver: true, rootEnabledSince: mark.since } : rootOf(outputs)), unfinished: more };
}

/**
 * Given ones win; then those already in use, also under the name that a user had before, as long as no other generation is
 * asked for; the rest is generated. Users that left the list are left out.
 */
export function choosePasswords(inputs: Values, old: { inputs: Values; outputs: Values }): Passwords {
  const [given, known] = [givenIn(inputs), passwordsIn(old.outputs)];
  const engine = engineIn(inputs);
  const entries = listIn(inputs).flatMap((user): [string, string][] => {
    const key = userKey(engine, user);
    const earlier = known[key] === undefined && user.was ? userKey(engine, user.was) : key;
    const asked = generationsIn(inputs)[key];
    const kept = asked === undefined || asked === generationsIn(old.inputs)[earlier] ? known[earlier] : undefined;
    return keptIn(inputs).includes(key) ? [] : [[key, given[key] ?? kept ?? generatePassword()]];
  });
  return Object.fromEntries(entries);
}

/** A user that is there under an earlier name is to have the password of the one that it becomes. */
export function underAllNames(inputs: Values, passwords: Passwords): Passwords {
  const engine = engineIn(inputs);
  const earlier = listIn(inputs).flatMap((user) => {
    const password = passwords[userKey(engine, user)];
    return user.was && password !== undefined ? [[userKey(engine, user.was), password] as const] : [];
  });
  return { ...Object.fromEntries(earlier), ...passwords };
}

/** 36 letters and digits: 214 bits, and no character that a shell, a URL or a configuration file would read. */
function generatePassword(): string {
  return Array.from({ length: passwordLength }, () => alphabet[randomInt(alphabet.length)]).join("");
}

const engineIn = (inputs: Values): Engine => engineOf(String(inputs.engine));
const listIn = (inputs: Values): readonly User[] => (inputs.users ?? []) as unknown as readonly User[];
/** All that Coffer may have made and not dropped: the list as it was, and the lists before changes that failed since. */
function managed({ inputs, outputs }: { inputs: Values; outputs: Values }): readonly ManagedUser[] {
  const all = new Map<string, ManagedUser>();
  for (const user of [...listIn(inputs), ...((outputs.unfinished ?? []) as unknown as readonly ManagedUser[])]) {
    const key = userKey(engineIn(inputs), user);
    const owns = [...new Set([...(all.get(key)?.owns ?? []), ...(user.owns ?? [])])];
    all.set(key, { name: user.name, host: user.host, ...(owns.length ? { owns } : {}) });
  }
  return [...all.values()];
}
const keysIn = (inputs: Values): string[] => listIn(inputs).map((user) => userKey(engineIn(inputs), user));
const givenIn = (inputs: Values): Passwords => (inputs.given ?? {}) as Passwords;
const generationsIn = (inputs: Values) => (inputs.generations ?? {}) as Readonly<Record<string, number>>;
const keptIn = (inputs: Values): readonly string[] => (inputs.kept ?? []) as readonly string[];
const passwordsIn = (outputs: Values): Passwords => (outputs.passwords ?? {}) as Passwords;
const observedIn = (outputs: Values) => (outputs.observed ?? []) as unknown as readonly ObservedUser[];
/** Where the spec lists no users, nobody is one. */
const strangersIn = (inputs: Values, observed: readonly ObservedUser[]): string[] => {
  if (inputs.unlisted === true) return [];
  const keys = new Set(keysIn(inputs));
  const names = observed.map((user) => userKey(engineIn(inputs), user));
  return names.filter((name) => !keys.has(name)).map((name) => JSON.stringify(name));
};
const isDone = (p: Plan<SqlStep>): boolean => !p.steps.length && !p.refusals.length;

const observe = (open: OpenServer, inputs: Values, passwords: Passwords): Promise<readonly ObservedUser[]> =>
  open.users((inputs.databases ?? []) as readonly string[], underAllNames(inputs, passwords));

/** A user whose password is the server's own cannot be made. */
function keptButGone(inputs: Values, observed: readonly ObservedUser[]): string[] {
  const there = new Set(observed.map((user) => userKey(engineIn(inputs), user)));
  const gone = listIn(inputs).filter((user) => {
    const names = [user, ...(user.was ? [user.was] : [])].map((one) => userKey(engineIn(inputs), one));
    return keptIn(inputs).includes(names[0] ?? "") && !names.some((name) => there.has(name));
  });
  return gone.map((user) => {
    const name = JSON.stringify(userKey(engineIn(inputs), user));
    return `user ${name} is to keep the password that the server has, and the server has no such user: leave its password out of the spec to have it made with a generated one`;
  });
}

/** Where the spec lists no users, only its administrator is Coffer's. */
function ours<U extends ManagedUser>(inputs: Values, users: readonly U[]): readonly U[] {
  return inputs.unlisted === true ? users.filter(isRoot) : users;
}

/** Where the instance is exclusive, whoever is there is Coffer's to drop. */
function plan(inputs: Values, observed: readonly ObservedUser[], previous: readonly ManagedUser[]): Plan<SqlStep> {
  const mine = ours(inputs, previous);
  const managed = inputs.exclusive === true ? [...observed, ...mine] : mine;
  const lost = keptButGone(inputs, observed);
  if (lost.length) return { steps: [], refusals: lost };
  return engineIn(inputs).planUsers(
    listIn(inputs),
    observed,
    uniqueBy(managed, (user) => JSON.stringify([user.name, user.host])),
    inputs.tls as TlsMode | undefined,
  );
}

function uniqueBy<T>(all: readonly T[], key: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}
