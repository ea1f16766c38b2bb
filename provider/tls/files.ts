/** The certificate of a database server in its guest: three files, written so that a cut off write is seen. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { type Guest, layout } from "../../access/guest.ts";
import { tlsFiles } from "../../engines/engine.ts";
import type { Pair } from "./certificates.ts";

export interface CertificateFiles {
  /** The text of each, "" where there is none. */
  certificate: string;
  authority: string;
  /** True when the private key beside the certificate is the certificate's. */
  keyFits: boolean;
  /** When the newest of the files was written, in seconds since 1970. */
  written: number;
}

const separator = "--coffer--";

/** One command, for each is a login in the guest. The private key is read to be compared, and goes nowhere. */
export async function readFiles(guest: Guest): Promise<CertificateFiles> {
  const script = `
for file; do
  cat "$file" 2>/dev/null || true
  echo ${separator}
done
stat -c %.6Y "$@" 2>/dev/null | sort -n | tail -1
`;
  const files = [tlsFiles.certificate, tlsFiles.authority, tlsFiles.key];
  const { stdout } = await guest.must(["sh", "-s", "--", ...files], { stdin: script });
  const [certificate = "", authority = "", key = "", written = ""] = stdout.split(`${separator}\n`);
  return { certificate, authority, keyFits: fits(certificate, key), written: Number(written) || 0 };
}

/** The key comes first: a certificate that is there has had its key before. */
export async function writeFiles(guest: Guest, pair: Pair, authority: string, group: string): Promise<void> {
  await guest.must(["install", "-d", "-m", "0755", layout.conf, tlsFiles.folder]);
  await guest.putFile(tlsFiles.key, pair.privateKey, { mode: 0o640, owner: `root:${group}` });
  await guest.putFile(tlsFiles.authority, authority, { mode: 0o644 });
  await guest.putFile(tlsFiles.certificate, pair.certificate, { mode: 0o644 });
}

function fits(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
