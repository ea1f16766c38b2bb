/** What names, passwords and locales a spec may ask PostgreSQL for. Everything that passes is created exactly. */
import { type Database, type Problem, rootUser, type User } from "../engine.ts";
import { checkExtensions } from "./extension-rules.ts";

/** NAMEDATALEN - 1; the server would cut a longer name silently. */
const longestName = 63;
const longestPassword = 1000;

const reservedDatabases = new Set(["postgres", "template0", "template1"]);
const reservedUsers = new Set(["postgres", "os_admin", "root", "public", "none", "coffer"]);

/** The NOLOGIN role whose members may come in over the network; what is not a member is rejected by pg_hba. */
export const usersRole = "coffer_users";

/** The administrator: reached by OS identity over the local socket, never over the network. */
export const adminRole = "postgres";

/** True for names that no spec may give a user. */
function isReservedRole(name: string): boolean {
  return reservedUsers.has(name) || name.startsWith("pg_") || name.startsWith("coffer_");
}

/** True for roles of PostgreSQL and of Coffer itself, which no plan touches. */
export function isInternalRole(name: string): boolean {
  return isReservedRole(name) && name !== rootUser.name;
}

const controlCharacters = /\p{Cc}/u;
/** Half of a surrogate pair: text that UTF-8 cannot carry. */
const loneSurrogate = /\p{Cs}/u;

/** What is wrong with a database's or user's name as such; undefined when nothing is. */
function nameProblem(name: string): { message: string; allowed: string } | undefined {
  const bytes = Buffer.byteLength(name);
  if (name === "") return { message: "the name is empty", allowed: `1 to ${longestName} bytes` };
  if (bytes > longestName)
    return { message: `"${name}" has ${bytes} bytes`, allowed: `1 to ${longestName} bytes in UTF-8` };
  if (controlCharacters.test(name) || loneSurrogate.test(name))
    return {
      message: `${JSON.stringify(name)} has a control character or half a character`,
      allowed: "any other characters",
    };
  if (name.trim() !== name)
    return { message: `"${name}" begins or ends with a space`, allowed: "spaces only inside a name" };
  return undefined;
}

/** The encodings of a database that the server can keep (its manual, table "PostgreSQL Character Sets"). */
export const encodings: readonly string[] = [
  "UTF8",
  "SQL_ASCII",
  "EUC_CN",
  "EUC_JIS_2004",
  "EUC_JP",
  "EUC_KR",
  "EUC_TW",
  "ISO_8859_5",
  "ISO_8859_6",
  "ISO_8859_7",
  "ISO_8859_8",
  "KOI8R",
  "KOI8U",
  "LATIN1",
  "LATIN10",
  "LATIN2",
  "LATIN3",
  "LATIN4",
  "LATIN5",
  "LATIN6",
  "LATIN7",
  "LATIN8",
  "LATIN9",
  "WIN1250",
  "WIN1251",
  "WIN1252",
  "WIN1253",
  "WIN1254",
  "WIN1255",
  "WIN1256",
  "WIN1257",
  "WIN1258",
  "WIN866",
  "WIN874",
];

/** The encoding as the server spells it (`utf-8` is UTF8), or undefined when there is none of that name. */
export function encodingOf(charset: string): string | undefined {
  const plain = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, "");
  return encodings.find((encoding) => plain(encoding) === plain(charset));
}

export const defaultEncoding = "UTF8";
/** Byte order, never changed by an update of a library, so that no index is ever out of order. */
export const defaultCollation = "C.UTF-8";

/** How a database sorts: by the C library's locale, or by ICU's. */
export type Collation = { provider: "libc"; locale: "C" | "POSIX" | "C.UTF-8" } | { provider: "icu"; locale: string };

const icuSuffix = "-x-icu";

/** Reads a collation as PostgreSQL names them: `C`, `POSIX`, `C.UTF-8`, or ICU's `und-x-icu`, `de-x-icu`, `de-AT-x-icu`. */
export function collationOf(name: string): Collation | undefined {
  if (name === "C" || name === "POSIX" || name === "C.UTF-8") return { provider: "libc", locale: name };
  if (!name.endsWith(icuSuffix)) return undefined;
  const locale = name.slice(0, -icuSuffix.length);
  if (!/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/.test(locale)) return undefined;
  const known = locale === "und" || Intl.Collator.supportedLocalesOf(locale).includes(locale);
  return known ? { provider: "icu", locale } : undefined;
}

