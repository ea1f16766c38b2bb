/** The rules of names, hosts and passwords, so that whatever passes them is created exactly as it is written. */
import { isIP } from "node:net";
import type { Database, Problem, User } from "../engine.ts";
import { tableOf, versions } from "./table.ts";
import { charsetOf } from "./values.ts";

const systemDatabases = ["mysql", "information_schema", "performance_schema", "sys"];
const systemUsers = ["root", "mysql", "mariadb.sys", "os_admin", "public"];

/** Files of the server's own in the data directory, where a database is a folder. */
const dataFiles =
  /^(ibdata\d+|ib_logfile\d+|ibtmp\d+|undo\d+|ib_buffer_pool|aria_log_control|ddl_recovery|(mysql|mariadb)_upgrade_info)$/i;

/** True for a name that no spec may give a user. */
function isReservedUser(name: string): boolean {
  return systemUsers.includes(name.toLowerCase());
}

/** True for an account that is the engine's own and never shown or touched. A root of another host is a user like others. */
export function isSystemAccount(name: string, host: string): boolean {
  return isReservedUser(name) && (name.toLowerCase() !== "root" || host.toLowerCase() === "localhost");
}

export function isSystemDatabase(name: string): boolean {
  return systemDatabases.includes(name.toLowerCase());
}

interface Rule {
  broken: (text: string) => boolean;
  message: string;
  allowed: string;
}

/** Rules that identifiers and passwords share. */
const textRules: readonly Rule[] = [
  { broken: (t) => t === "", message: "is empty", allowed: "at least one character" },
  {
    broken: (t) => !t.isWellFormed() || /\p{Cc}/u.test(t),
    message: "has a control character or is not valid Unicode",
    allowed: "printable characters",
  },
  { broken: (t) => t.trim() !== t, message: "begins or ends with a space", allowed: "no space at either end" },
];

const identifierRules: readonly Rule[] = [
  ...textRules,
  {
    broken: (t) => /[\u{10000}-\u{10ffff}]/u.test(t),
    message: "has a character beyond the Basic Multilingual Plane, such as an emoji",
    allowed: "MariaDB stores names with characters up to U+FFFF",
  },
];

const databaseRules: readonly Rule[] = [
  ...identifierRules,
  { broken: (t) => t.length > 64, message: "is longer than 64 characters", allowed: "at most 64 characters" },
  {
    broken: (t) => folderLength(t) > 255,
    message: "has too many characters other than letters, digits and _ for the name of its folder",
    allowed: "at most 255 bytes, of which an ASCII letter, a digit or _ takes 1 and any other character 5",
  },
  {
    broken: isSystemDatabase,
    message: "is a database of MariaDB itself",
    allowed: `not ${systemDatabases.join(", ")}`,
  },
  {
    broken: (t) => dataFiles.test(t) || t.startsWith("#mysql50#"),
    message: "is the name of a file of the server",
    allowed: "another name",
  },
];

const userRules: readonly Rule[] = [
  ...identifierRules,
  { broken: (t) => t.length > 80, message: "is longer than 80 characters", allowed: "at most 80 characters" },
  {
    // The server takes such a pair off the name that a client sends, and then finds no such user.
    broken: (t) => t.length > 1 && t.startsWith("'") && t.endsWith("'"),
    message: "begins and ends with a single quote, so nobody could log in with it",
    allowed: "no pair of single quotes around it",
  },
  { broken: isReservedUser, message: "is reserved", allowed: `not ${systemUsers.join(", ")}` },
];

const passwordRules: readonly Rule[] = [
  ...textRules,
  { broken: (t) => t.length > 256, message: "is longer than 256 characters", allowed: "at most 256 characters" },
];

/** The first rule that a text breaks; later ones often follow from it. */
function firstBroken(rules: readonly Rule[], text: string): Rule | undefined {
  return rules.find((rule) => rule.broken(text));
}

/** Bytes of a database's folder: the server writes what is not a plain character as `@` and four digits. */
function folderLength(name: string): number {
  return [...name].reduce((sum, c) => sum + (/[A-Za-z0-9_]/.test(c) ? 1 : 5), 0);
}

