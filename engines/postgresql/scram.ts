/**
 * SCRAM-SHA-256 verifiers (RFC 5803) as PostgreSQL keeps them in pg_authid. They are computed here, so that no statement,
 * and so no statement log, ever holds a password.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** As the server's own default, scram_iterations. */
const iterations = 4096;
const saltBytes = 16;

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`; the password must have passed `checkPassword`. */
export async function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(saltBytes),
  rounds: number = iterations,
): Promise<string> {
  const salted = await derive(password, salt, rounds, 32, "sha256");
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest();
  const serverKey = hmac("Server Key");
  return `SCRAM-SHA-256$${rounds}:${salt.toString("base64")}$${storedKey.toString("base64")}:${serverKey.toString("base64")}`;
}

const verifierPattern = /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;

/** True when the server's verifier is one of that password; false for none, for md5 and for anything unreadable. */
export async function scramMatches(verifier: string | null, password: string): Promise<boolean> {
  const match = verifierPattern.exec(verifier ?? "");
  if (!match || verifier === null) return false;
  const rounds = Number(match[1]);
  if (rounds < 1) return false;
  const expected = Buffer.from(await scramVerifier(password, Buffer.from(match[2] ?? "", "base64"), rounds));
  const actual = Buffer.from(verifier);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