export function checkDatabase(database: Database, version?: string): readonly Problem[] {
  const problems: Problem[] = [...checkExtensions(database, version)];
  const name = nameProblem(database.name);
  if (name) problems.push({ path: ["name"], ...name });
  if (reservedDatabases.has(database.name))
    problems.push({
      path: ["name"],
      message: `"${database.name}" is a database of PostgreSQL itself`,
      allowed: `any name but ${[...reservedDatabases].join(", ")}`,
    });
  const encoding = database.charset === undefined ? defaultEncoding : encodingOf(database.charset);
  if (encoding === undefined)
    problems.push({
      path: ["charset"],
      message: `PostgreSQL has no encoding "${database.charset}"`,
      allowed: `UTF8 (the default), or one of ${encodings.slice(1).join(", ")}`,
      candidates: encodings,
    });
  if (database.collation === undefined) return problems;
  const collation = collationOf(database.collation);
  if (!collation)
    problems.push({
      path: ["collation"],
      message: `no collation "${database.collation}"`,
      allowed: "C.UTF-8 (the default), C, POSIX, or an ICU collation such as und-x-icu, de-x-icu or de-AT-x-icu",
      candidates: ["C.UTF-8", "C", "POSIX", "und-x-icu"],
    });
  else if (encoding !== undefined && encoding !== "UTF8" && !["C", "POSIX"].includes(collation.locale))
    problems.push({
      path: ["collation"],
      message: `the collation "${database.collation}" needs the charset UTF8, not ${encoding}`,
      allowed: `C or POSIX with ${encoding}, or the charset UTF8`,
    });
  return problems;
}

export function checkUser(user: User): readonly Problem[] {
  const problems: Problem[] = [];
  const name = nameProblem(user.name);
  if (name) problems.push({ path: ["name"], ...name });
  if (isReservedRole(user.name))
    problems.push({
      path: ["name"],
      message: `"${user.name}" is reserved for PostgreSQL or Coffer`,
      allowed: `any name but ${[...reservedUsers].join(", ")} and those that begin with pg_ or coffer_`,
    });
  // Passwords are kept in the state by name, and JSON's readers do not agree on this one.
  if (user.name === "__proto__")
    problems.push({
      path: ["name"],
      message: `"${user.name}" cannot be kept in the state`,
      allowed: "any other name that is not reserved",
    });
  if (user.host !== "%")
    problems.push({
      path: ["host"],
      message: `a PostgreSQL user has no host, but "${user.host}" was given`,
      allowed: "leave `host` out: the name alone is the identity",
    });
  return problems;
}

/**
 * Characters that SASLprep (RFC 4013) prohibits, removes or maps. Clients disagree on whether they do so, which is why
 * a password that needs it is refused: one that is stored as it is lets every client in.
 */
const unpreparedCharacters = /[\p{C}\p{Zl}\p{Zp}\u2FF0-\u2FFB\uFFFC\uFFFD]|\u034F|\p{Variation_Selector}/u;
const otherSpaces = /(?! )\p{Zs}/u;

/** The messages never show the password. */
export function checkPassword(password: string): readonly Problem[] {
  const problem = (message: string, allowed: string): readonly Problem[] => [{ path: [], message, allowed }];
  const length = [...password].length;
  if (length === 0) return problem("the password is empty", `1 to ${longestPassword} characters`);
  if (length > longestPassword)
    return problem(`the password has ${length} characters`, `1 to ${longestPassword} characters`);
  if (password.trim() !== password)
    return problem("the password begins or ends with a space", "spaces only inside a password");
  if (unpreparedCharacters.test(password) || otherSpaces.test(password))
    return problem(
      "the password has a control, invisible or unassigned character or an unusual space",
      "visible characters and plain spaces",
    );
  if (password.normalize("NFKC") !== password)
    return problem(
      "the password has a character that clients may send in another form (Unicode NFKC changes it)",
      "text in Unicode's NFKC form, or ASCII",
    );
  return [];
}