export function checkDatabase(database: Database): readonly Problem[] {
  const problems: Problem[] = [];
  const rule = firstBroken(databaseRules, database.name);
  if (rule)
    problems.push({
      path: ["name"],
      message: `the name ${quoted(database.name)} ${rule.message}`,
      allowed: rule.allowed,
    });
  return [...problems, ...checkCharset(database)];
}

/** Against the newest version's table: what it has, the older ones have too. */
function checkCharset({ charset, collation }: Database): Problem[] {
  const table = tableOf(versions.at(-1) ?? "");
  const problems: Problem[] = [];
  if (charset !== undefined && !Object.hasOwn(table.charsets, charset))
    problems.push({
      path: ["charset"],
      message: `MariaDB has no character set called ${quoted(charset)}`,
      candidates: Object.keys(table.charsets),
      ...(charset.toLowerCase() === "utf8" ? { allowed: "write utf8mb4, or utf8mb3 for the three-byte one" } : {}),
    });
  if (collation === undefined) return problems;
  const owner = charsetOf(collation, table);
  if (owner === undefined)
    problems.push({
      path: ["collation"],
      message: `MariaDB has no collation called ${quoted(collation)}`,
      candidates: charset === undefined ? Object.values(table.charsets).flat() : (table.charsets[charset] ?? []),
    });
  else if (charset !== undefined && problems.length === 0 && owner !== charset)
    problems.push({
      path: ["collation"],
      message: `the collation ${collation} belongs to the character set ${owner}, not to ${charset}`,
      allowed: `a collation of ${charset}, for example ${table.charsets[charset]?.[0]}`,
    });
  return problems;
}

export function checkUser(user: User): readonly Problem[] {
  const problems: Problem[] = [];
  const rule = firstBroken(userRules, user.name);
  if (rule)
    problems.push({ path: ["name"], message: `the name ${quoted(user.name)} ${rule.message}`, allowed: rule.allowed });
  const host = checkHost(user.host);
  if (host) problems.push({ path: ["host"], ...host });
  return problems;
}

/** The text of a password is in no problem. */
export function checkPassword(password: string): readonly Problem[] {
  const rule = firstBroken(passwordRules, password);
  return rule ? [{ path: [], message: `the password ${rule.message}`, allowed: rule.allowed }] : [];
}

const hostForms = "% (anywhere), an IP address, a pattern such as 10.1.%, or a network such as 10.0.0.0/255.0.0.0";

/** The server resolves no names and compares addresses as text, so only what can ever match is let through. */
function checkHost(host: string): Omit<Problem, "path"> | undefined {
  if (host.includes("/")) return checkNetwork(host);
  if (/[%_]/.test(host)) {
    if (/^[0-9a-f.:%_]{1,60}$/.test(host)) return undefined;
    return { message: `the host pattern ${quoted(host)} can match no address`, allowed: hostForms };
  }
  const family = isIP(host);
  if (family === 0)
    return { message: `the host ${quoted(host)} is not an address; the server resolves no names`, allowed: hostForms };
  const canonical = family === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host;
  if (canonical === host) return undefined;
  return {
    message: `the host ${quoted(host)} is not how the server writes this address`,
    allowed: `write ${canonical}`,
  };
}

function checkNetwork(host: string): Omit<Problem, "path"> | undefined {
  const [address = "", mask = "", ...rest] = host.split("/");
  const wrong = { message: `the host ${quoted(host)} is not an IPv4 network`, allowed: hostForms };
  if (rest.length > 0 || isIP(address) !== 4) return wrong;
  const bits = /^(\d|[12]\d|3[0-2])$/.test(mask) ? Number(mask) : undefined;
  const maskNumber = bits !== undefined ? prefixMask(bits) : isIP(mask) === 4 ? ipv4Number(mask) : undefined;
  if (maskNumber === undefined) return wrong;
  const network = `${ipv4Text((ipv4Number(address) & maskNumber) >>> 0)}/${ipv4Text(maskNumber)}`;
  if (bits !== undefined)
    return { message: `MariaDB takes a network with its mask, not as ${quoted(host)}`, allowed: `write ${network}` };
  if (network === host) return undefined;
  return { message: `the network ${quoted(host)} has bits outside its mask`, allowed: `write ${network}` };
}

function prefixMask(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

function ipv4Number(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
