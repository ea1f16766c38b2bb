/** What certificates say, and whether a server's is still good. Makes none, so it needs nothing but Node. */
import { X509Certificate } from "node:crypto";

/** What clients may call a server; all of it stands in its certificate. */
export interface ServerNames {
  names: readonly string[];
  /** IPv4 and IPv6. */
  addresses: readonly string[];
}

/** Why a server's certificate has to be issued anew, each reason as words; none when it is good. Pure. */
export function reasonsToRenew(certificate: string, authority: string, wanted: ServerNames, now: Date): string[] {
  const is = parsed(certificate);
  if (!is) return ["what is there is no certificate"];
  const reasons: string[] = [];
  const issuer = new X509Certificate(authority);
  if (!is.checkIssued(issuer) || !is.verify(issuer.publicKey)) reasons.push("another authority issued it");
  const [from, to] = [is.validFromDate.getTime(), is.validToDate.getTime()];
  if (now.getTime() >= to) reasons.push(`it expired on ${dateWords(is.validToDate)}`);
  else if (to - now.getTime() < (to - from) / 3) reasons.push(`it expires on ${dateWords(is.validToDate)}`);
  const missing = [
    ...wanted.names.filter((name) => is.checkHost(name) === undefined),
    ...wanted.addresses.filter((address) => is.checkIP(address) === undefined),
  ];
  if (missing.length) reasons.push(`it does not name ${missing.join(", ")}`);
  return reasons;
}

/** When a certificate ends; undefined for text that is none. */
export function expiryOf(certificate: string): Date | undefined {
  return parsed(certificate)?.validToDate;
}

/** The name that a client's certificate bears; undefined for text that is none. */
export function commonNameOf(certificate: string): string | undefined {
  const name = parsed(certificate)?.toLegacyObject().subject?.CN;
  return typeof name === "string" ? name : undefined;
}

function parsed(certificate: string): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}

const dateWords = (date: Date): string => date.toISOString().slice(0, 10);
