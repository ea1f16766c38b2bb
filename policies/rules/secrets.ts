/** No password where everybody who can read the repository can read it. */
import { pageOf, rule } from "../rule.ts";

/** What a secret looks like. Nothing that matched is ever shown. */
const looks: readonly { what: string; pattern: RegExp }[] = [
  { what: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { what: "an address with a password in it", pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i },
  { what: "an access key", pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: "an access token", pattern: /\b(gh[pousr]_[A-Za-z0-9]{20,}|glpat-[A-Za-z0-9_-]{20,}|pul-[0-9a-f]{40})/ },
  {
    what: "a password",
    // A source of one ({ env }, { file }), an alias, an anchor, a variable and a placeholder are none.
    pattern:
      /(?:\b|_)(?:password|passwd|pwd|passphrase|secret|token)["']?\s*[=:]\s*["']?[^\s"'{}*&!|>$<,[\]#][^\s"']{3,}/i,
  },
  {
    what: "a password hash",
    pattern: /\bSCRAM-SHA-256\$\d+:|\$(2[aby]|argon2id?|6|5|y)\$[^\s$]*\$?[./A-Za-z0-9$=,+]{20,}/,
  },
];

export const noPassword = rule({
  id: "no-password",
  severity: "mandatory",
  title: "No password is written into a spec",
  remedy:
    "take it out (and change it: it was readable), and use { env: VARIABLE } or { file: PATH }, or a generated one",
  page: pageOf("no-password"),
  about: "text",
  judge({ value }) {
    const found = looks.find(({ pattern }) => pattern.test(value));
    return found
      ? { message: `this looks like ${found.what} in clear`, received: "a value that is not shown" }
      : undefined;
  },
});
