/** OpenSSH public keys, `ssh-ed25519 AAAA... comment`: the form of the file format in sshd(8), AUTHORIZED_KEYS. */

export interface PublicKey {
  type: string;
  /** As it goes over the wire. */
  blob: Buffer;
  /** `TYPE BASE64`, without a comment. */
  text: string;
}

/** The fields of each kind's blob, the kind's name included (RFC 4253, 5656, 8709). */
const fields: Readonly<Record<string, number>> = {
  "ssh-ed25519": 2,
  "ssh-rsa": 3,
  "ecdsa-sha2-nistp256": 3,
  "ecdsa-sha2-nistp384": 3,
  "ecdsa-sha2-nistp521": 3,
};

export const publicKeyTypes: readonly string[] = Object.keys(fields);

/** Undefined unless the line is a whole public key: one that was cut on its way does not pass. */
export function readPublicKey(line: string): PublicKey | undefined {
  const [, type = "", base64 = ""] = /^(\S+) +([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?$/.exec(line.trim()) ?? [];
  const expected = Object.hasOwn(fields, type) ? fields[type] : undefined;
  if (expected === undefined) return undefined;
  const blob = Buffer.from(base64, "base64");
  if (blob.toString("base64") !== base64) return undefined;
  const parts = partsOf(blob);
  if (parts?.length !== expected || parts[0]?.toString("latin1") !== type) return undefined;
  if (parts.some((part) => part.length === 0) || (type === "ssh-ed25519" && parts[1]?.length !== 32)) return undefined;
  return { type, blob, text: `${type} ${base64}` };
}

/** The strings of a blob, each after its length in 4 bytes; undefined when they do not fill it exactly. */
function partsOf(blob: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    parts.push(blob.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
