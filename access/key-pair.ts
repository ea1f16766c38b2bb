/** A new ed25519 key pair for SSH. */
import ssh2 from "ssh2";

export interface KeyPair {
  /** `ssh-ed25519 AAAA... COMMENT`. */
  publicKey: string;
  /** In OpenSSH's format, without a passphrase. */
  privateKey: string;
}

/** The chance that this many in a row are malformed is 1 in 10^38. */
const attempts = 16;

/**
 * Makes a pair that can be read back, signs, and verifies.
 * One in 256 of ssh2's is malformed: it strips a leading zero byte of the public key (mscdex/ssh2, issues 1390 and 1513).
 * `generate` is ssh2's own unless a test has another.
 */
export function makeKeyPair(comment = "", generate = ssh2.utils.generateKeyPairSync): KeyPair {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const made = generate("ed25519", { comment });
    if (isWhole(made.public, made.private)) return { publicKey: made.public, privateKey: made.private };
  }
  throw new Error(
    `ssh2 made ${attempts} malformed ed25519 key pairs in a row; is its version the one of the lock file?`,
  );
}

function isWhole(publicText: string, privateText: string): boolean {
  const [publicKey, privateKey] = [ssh2.utils.parseKey(publicText), ssh2.utils.parseKey(privateText)];
  if (publicKey instanceof Error || privateKey instanceof Error) return false;
  const message = "whole";
  const signature: unknown = privateKey.sign(message);
  return Buffer.isBuffer(signature) && publicKey.verify(message, signature) === true;
}
