/** Passwords and ids of the cloud, made once at the first `up` and kept in the state folder for root only. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFile } from "../toolchain/cache.ts";
import { ToolchainError } from "../toolchain/errors.ts";
import type { Layout } from "./layout.ts";

const passwordNames = ["admin", "demo", "service", "database", "messaging", "metadata", "orchestration"] as const;
const idNames = ["cephCluster", "cephDisk"] as const;

export type Secrets = Readonly<Record<(typeof passwordNames)[number] | (typeof idNames)[number], string>>;

/** Letters and digits only: they stand in URLs and in SQL. 32 characters, which is also the length of Heat's key. */
const password = (): string => randomBytes(16).toString("hex");

export function makeSecrets(): Secrets {
  const entries = [...passwordNames.map((name) => [name, password()]), ...idNames.map((name) => [name, randomUUID()])];
  return Object.fromEntries(entries) as Secrets;
}

/** The stored ones, or new ones that are then stored. Throws `ToolchainError` when the file is damaged. */
export function ensureSecrets(at: Layout): Secrets {
  const path = join(at.state, "secrets.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    const made = makeSecrets();
    writeFile(path, `${JSON.stringify(made, null, 2)}\n`, 0o600);
    return made;
  }
  const secrets = parseSecrets(text);
  if (secrets === undefined) {
    throw new ToolchainError(`The development cloud's secrets in ${path} are damaged.`, {
      remedy: "they cannot be made again for the databases that exist: coffer devcloud wipe, then coffer devcloud up.",
    });
  }
  return secrets;
}

export function parseSecrets(text: string): Secrets | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const entries = new Map<string, unknown>(Object.entries(value));
    const whole = [...passwordNames, ...idNames].every((name) => /^[0-9a-f-]{32,36}$/.test(String(entries.get(name))));
    return whole ? (value as Secrets) : undefined;
  } catch {
    return undefined;
  }
}

/** A uuid that is always the same for the same cloud and name: libvirt wants one for each host. */
export function derivedUuid(secrets: Secrets, name: string): string {
  const hex = createHash("sha256").update(`${secrets.cephCluster} ${name}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
