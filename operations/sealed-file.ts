/**
 * A file that only its password opens: one line of JSON that says how it was sealed, then AES-256-GCM of the content with
 * that line as associated data, then the 16 bytes of the tag. A change of any byte is noticed. Pure but for randomness.
 */
import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from "node:crypto";
import { z } from "zod";
import { OperationError } from "./errors.ts";

/** How hard each guess of the password is made; scrypt's N, r, p. With the default a guess takes 128 MiB and some 0.4 s. */
export interface Cost {
  n: number;
  r: number;
  p: number;
}

export const standardCost: Cost = { n: 2 ** 17, r: 8, p: 1 };

const format = "coffer-state";
const version = 1;
const cipherName = "aes-256-gcm";
const keyBytes = 32;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
/** A file may not make its reader take more memory than this; eight times the standard. */
const maxMemory = 1 << 30;

const header = z.strictObject({
  format: z.literal(format),
  version: z.number(),
  /** For whoever finds the file: nothing here is secret. */
  stack: z.string(),
  cipher: z.literal(cipherName),
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    n: z
      .number()
      .int()
      .refine((n) => n >= 2 && Number.isInteger(Math.log2(n))),
    r: z.number().int().min(1).max(32),
    p: z.number().int().min(1).max(16),
  }),
  salt: z.base64(),
  nonce: z.base64(),
});

type Header = z.infer<typeof header>;

/** `stack` stands in the file in clear. */
export async function seal(
  content: string,
  stack: string,
  password: string,
  { n, r, p }: Cost = standardCost,
): Promise<Buffer> {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const how: Header = {
    format,
    version,
    stack,
    cipher: cipherName,
    kdf: { name: "scrypt", n, r, p },
    salt: salt.toString("base64"),
    nonce: nonce.toString("base64"),
  };
  const line = Buffer.from(`${JSON.stringify(how)}\n`);
  const cipher = createCipheriv(cipherName, await keyOf(password, salt, { n, r, p }), nonce, {
    authTagLength: tagBytes,
  });
  cipher.setAAD(line);
  return Buffer.concat([line, cipher.update(content, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** The content. Throws when it is no such file, when it is damaged, and when the password is another one. `shown` is its name. */
export async function unseal(bytes: Buffer, password: string, shown: string): Promise<string> {
  const end = bytes.indexOf(10) + 1;
  const line = bytes.subarray(0, end);
  const how = readHeader(line, shown);
  const body = bytes.subarray(end, -tagBytes);
  if (bytes.length < end + tagBytes) throw notSealed(shown, "it is cut off");
  const salt = Buffer.from(how.salt, "base64");
  const nonce = Buffer.from(how.nonce, "base64");
  if (salt.length !== saltBytes || nonce.length !== nonceBytes || memoryOf(how.kdf) > maxMemory)
    throw notSealed(shown, "its first line is damaged");
  const decipher = createDecipheriv(cipherName, await keyOf(password, salt, how.kdf), nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(line);
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new OperationError(
      "failed",
      `cannot open ${shown}: the password is wrong, or the file is damaged or cut off`,
      {
        remedy: "nothing was changed; try the password again, or another copy of the file",
        cause,
      },
    );
  }
}

function readHeader(line: Buffer, shown: string): Header {
  if (!line.length) throw notSealed(shown, "it has no first line that says how it was sealed");
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch {
    throw notSealed(shown, "its first line is damaged");
  }
  const made = z.looseObject({ format: z.literal(format), version: z.number() }).safeParse(data);
  if (made.success && made.data.version > version) {
    throw new OperationError("failed", `cannot open ${shown}: a newer Coffer made it (format ${made.data.version})`, {
      remedy: `nothing was changed; this Coffer opens format ${version}: use the one that made the file`,
    });
  }
  const how = header.safeParse(data);
  if (!how.success || how.data.version !== version) throw notSealed(shown, "its first line is damaged");
  return how.data;
}

function notSealed(shown: string, why: string): OperationError {
  return new OperationError("failed", `${shown} is not a whole file of \`coffer state export\`: ${why}`, {
    remedy: "nothing was changed; use another copy of the file",
  });
}

const memoryOf = ({ n, r, p }: Cost): number => 128 * r * (n + p);

function keyOf(password: string, salt: Buffer, { n, r, p }: Cost): Promise<Buffer> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 2 * memoryOf({ n, r, p }) };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
