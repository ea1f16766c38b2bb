/** SSH keys: the pinned public keys of hosts, and the private keys that a bastion is logged into with. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import ssh2, { type ServerHostKeyAlgorithm } from "ssh2";
import { GuestError } from "../guest.ts";
import type { PublicKey } from "../public-key.ts";
import type { Bastion } from "../reach.ts";

/** The signatures that a host with such a key may make; the first one that it can is taken. SHA-1 is not among them. */
const signatures: Readonly<Record<string, ServerHostKeyAlgorithm[]>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

export function signaturesOf({ type }: PublicKey): ServerHostKeyAlgorithm[] {
  return signatures[type] ?? [];
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** What to log in with: a private key's text, or the socket of an SSH agent. */
export type Secret = { key: string } | { agent: string };

/** Refuses a private key that cannot be used. The words never hold any of it. */
export function checkPrivateKey(key: string, whose: string): void {
  const parsed = ssh2.utils.parseKey(key);
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return;
  const encrypted = parsed instanceof Error && /passphrase|encrypted/i.test(parsed.message);
  const reason = encrypted
    ? "it is protected by a passphrase; add it to an SSH agent instead (ssh-add)"
    : "it is no private key in OpenSSH or PEM form";
  throw new GuestError("failed", `${whose} cannot be used: ${reason}`);
}

/** Finds the key of a bastion where its settings say. */
export function bastionSecret({ key, host }: Bastion, environment: NodeJS.ProcessEnv = process.env): Secret {
  if (key === undefined) {
    const agent = environment.SSH_AUTH_SOCK;
    if (agent) return { agent };
    throw new GuestError(
      "failed",
      `no key for the bastion ${host}: SSH_AUTH_SOCK names no SSH agent; start one, or name a key in the spec (bastion: key:)`,
    );
  }
  if ("env" in key) {
    const text = environment[key.env];
    if (!text) throw new GuestError("failed", `the key of the bastion ${host}: the variable ${key.env} is not set`);
    checkPrivateKey(text, `the key of the bastion ${host} in the variable ${key.env}`);
    return { key: text };
  }
  const path = key.file.replace(/^~(?=\/)/, homedir());
  const text = readKeyFile(path, host);
  checkPrivateKey(text, `the key of the bastion ${host} in ${path}`);
  return { key: text };
}

function readKeyFile(path: string, host: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const words = (error as Error).message;
    throw new GuestError("failed", `the key of the bastion ${host} cannot be read: ${words}`, { cause: error });
  }
}
