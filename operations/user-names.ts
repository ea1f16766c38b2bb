/** How a user of a database is named: `NAME`, `NAME@HOST`, or NAME with its host apart. One rule for every command. Pure. */
import { type Engine, userKey } from "../engines/engine.ts";
import type { Who } from "../spec/edit-contents.ts";
import { nearest } from "../spec/nearest.ts";
import { OperationError } from "./errors.ts";

export interface AskedUser {
  /** NAME, or NAME@HOST where users have hosts: the host is what follows the last @. */
  user: string;
  /** The host apart; it may say what NAME@HOST says, and nothing else. */
  host?: string;
}

type Hosts = Pick<Engine, "capabilities" | "title">;

/** The user that the words stand for, whether there is one or not. Throws an input error where they contradict each other. */
export function whoNamed(engine: Hosts, { user, host }: AskedUser): Who {
  if (!engine.capabilities.userHosts) {
    // What tables show of it, too.
    if (host === undefined || host === "%") return { name: user, host: "%" };
    throw new OperationError(
      "input",
      `users of ${engine.title} have no hosts, and "${user}" is given the host "${host}"`,
      {
        remedy: "leave --host out; an @ is a letter of the name",
      },
    );
  }
  const at = user.lastIndexOf("@");
  if (at <= 0) return { name: user, host: host ?? "%" };
  const split = { name: user.slice(0, at), host: user.slice(at + 1) };
  if (host === undefined || sameHost(host, split.host)) return split;
  throw new OperationError("input", `"${user}" names the host "${split.host}", and --host says "${host}"`, {
    remedy: `say it once; for a name with an @ in it: "${user}@${host}"`,
  });
}

export interface UserPlace {
  engine: Hosts;
  instance: string;
  /** Whose users they are: of the spec's list, or what the last apply or the server has. */
  of: "spec" | "server";
}

/** The one of the users that is meant. A name that is there as it was written comes before one that was split at its @. */
export function userNamed<U extends Who>(users: readonly U[], asked: AskedUser, place: UserPlace): U {
  const { engine, instance } = place;
  const { user, host } = asked;
  const written = users.filter(({ name }) => name === user);
  const literal = written.filter((one) => host === undefined || sameHost(one.host, host));
  const who = literal[0] ?? whoNamed(engine, asked);
  const [only, second] = literal.length ? literal : users.filter((one) => isWho(one, who));
  if (only && !second) return only;
  const keysOf = (some: readonly U[]) => some.map((one) => userKey(engine, one));
  if (second) {
    throw new OperationError("input", `instance "${instance}" has several users "${user}"`, {
      remedy: `say which one: ${keysOf(literal).join(", ")}`,
    });
  }
  const named = users.filter(({ name }) => name === who.name);
  if (named.length) {
    throw new OperationError("input", `user "${who.name}" of instance "${instance}" has no host "${who.host}"`, {
      remedy: `say which one: ${keysOf(named).join(", ")}`,
    });
  }
  const near = nearest(user, [...keysOf(users), ...users.map(({ name }) => name)]);
  const key = userKey(engine, who);
  const shown = host === undefined ? user : key;
  const message =
    place.of === "spec"
      ? `the spec lists no user "${shown}" of instance "${instance}"`
      : `instance "${instance}" has no user "${shown}"`;
  const [some, none] =
    place.of === "spec" ? ["it lists", "it lists none"] : ["its users are", "its spec lists no users"];
  throw new OperationError("input", near ? `${message}; did you mean "${near}"?` : message, {
    remedy: users.length ? `${some}: ${keysOf(users).join(", ")}` : none,
  });
}

/** Names are compared as they are, hosts without their case, as servers do. */
export function isWho(one: Who, other: Who): boolean {
  return one.name === other.name && sameHost(one.host, other.host);
}

const sameHost = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
