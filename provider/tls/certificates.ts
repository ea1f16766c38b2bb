/**
 * X.509 certificates: a stack's own authority, and what it signs for its database servers and for their users. Keys are EC P-256.
 * Certificates are PEM, private keys PKCS #8 in PEM.
 */
import { randomBytes } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { ServerNames } from "./judge.ts";

/** A certificate and its private key. */
export interface Pair {
  certificate: string;
  privateKey: string;
}

export const day = 24 * 60 * 60_000;
const authorityDays = 3650;
export const leafDays = 365;
/** Clocks of guests and clients may be behind. */
const behind = 60 * 60_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A new authority. It signs leaves only, never another authority. */
export async function makeAuthority(name: string, now: Date): Promise<Pair> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(now, authorityDays),
    serialNumber: serial(),
    name: commonName(name),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pair(certificate, keys);
}

export async function issueServer(authority: Pair, subject: string, names: ServerNames, now: Date): Promise<Pair> {
  return issue(authority, subject, now, leafDays, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...names.names.map((value) => ({ type: "dns" as const, value })),
      ...names.addresses.map((value) => ({ type: "ip" as const, value })),
    ]),
  ]);
}

/** What a user shows where a server asks for certificates: the subject is what the server compares with the user. */
export async function issueClient(authority: Pair, subject: string, now: Date, days = leafDays): Promise<Pair> {
  const usage = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);
  return issue(authority, subject, now, days, [usage]);
}

async function issue(
  authority: Pair,
  subject: string,
  now: Date,
  days: number,
  extensions: readonly x509.Extension[],
): Promise<Pair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(now, days),
    serialNumber: serial(),
    subject: commonName(subject),
    issuer: issuer.subjectName,
    signingKey: await importKey(authority.privateKey),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...extensions,
    ],
  });
  return pair(certificate, keys);
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - behind), notAfter: new Date(now.getTime() + days * day) };
}

/** As it is: a bare string would be read as a distinguished name's syntax, with quotes and a hexadecimal form. */
const commonName = (utf8String: string): x509.Name => new x509.Name([{ CN: [{ utf8String }] }]);

/** Positive, and never the same twice: 127 random bits. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

const newKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

async function pair(certificate: x509.X509Certificate, keys: CryptoKeyPair): Promise<Pair> {
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: `${x509.PemConverter.encode(key, x509.PemConverter.PrivateKeyTag)}\n`,
  };
}

function importKey(pem: string): Promise<CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (!der) throw new Error("the authority's private key is no PEM");
  return crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}
