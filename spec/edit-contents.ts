/** Edits of what is in an instance: databases, users and what users may do. Entries that stay keep their layout and comments. */
import type { Grant } from "../engines/engine.ts";
import { removeIn, type Setting, SpecEditError, said, setIn } from "./edit.ts";
import type { PasswordSetting } from "./model.ts";
import type { Path } from "./problem.ts";
import { quote } from "./problem.ts";

export interface Who {
  name: string;
  /** `%` where the spec does not say. */
  host: string;
}

export interface NewDatabase {
  name: string;
  charset?: string;
  collation?: string;
  owner?: string;
}

export interface NewUser extends Who {
  grants: readonly Grant[];
  password?: PasswordSetting;
}

/** Lists a database; whatever allowed to drop one of that name is taken back. */
export function addDatabase(text: string, instance: string, { name, ...rest }: NewDatabase): string {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const value: Setting = Object.keys(given).length ? { name, ...given } : name;
  return append(
    without(text, placeOf(instance, "drop"), (entry) => entry === name),
    placeOf(instance, "databases"),
    value,
  );
}

/** Takes a database off the list, allows to drop it, and takes back what users may do in it. */
export function dropDatabase(text: string, instance: string, name: string): string {
  const place = placeOf(instance, "databases");
  const is = (entry: unknown): boolean => nameOf(entry) === name;
  if (!listAt(text, place).some(is)) throw new SpecEditError(`the spec lists no database ${quote(name)}`);
  const users = placeOf(instance, "users");
  const revoked = listAt(text, users).reduce<string>(
    (edited, _, index) => without(edited, [...users, index, "databases"], is),
    without(text, place, is),
  );
  const drop = placeOf(instance, "drop");
  return listAt(revoked, drop).includes(name) ? revoked : append(revoked, drop, name);
}

/** Lists a user; nobody is said to have been that user before. */
export function addUser(text: string, instance: string, { name, host, grants, password }: NewUser): string {
  return append(withoutPast(text, instance, { name, host }), placeOf(instance, "users"), {
    name,
    ...(host === "%" ? {} : { host }),
    ...(grants.length ? { databases: grants.map(entryOf) } : {}),
    ...(password ? { password } : {}),
  });
}

export function removeUser(text: string, instance: string, who: Who): string {
  const place = userPlace(text, instance, who);
  const users = placeOf(instance, "users");
  return without(text, users, (_, index) => index === place.at(-1));
}

/** Makes these the user's privileges. */
export function setGrants(text: string, instance: string, who: Who, grants: readonly Grant[]): string {
  const place = [...userPlace(text, instance, who), "databases"];
  if (!Array.isArray(said(text, place))) return grants.length ? setIn(text, place, grants.map(entryOf)) : text;
  const kept = without(text, place, (entry) => !grants.some(({ database }) => database === nameOf(entry)));
  return grants.reduce((edited, grant) => {
    const now = listAt(edited, place);
    const index = now.findIndex((entry) => nameOf(entry) === grant.database);
    const entry = now[index];
    if (entry === undefined) return append(edited, place, entryOf(grant));
    if (levelOf(entry) === grant.privileges) return edited;
    if (typeof entry === "string") return setIn(edited, [...place, index], entryOf(grant));
    return setIn(edited, [...place, index, "privileges"], grant.privileges);
  }, kept);
}

export interface UserChange {
  /** Who the user is to be. */
  to: Who;
  /** Who the server knows it as: what the spec is to say that it was. */
  was: Who;
  password?: PasswordSetting;
}

/** Gives a user another name, host or password. */
export function changeUser(text: string, instance: string, who: Who, { to, was, password }: UserChange): string {
  const place = userPlace(text, instance, who);
  const renamed = to.name !== who.name || to.host !== who.host;
  let edited = renamed ? withoutPast(text, instance, to) : text;
  if (to.name !== who.name)
    edited = setIn(renameOwner(edited, instance, who.name, to.name), [...place, "name"], to.name);
  if (to.host !== who.host) edited = setIn(edited, [...place, "host"], to.host);
  const past = {
    ...(was.name === to.name ? {} : { name: was.name }),
    ...(was.host === to.host ? {} : { host: was.host }),
  };
  const [name, host] = [past.name, past.host];
  if (renamed && (name !== undefined || host !== undefined)) {
    edited = setIn(edited, [...place, "was"], name !== undefined && host === undefined ? name : past);
  } else if (renamed && said(edited, [...place, "was"]) !== undefined) edited = removeIn(edited, [...place, "was"]);
  return password ? setIn(edited, [...place, "password"], password) : edited;
}

/** What a user owned under its old name, it owns under the new one. */
function renameOwner(text: string, instance: string, from: string, to: string): string {
  const databases = placeOf(instance, "databases");
  return listAt(text, databases).reduce<string>((edited, entry, index) => {
    const is = typeof entry === "object" && (entry as { owner?: unknown } | null)?.owner === from;
    return is ? setIn(edited, [...databases, index, "owner"], to) : edited;
  }, text);
}

/** No user is said to have been this one: it is about to be listed itself. */
function withoutPast(text: string, instance: string, who: Who): string {
  const users = placeOf(instance, "users");
  return listAt(text, users).reduce<string>((edited, user, index) => {
    const { was } = user as { was?: string | Partial<Who> };
    if (was === undefined) return edited;
    const own = identityOf(user);
    const earlier = { ...own, ...(typeof was === "string" ? { name: was } : was) };
    return isWho(earlier, who) && !isWho(own, who) ? removeIn(edited, [...users, index, "was"]) : edited;
  }, text);
}

function userPlace(text: string, instance: string, who: Who): Path {
  const users = placeOf(instance, "users");
  const index = listAt(text, users).findIndex((user) => isWho(identityOf(user), who));
  if (index < 0) throw new SpecEditError(`the spec lists no user ${quote(who.name)} of host ${quote(who.host)}`);
  return [...users, index];
}

function identityOf(user: unknown): Who {
  const { name, host = "%" } = user as { name: string; host?: string };
  return { name, host };
}

/** Hosts are names of machines: upper and lower case are the same. */
function isWho(one: Who, other: Who): boolean {
  return one.name === other.name && one.host.toLowerCase() === other.host.toLowerCase();
}

const placeOf = (instance: string, word: "databases" | "drop" | "users"): Path => ["instances", instance, word];

/** A database, or a grant on one: its name alone, or a mapping with it. */
function nameOf(entry: unknown): unknown {
  return typeof entry === "string" ? entry : (entry as { name?: unknown }).name;
}

function levelOf(entry: unknown): unknown {
  return typeof entry === "string" ? "all" : ((entry as { privileges?: unknown }).privileges ?? "all");
}

function entryOf({ database, privileges }: Grant): Setting {
  return privileges === "all" ? database : { name: database, privileges };
}

function listAt(text: string, place: Path): readonly unknown[] {
  const list = said(text, place);
  return Array.isArray(list) ? list : [];
}

function append(text: string, place: Path, value: Setting): string {
  const { length } = listAt(text, place);
  return length === 0 ? setIn(text, place, [value]) : setIn(text, [...place, length], value);
}

/** The list without some of its entries; an empty one stays in the file. */
function without(text: string, place: Path, goes: (entry: unknown, index: number) => boolean): string {
  const list = listAt(text, place);
  const gone = [...list.keys()].filter((index) => goes(list[index], index));
  if (gone.length === 0) return text;
  if (gone.length === list.length) return setIn(text, place, []);
  return gone.reverse().reduce((edited, index) => removeIn(edited, [...place, index]), text);
}
